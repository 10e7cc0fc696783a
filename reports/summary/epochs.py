"""Estimate the time of an epoch of ``fit`` from rounds and the ends of short epochs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import msgspec

from aebench.reports import record, statistics
from aebench.reports.launches import Error, Spread, combined, estimate, mean_error, spread
from aebench.reports.statistics import EpochEnd, Estimate
from aebench.reports.summary.cell_rounds import CellRounds, LaunchKey
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
    seconds: Estimate
    samples_per_second: float
    full_training_seconds: float


@dataclass(frozen=True)
class Epochs:
    """A contender's epochs in a cell, launch by launch.

    Parameters
    ----------
    steps, batch_size : int
        The epoch's steps, and the samples of a step.
    logs : mapping of LaunchKey to float
        The logarithm of an epoch's seconds in each launch.
    fixed_error : Error or None
        The error that the fixed time adds to these logarithms, to all alike; None if it isn't
        known.
    fixed_seconds, base_seconds, waiting_share, wait_seconds, call_seconds : float
        See :class:`EpochCost`.
    """

    steps: int
    batch_size: int
    logs: Mapping[LaunchKey, float]
    fixed_error: Error | None
    fixed_seconds: float
    base_seconds: float
    waiting_share: float
    wait_seconds: float
    call_seconds: float

    def cost(self, known: Spread | None, confidence: float = 0.95) -> EpochCost:
        """Return the estimate over all launches, by the spread between them."""
        error = mean_error(known, len(self.logs))
        if error and self.fixed_error:
            error = combined(error, self.fixed_error)
        seconds = estimate(fmean(self.logs.values()), error, confidence)
        return EpochCost(
            steps=self.steps,
            fixed_seconds=self.fixed_seconds,
            base_seconds=self.base_seconds,
            waiting_share=self.waiting_share,
            wait_seconds=self.wait_seconds,
            call_seconds=self.call_seconds,
            seconds=seconds,
            samples_per_second=self.steps * self.batch_size / seconds.value,
            full_training_seconds=self.call_seconds + FULL_TRAINING_EPOCHS * seconds.value,
        )


def epochs(view: ContenderView, cell: CellRounds) -> Epochs | None:
    """Estimate a contender's epochs in a cell; return None if ends of epochs weren't timed."""
    model, workload, batch_size = cell.key
    # The boundaries are the backend's: a run times them with one model in each of its launches.
    ends = [
        row
        for row in view.all_of_batch(record.ShortEpoch, batch_size)
        if row.workload == workload
        # The ends of epochs are the input path's: models with the same samples share them.
        and _same_samples(view, row.model, model)
        # What was measured after a cell ended isn't in its figures.
        and row.launch < cell.enough.get(view.run, row.launch + 1)
    ]
    calls = [
        row.seconds
        for row in view.of_batch(record.Call, model, batch_size)
        if row.workload == workload
    ]
    workers = view.of(record.WorkerInfo, model)
    header = view.source.header
    steps = header.data_of(model).train_samples // batch_size
    launches = cell.by_launch(view.name)
    if not ends or not calls or not workers or not steps or not launches:
        return None
    polls = tuple(workers[0].epoch_end_polls_seconds)
    # An epoch is a sum that includes slow steps, so its expected time follows from their mean. The
    # fixed cost is averaged over the measured speeds: near a poll a small change of speed decides
    # whether the epoch waits for the next poll.
    works = {
        at: [steps * seconds_per_step for seconds_per_step in each] for at, each in launches.items()
    }
    every_work = [work for each in works.values() for work in each]
    end = _end(ends, polls)
    fixed = fmean(map(end.expected_seconds, every_work))
    by_launch = {at: fmean(each) + fixed for at, each in works.items()}
    if min(by_launch.values()) <= 0:
        return None
    return Epochs(
        steps,
        batch_size,
        {at: math.log(seconds) for at, seconds in by_launch.items()},
        _fixed_error(ends, polls, every_work, fmean(by_launch.values())),
        fixed,
        end.base_seconds,
        end.waits,
        fmean(map(end.wait_seconds, every_work)),
        statistics.median(calls).value,
    )


def _end(rows: Sequence[record.ShortEpoch], polls_seconds: tuple[float, ...]) -> EpochEnd:
    return statistics.epoch_end(
        [row.age_seconds for row in rows],
        # The first step costs the epoch only the time beyond an ordinary step.
        [row.boundary_seconds + row.first_step_seconds - row.step_seconds for row in rows],
        polls_seconds,
    )


def _fixed_error(
    rows: Sequence[record.ShortEpoch],
    polls_seconds: tuple[float, ...],
    works_seconds: Sequence[float],
    epoch_seconds: float,
) -> Error | None:
    """Return the error of the fixed time, as a share of the epoch; None for a single launch."""
    of_launch: dict[int, list[record.ShortEpoch]] = {}
    for row in rows:
        of_launch.setdefault(row.launch, []).append(row)
    found = [
        fmean(map(_end(each, polls_seconds).expected_seconds, works_seconds)) / epoch_seconds
        for each in of_launch.values()
    ]
    return mean_error(spread(found), len(found))


def epoch_ratio(mine: Epochs, other: Epochs) -> tuple[list[float], list[Error]]:
    """Return the log-ratio of two contenders' epochs in each launch, and the errors they share."""
    shared = mine.logs.keys() & other.logs.keys()
    ratios = [mine.logs[at] - other.logs[at] for at in sorted(shared)]
    return ratios, [each.fixed_error for each in (mine, other) if each.fixed_error]


def _same_samples(view: ContenderView, one: str, other: str) -> bool:
    data = view.source.header.data_of(one), view.source.header.data_of(other)
    return one == other or data[0].train_sha256 == data[1].train_sha256
