"""After how many epochs a faster contender has earned back what its start takes longer."""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from math import inf

import msgspec

from aebench.reports.statistics import Estimate
from aebench.reports.summary.footprint import FootprintRow
from aebench.reports.summary.speed_rows import SpeedCell, SpeedRow

# All pairs of a thousand contenders are more than anybody reads.
MOST_PAIRS = 10_000
# What comes after the first step is no start.
_NOT_STARTING = ("steady", "first prediction")


class BreakEven(msgspec.Struct, frozen=True):
    """Two contenders of whom one has the shorter epochs of ``fit``, and when that pays.

    ``starts_later_seconds`` is what a cold start to the end of the first training step, and a call
    of ``fit``, take longer with the ``faster``; ``gains_seconds`` is what each epoch takes less.
    ``epochs`` is the one over the other: 0 where the faster starts no later. Its ends are those of
    the steps' 95 % intervals and of the starts' ranges, the worst taken together; ``high`` is
    absent where by these the gain may be none.
    """

    model: str
    batch_size: int
    faster: str
    slower: str
    starts_later_seconds: float
    gains_seconds: float
    epochs: Estimate


def break_even(cells: Sequence[SpeedCell], starts: Sequence[FootprintRow]) -> list[BreakEven]:
    """Compare every two contenders of which a cold start and epochs were measured, of one batch.

    The first :data:`MOST_PAIRS` of them.
    """
    return list(islice(_pairs(cells, starts), MOST_PAIRS))


def _pairs(cells: Sequence[SpeedCell], starts: Sequence[FootprintRow]) -> Iterator[BreakEven]:
    begun = {(row.model, row.contender, row.batch_size): row for row in starts if row.launches}
    for cell in cells:
        told = [
            (row, begun[cell.model, row.contender, cell.batch_size])
            for row in cell.rows
            if row.epoch and (cell.model, row.contender, cell.batch_size) in begun
        ]
        for one, other in combinations(told, 2):
            faster, slower = sorted((one, other), key=lambda each: _epoch(each[0]).value)
            if _epoch(faster[0]).value < _epoch(slower[0]).value:
                yield _pair(cell, faster, slower)


def _pair(
    cell: SpeedCell, faster: tuple[SpeedRow, FootprintRow], slower: tuple[SpeedRow, FootprintRow]
) -> BreakEven:
    start, other_start = _start(*faster), _start(*slower)
    epoch, other_epoch = _epoch(faster[0]), _epoch(slower[0])
    later = start.value - other_start.value
    gain = other_epoch.value - epoch.value
    least, most = _difference(start, other_start)
    least_gain, most_gain = _difference(other_epoch, epoch)
    high = _over(most, least_gain)
    return BreakEven(
        cell.model,
        cell.batch_size,
        faster[0].contender,
        slower[0].contender,
        later,
        gain,
        Estimate(_over(later, gain), _over(least, most_gain), None if high == inf else high),
    )


def _over(later: float, gain: float) -> float:
    """Tell after how many epochs a start is earned back; never, if nothing is gained."""
    if later <= 0 and gain >= 0:
        return 0.0
    return later / gain if gain > 0 else inf


def _difference(one: Estimate, other: Estimate) -> tuple[float, float]:
    """Give the least and the most that one can be more than the other."""
    low, high = _ends(one)
    other_low, other_high = _ends(other)
    return low - other_high, high - other_low


def _ends(value: Estimate) -> tuple[float, float]:
    low = value.value if value.low is None else value.low
    high = value.value if value.high is None else value.high
    return low, high


def _start(speed: SpeedRow, row: FootprintRow) -> Estimate:
    """Tell what comes before the second step: a cold start and a call of ``fit``."""
    call = speed.epoch.call_seconds if speed.epoch else 0.0
    later = sum(row.phase_seconds.get(name, 0.0) for name in _NOT_STARTING)
    total = row.total_seconds or Estimate(sum(row.phase_seconds.values()))
    low, high = _ends(total)
    return Estimate(total.value - later + call, low - later + call, high - later + call)


def _epoch(row: SpeedRow) -> Estimate:
    """Give an epoch the uncertainty of its steps, which are nearly all of it."""
    if not row.epoch:
        return Estimate(inf)
    seconds = row.epoch.seconds
    step = row.step_seconds
    if step is None or step.low is None or step.high is None:
        return Estimate(seconds)
    return Estimate(seconds, seconds * step.low / step.value, seconds * step.high / step.value)
