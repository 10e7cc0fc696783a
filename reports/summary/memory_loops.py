"""Summarise the memory pass's loops: whether memory grows with the repeats of what users do."""

from collections.abc import Sequence

import msgspec

from aebench.reports import record, statistics
from aebench.reports.journal import Record
from aebench.reports.statistics import Estimate
from aebench.reports.summary.shared import ContenderView, pairs

# What users wait for: so many repeats. A growth that takes less than the margin over all of them
# isn't one that ends a run.
USED_REPEATS = 1000
LOOP_MARGIN_BYTES = 64 * 2**20
# What buffers may take while they fill isn't growth either, however few the repeats.
_FILLING_BYTES = 3 * 2**20
GROWS, OPEN, COLLECTED = "grows", "can't tell", "until it is collected"
STAYS = f"stays within {LOOP_MARGIN_BYTES // 2**20} MiB"


class LoopRow(msgspec.Struct, frozen=True):
    """The memory of one contender, model and loop, with or without garbage collection.

    ``growth_bytes`` is the growth of anonymous memory by a repeat. ``kept_bytes`` is what a repeat
    left behind after a collection, in each stretch that a collection ended: the halves of the loop,
    or all of it where there was none at half-time. It is empty where garbage isn't collected.
    ``allocated_growth_bytes`` and ``allocated_kept_bytes`` are the same of what the framework says
    it holds; None and empty if it doesn't tell. ``arrays`` is how many more of its arrays each
    repeat left alive, and ``held`` how many more objects of a type. ``failure`` says why a loop, or
    any, wasn't measured.
    """

    contender: str
    model: str
    batch_size: int
    loop: str = ""
    collecting: bool = True
    repeats: int = 0
    growth_bytes: Estimate | None = None
    resident_growth_bytes: Estimate | None = None
    kept_bytes: list[float] = []
    allocated_growth_bytes: Estimate | None = None
    allocated_kept_bytes: list[float] = []
    arrays: float | None = None
    held: dict[str, float] = {}
    failure: str = ""

    @property
    def used_bytes(self) -> Estimate | None:
        """Return the growth of anonymous memory over :data:`USED_REPEATS` repeats, in bytes."""
        return self.growth_bytes.scaled(USED_REPEATS) if self.growth_bytes else None

    @property
    def allocated_used_bytes(self) -> Estimate | None:
        """Return the same by the framework's own count; None if it doesn't tell."""
        growth = self.allocated_growth_bytes
        return growth.scaled(USED_REPEATS) if growth else None

    @property
    def grown_bytes(self) -> Estimate | None:
        """Return the growth over :data:`USED_REPEATS` repeats of the count that grows."""
        by_process = _verdict(self.used_bytes, self.kept_bytes, self.repeats)
        if self.verdict == GROWS and by_process != GROWS:
            return self.allocated_used_bytes
        return self.used_bytes

    @property
    def verdict(self) -> str:
        """Return whether memory grows, by the process's own memory or by the framework's count.

        An accelerator's memory is in the framework's count alone. Where both tell something else,
        the worse one stands.
        """
        found = {_verdict(self.used_bytes, self.kept_bytes, self.repeats)}
        if self.allocated_growth_bytes:
            kept = self.allocated_kept_bytes
            found.add(_verdict(self.allocated_used_bytes, kept, self.repeats))
        return next(verdict for verdict in (GROWS, OPEN, COLLECTED, STAYS) if verdict in found)


def _verdict(used: Estimate | None, kept_bytes: Sequence[float], repeats: int) -> str:
    """Return whether a count of bytes grows; garbage that a collection frees isn't growth.

    It grows if the interval over :data:`USED_REPEATS` repeats lies above
    :data:`LOOP_MARGIN_BYTES`, and the rise that was measured above what buffers take to fill.
    It stays within the margin if the interval lies below.

    What collections left says what of a rise is garbage. With a collection at half-time, it grows
    if both halves left more than the margin, whatever garbage there is beside it. It grows until
    it is collected if the second half left no more than the margin, and both less than half of the
    interval's lower end: the rest of the rise is garbage. Without one, what the first repeats left
    for good can't be told from growth: it grows if the loop left at least half of the lower end.
    """
    if used is None or used.low is None or used.high is None:
        return OPEN
    if used.high <= LOOP_MARGIN_BYTES:
        return STAYS
    rise_bytes = used.low * repeats / USED_REPEATS
    if used.low <= LOOP_MARGIN_BYTES or rise_bytes <= _FILLING_BYTES:
        return OPEN
    kept = [each * USED_REPEATS for each in kept_bytes]
    mostly_kept = not kept or sum(kept) / len(kept) >= used.low / 2
    if len(kept) > 1:
        filling_bytes = _FILLING_BYTES * USED_REPEATS / repeats
        if min(kept) > max(LOOP_MARGIN_BYTES, filling_bytes):
            return GROWS
        if mostly_kept:
            return OPEN
    elif mostly_kept:
        return GROWS
    return COLLECTED if kept[-1] <= LOOP_MARGIN_BYTES else OPEN


def rows(sources: Sequence[Record], views: Sequence[ContenderView]) -> list[LoopRow]:
    """Return a row for every loop that was measured, in the order of contenders and models.

    A loop that failed has a row with the reason, and so has a contender that has no loop.
    """
    found: list[LoopRow] = []
    if not any(source.header.plan.loops or source.of(record.MemoryLoop) for source in sources):
        return found
    for name, view in pairs(sources, views, "memory"):
        plan = view.source.header.plan
        measured = view.of(record.MemoryLoop, name)
        mine = []
        for loop in dict.fromkeys([*plan.loops, *(each.loop for each in measured)]):
            mine += [row_of(view.name, each) for each in measured if each.loop == loop]
            reason = view.failure_of_part("memory", name, loop)
            if reason:
                mine.append(LoopRow(view.name, name, plan.batch_size, loop, failure=reason))
        reason = view.failure("memory", name)
        if reason and not mine:
            mine.append(LoopRow(view.name, name, plan.batch_size, failure=reason))
        found += mine
    return found


def row_of(contender: str, measured: record.MemoryLoop) -> LoopRow:
    """Return the row of a loop that was measured, of a contender by its name in the report."""
    repeats = len(measured.anonymous_bytes)
    # A collection at half-time frees garbage: the readings on both sides don't compare.
    breaks = [] if measured.half_bytes is None else [repeats // 2]

    def growth(values: Sequence[int]) -> Estimate | None:
        return statistics.growth(values, breaks=breaks)

    def kept(before: int | None, half: int | None, after: int | None) -> list[float]:
        if not measured.collecting or before is None or after is None or not repeats:
            return []
        if half is None:
            return [(after - before) / repeats]
        first = repeats // 2
        return [(half - before) / max(first, 1), (after - half) / (repeats - first)]

    arrays = None
    if measured.arrays_before is not None and measured.arrays_after is not None:
        arrays = (measured.arrays_after - measured.arrays_before) / max(repeats, 1)
    return LoopRow(
        contender,
        measured.model,
        measured.batch_size,
        measured.loop,
        measured.collecting,
        repeats,
        growth(measured.anonymous_bytes),
        growth(measured.resident_bytes),
        kept(measured.before_bytes, measured.half_bytes, measured.after_bytes),
        growth(measured.allocated_bytes),
        kept(
            measured.allocated_before_bytes,
            measured.allocated_half_bytes,
            measured.allocated_after_bytes,
        ),
        arrays,
        {name: count / max(repeats, 1) for name, count in measured.held.items()},
    )
