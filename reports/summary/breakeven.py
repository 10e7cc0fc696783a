"""Compute after how many epochs a contender's shorter epochs make up for its longer start."""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from math import inf

import msgspec

from aebench.reports.statistics import Estimate
from aebench.reports.summary.footprint import FootprintRow
from aebench.reports.summary.speed_rows import SpeedCell, SpeedRow

# Largest number of pairs that are compared: a thousand contenders would make half a million.
MOST_PAIRS = 10_000
# Phases of a cold start after its first step, which don't count as part of the start.
_NOT_STARTING = ("steady", "first prediction")


class BreakEven(msgspec.Struct, frozen=True):
    """Two contenders, and after how many epochs of ``fit`` the ``faster`` one is ahead.

    ``faster`` is the contender with the shorter epochs. A start is a cold start to the end of the
    first training step, plus a call of ``fit``. ``starts_later_seconds`` is by how much the faster
    contender's start takes longer. ``gains_seconds`` is by how much each of its epochs is shorter.
    ``epochs`` is ``starts_later_seconds / gains_seconds``, or 0 if the faster starts no later.

    The ends of ``epochs`` combine the worst (and the best) ends of the epochs' 95 % intervals and
    of the starts' ranges. ``high`` is None if by these the faster contender may never be ahead.
    """

    model: str
    batch_size: int
    faster: str
    slower: str
    starts_later_seconds: float
    gains_seconds: float
    epochs: Estimate


def break_even(cells: Sequence[SpeedCell], starts: Sequence[FootprintRow]) -> list[BreakEven]:
    """Compare every pair of contenders in a cell with measured cold starts and epochs.

    Cold start and epochs must have the same batch size. At most :data:`MOST_PAIRS` pairs are
    returned, the first.
    """
    return list(islice(_pairs(cells, starts), MOST_PAIRS))


def _pairs(cells: Sequence[SpeedCell], starts: Sequence[FootprintRow]) -> Iterator[BreakEven]:
    begun = {(row.model, row.contender, row.batch_size): row for row in starts if row.launches}
    for cell in cells:
        told = [
            (row, begun[cell.model, row.contender, cell.batch_size])
            for row in cell.rows
            # Another model's epochs make up for nothing.
            if row.epoch
            and not row.differs
            and (cell.model, row.contender, cell.batch_size) in begun
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
    """Return after how many epochs a later start is made up for; infinity if it never is."""
    if later <= 0 and gain >= 0:
        return 0.0
    return later / gain if gain > 0 else inf


def _difference(one: Estimate, other: Estimate) -> tuple[float, float]:
    """Return the smallest and the largest difference ``one - other`` that the intervals allow."""
    low, high = _ends(one)
    other_low, other_high = _ends(other)
    return low - other_high, high - other_low


def _ends(value: Estimate) -> tuple[float, float]:
    low = value.value if value.low is None else value.low
    high = value.value if value.high is None else value.high
    return low, high


def _start(speed: SpeedRow, row: FootprintRow) -> Estimate:
    """Return the seconds before the second step: a cold start and a call of ``fit``."""
    call = speed.epoch.call_seconds if speed.epoch else 0.0
    later = sum(row.phase_seconds.get(name, 0.0) for name in _NOT_STARTING)
    total = row.total_seconds or Estimate(sum(row.phase_seconds.values()))
    low, high = _ends(total)
    return Estimate(total.value - later + call, low - later + call, high - later + call)


def _epoch(row: SpeedRow) -> Estimate:
    """Return an epoch's seconds; without epochs the result is infinite."""
    return row.epoch.seconds if row.epoch else Estimate(inf)
