"""Make the table of the memory pass's loops: growth with what users repeat."""

from collections.abc import Sequence

from aebench.reports.sections import TableView
from aebench.reports.statistics import Estimate
from aebench.reports.summary import MIB, LoopRow, Summary
from aebench.reports.summary.memory_loops import LOOP_MARGIN_BYTES, USED_REPEATS
from aebench.reports.tables.shared import Shared, Table, failed, shown, some_tables

_MOST_TYPES = 2
_ALLOCATED = (
    "The framework's is the growth by its own count: of its allocator on an accelerator, of JAX's "
    "arrays on the processor. Memory grows if either does."
)


def memory_loops(summary: Summary) -> list[Table]:
    """Return a table of the loops of each model; the list is empty if no loop was measured."""
    by_model: dict[tuple[str, int], list[LoopRow]] = {}
    for row in summary.memory_loops:
        by_model.setdefault((row.model, row.batch_size), []).append(row)
    return some_tables(_table, list(by_model.values()))


def _table(rows: Sequence[LoopRow]) -> Table:
    first = rows[0]
    allocated = any(row.allocated_growth_bytes for row in rows)
    columns = [
        *("loop", "garbage", f"MiB in {USED_REPEATS:,} repeats"),
        *(["framework's"] if allocated else []),
        *("kept", "verdict"),
    ]
    lines = []
    # Contenders stand below each other, loop by loop.
    order = list(dict.fromkeys(row.loop for row in rows))
    for row in sorted(rows, key=lambda row: order.index(row.loop)):
        if row.failure:
            lines.append(failed(_name(row), columns, row.failure)[0])
            continue
        lines.append(
            [
                _name(row),
                "collected" if row.collecting else "left",
                shown(row.used_bytes, 1 / MIB),
                *([shown(row.allocated_used_bytes, 1 / MIB)] if allocated else []),
                shown(_kept(row), 1 / MIB),
                row.verdict,
            ]
        )
    repeats = " or ".join(map(str, sorted({row.repeats for row in rows if row.repeats}))) or "no"
    margin = f"{LOOP_MARGIN_BYTES / MIB:.0f} MiB"
    halves = any(len(row.kept_bytes) > 1 for row in rows)
    kept = "the second half left after a collection" if halves else "a collection at the end left"
    notes = [
        *(Shared(f"{_name(row)}: {row.failure}") for row in rows if row.failure),
        f"Anonymous memory, read after each of {repeats} repeats: the growth over "
        f"{USED_REPEATS:,} repeats, with Student's interval over the differences between ten "
        f"stretches. It grows if the interval lies above {margin}, and stays within if below. "
        f"Kept is what {kept}, over as many repeats: where that is little, "
        "memory grows until it is collected. All are at the rate that was measured.",
        *([_ALLOCATED] if allocated else []),
        *_held(rows),
    ]
    title = f"Growth with what is repeated: {first.model}, batch {first.batch_size}"
    return Table(title, columns, lines, notes)


def _name(row: LoopRow) -> str:
    return f"{row.loop} {row.contender}".strip()


def _kept(row: LoopRow) -> Estimate | None:
    return Estimate(row.kept_bytes[-1] * USED_REPEATS, None, None) if row.kept_bytes else None


def _held(rows: Sequence[LoopRow]) -> list[str]:
    """Return a sentence on what each repeat leaves, where garbage is collected."""
    told = []
    for row in rows:
        most = sorted(row.held.items(), key=lambda each: -each[1])[:_MOST_TYPES]
        arrays = row.arrays or 0
        # Arrays are told first: the objects around them are often more.
        parts = [f"{arrays:,.0f} of the framework's arrays"] if arrays >= 1 else []
        parts += [f"{count:,.0f} {name}" for name, count in most]
        if row.collecting and parts:
            told.append(f"{_name(row)}: a repeat left {', '.join(parts)} on average.")
    return told


VIEWS = [
    TableView(
        "memory-loops",
        section="Where time and memory go",
        order=3,
        make=memory_loops,
        terminal_order=81,
    ),
]
