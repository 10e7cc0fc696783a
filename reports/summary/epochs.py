"""What an epoch of ``fit`` costs, from rounds and the ends of short epochs."""

from collections.abc import Sequence

import msgspec

from aebench.reports import record, statistics
from aebench.reports.summary.shared import FULL_TRAINING_EPOCHS, ContenderView


class EpochCost(msgspec.Struct, frozen=True):
    """What an epoch of ``fit`` over the real data takes, beside and with its steps.

    It takes the mean round, since an epoch is a sum, slow steps and all; the throughput beside it
    is the median. ``fixed_seconds`` is expected, not seen: ``base_seconds`` are always paid, but
    some backends sometimes wait at an epoch's end (``waiting_share``), and how long depends on
    the epoch (``wait_seconds``, on average over the speeds seen). ``call_seconds`` comes once per
    call.
    """

    steps: int
    fixed_seconds: float
    base_seconds: float
    waiting_share: float
    wait_seconds: float
    call_seconds: float
    seconds: float
    samples_per_second: float
    full_training_seconds: float


def epoch_cost(
    view: ContenderView, model: str, workload: str, batch_size: int, step_seconds: Sequence[float]
) -> EpochCost | None:
    """Derive the cost for a contender in a cell; None where no ends of epochs were timed."""
    ends = [
        row
        for row in view.of_batch(record.ShortEpoch, model, batch_size)
        if row.workload == workload
    ]
    calls = [
        row.seconds
        for row in view.of_batch(record.Call, model, batch_size)
        if row.workload == workload
    ]
    workers = view.of(record.WorkerInfo, model)
    steps = view.source.header.data.train_samples // batch_size
    if not ends or not calls or not workers or not steps:
        return None
    end = statistics.epoch_end(
        [row.age_seconds for row in ends],
        # Of the first step only what it takes beyond an ordinary one is the epoch's.
        [row.boundary_seconds + row.first_step_seconds - row.step_seconds for row in ends],
        tuple(workers[0].epoch_end_polls_seconds),
    )
    # An epoch is a sum of steps, slow ones too: its expectation takes their mean. The fixed cost is
    # averaged over the speeds seen, since a tick just behind the mean may be before or behind.
    works = [steps * each for each in step_seconds]
    work = sum(works) / len(works)
    fixed = sum(map(end.expected_seconds, works)) / len(works)
    call = statistics.median(calls).value
    seconds = work + fixed
    if seconds <= 0:
        return None
    return EpochCost(
        steps=steps,
        fixed_seconds=fixed,
        base_seconds=end.base_seconds,
        waiting_share=end.waits,
        wait_seconds=sum(map(end.wait_seconds, works)) / len(works),
        call_seconds=call,
        seconds=seconds,
        samples_per_second=steps * batch_size / seconds,
        full_training_seconds=call + FULL_TRAINING_EPOCHS * seconds,
    )
