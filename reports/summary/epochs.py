"""Estimate the time of an epoch of ``fit`` from rounds and the ends of short epochs."""

from collections.abc import Sequence

import msgspec

from aebench.reports import record, statistics
from aebench.reports.summary.shared import FULL_TRAINING_EPOCHS, ContenderView


class EpochCost(msgspec.Struct, frozen=True):
    """The estimated time of an epoch of ``fit`` over the real data, and its parts.

    ``seconds`` is the time of ``steps`` steps plus ``fixed_seconds``. It uses the mean time of a
    step, since an epoch is a sum that includes slow steps; tables show the median throughput.
    ``fixed_seconds`` is the expected time in addition to the steps: ``base_seconds`` in every
    epoch, and ``wait_seconds`` in the share ``waiting_share`` of the epochs. The wait depends on
    the epoch's length, so ``wait_seconds`` is a mean over the measured speeds. ``call_seconds`` is
    added once per call of ``fit``.
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
    """Estimate a contender's epoch in a cell; return None if ends of epochs weren't timed.

    ``step_seconds`` are the measured seconds per step of every round.
    """
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
        # The first step costs the epoch only the time beyond an ordinary step.
        [row.boundary_seconds + row.first_step_seconds - row.step_seconds for row in ends],
        tuple(workers[0].epoch_end_polls_seconds),
    )
    # An epoch is a sum that includes slow steps, so its expected time follows from their mean. The
    # fixed cost is averaged over the measured speeds: near a poll a small change of speed decides
    # whether the epoch waits for the next poll.
    works = [steps * seconds_per_step for seconds_per_step in step_seconds]
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
