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
GROWS, STAYS, OPEN, COLLECTED = "grows", "doesn't grow", "can't tell", "until it is collected"


class LoopRow(msgspec.Struct, frozen=True):
    """The memory of one contender, model and loop, with or without garbage collection.

    ``growth_bytes`` is the growth of anonymous memory by a repeat. ``kept_bytes`` is what a repeat
    left behind after a collection; None where garbage isn't collected. ``held`` is how many more
    objects of a type each repeat left. ``failure`` says why a contender has no loop.
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
        :data:`LOOP_MARGIN_BYTES`, and doesn't if it lies below. It grows until it is collected if a
        collection left no more than the margin. Where it left more, but less than half of the
        interval's lower end, two readings can't tell.
        """
        used = self.used_bytes
        if used is None or used.low is None or used.high is None:
            return OPEN
        if used.high <= LOOP_MARGIN_BYTES:
            return STAYS
        if used.low <= LOOP_MARGIN_BYTES:
            return OPEN
        kept = None if self.kept_bytes is None else self.kept_bytes * USED_REPEATS
        if kept is not None and kept < used.low / 2:
            return COLLECTED if kept <= LOOP_MARGIN_BYTES else OPEN
        return GROWS


def rows(sources: Sequence[Record], views: Sequence[ContenderView]) -> list[LoopRow]:
    """Return a row for every loop that was measured, in the order of contenders and models.

    Where loops were measured, a contender without any has one row with the reason.
    """
    found: list[LoopRow] = []
    if not any(source.of(record.MemoryLoop) for source in sources):
        return found
    for name, view in pairs(sources, views, "memory"):
        # A pass that is carried on measures a task's loops again: the last count.
        last = {(each.loop, each.collecting): each for each in view.of(record.MemoryLoop, name)}
        found += [_row(view.name, each) for each in last.values()]
        failure = view.failure("memory", name)
        if failure and not last:
            batch_size = view.source.header.plan.batch_size
            found.append(LoopRow(view.name, name, batch_size, failure=failure))
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
