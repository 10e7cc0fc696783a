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
    left behind after a collection; None where garbage isn't collected. ``held`` is how many more
    objects of a type each repeat left. ``failure`` says why a loop, or any, wasn't measured.
    """

    contender: str
    model: str
    batch_size: int
    loop: str = ""
    collecting: bool = True
    repeats: int = 0
    growth_bytes: Estimate | None = None
    resident_growth_bytes: Estimate | None = None
    kept_bytes: float | None = None
    held: dict[str, float] = {}
    failure: str = ""

    @property
    def used_bytes(self) -> Estimate | None:
        """Return the growth over :data:`USED_REPEATS` repeats, in bytes."""
        return self.growth_bytes.scaled(USED_REPEATS) if self.growth_bytes else None

    @property
    def verdict(self) -> str:
        """Return whether memory grows; garbage that a collection frees isn't growth.

        It grows if the interval over :data:`USED_REPEATS` repeats lies above
        :data:`LOOP_MARGIN_BYTES`, and the rise that was measured above what buffers take to fill.
        It stays within the margin if the interval lies below. It grows until it is collected if a
        collection left no more than the margin. Where it left more, but less than half of the
        interval's lower end, two readings can't tell.
        """
        used = self.used_bytes
        if used is None or used.low is None or used.high is None:
            return OPEN
        if used.high <= LOOP_MARGIN_BYTES:
            return STAYS
        rise_bytes = used.low * self.repeats / USED_REPEATS
        if used.low <= LOOP_MARGIN_BYTES or rise_bytes <= _FILLING_BYTES:
            return OPEN
        kept = None if self.kept_bytes is None else self.kept_bytes * USED_REPEATS
        if kept is not None and kept < used.low / 2:
            return COLLECTED if kept <= LOOP_MARGIN_BYTES else OPEN
        return GROWS


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
            mine += [_row(view.name, each) for each in measured if each.loop == loop]
            reason = view.failure_of_part("memory", name, loop)
            if reason:
                mine.append(LoopRow(view.name, name, plan.batch_size, loop, failure=reason))
        reason = view.failure("memory", name)
        if reason and not mine:
            mine.append(LoopRow(view.name, name, plan.batch_size, failure=reason))
        found += mine
    return found


def _row(contender: str, measured: record.MemoryLoop) -> LoopRow:
    repeats = len(measured.anonymous_bytes)
    kept = (measured.after_bytes - measured.before_bytes) / max(repeats, 1)
    return LoopRow(
        contender,
        measured.model,
        measured.batch_size,
        measured.loop,
        measured.collecting,
        repeats,
        statistics.growth(measured.anonymous_bytes),
        statistics.growth(measured.resident_bytes),
        kept if measured.collecting else None,
        {name: count / max(repeats, 1) for name, count in measured.held.items()},
    )
