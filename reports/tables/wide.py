"""Make the tables of one kind of figure alone: the throughput of all contenders, or all ratios."""

from collections.abc import Callable

from aebench.reports.formatting import relative, spanned
from aebench.reports.summary import SpeedCell, SpeedRow, Summary
from aebench.reports.tables.overview import reasons
from aebench.reports.tables.shared import Table, shown
from aebench.reports.tables.speed import times

THROUGHPUT, RATIO = "throughput", "ratio"
KINDS = (THROUGHPUT, RATIO)


def wide(summary: Summary, kind: str) -> Table:
    """Return a table with a row per cell and a column per contender, of one kind of figure.

    Parameters
    ----------
    summary : Summary
        The content.
    kind : str
        One of :data:`KINDS`.
    """
    title, note, entry = _MAKERS[kind]
    rows = (row for cell in summary.speed for row in cell.rows)
    names = list(dict.fromkeys(row.contender for row in rows if is_compared(row)))
    lines = []
    for cell in summary.speed:
        by_name = {row.contender: row for row in cell.rows}
        found = (by_name.get(name) for name in names)
        lines.append([cell.short, *(entry(cell, row) if row else "–" for row in found)])
    contradicted = [
        f"{row.contender}, {cell.short}: no throughput, since medians of launches point the other "
        "way than pairs in the same block."
        for cell in summary.speed
        for row in cell.rows
        if kind == THROUGHPUT and cell.contradicted(row)
    ]
    return Table(
        title,
        ["cell, batch", *names],
        lines,
        [note, *contradicted, *reasons(summary)],
        faint=[number for number, cell in enumerate(summary.speed) if cell.mostly_disturbed],
    )


def is_compared(row: SpeedRow) -> bool:
    """Return whether a row is of a contender, and not of a control or a baseline."""
    return not row.control_of and row.verdict != "baseline"


def _throughput(cell: SpeedCell, row: SpeedRow) -> str:
    known = None if cell.contradicted(row) else row.samples_per_second
    return shown(known, how=spanned if cell.runs else relative)


def _ratio(cell: SpeedCell, row: SpeedRow) -> str:
    if row.samples_per_second is None:
        return "–"
    if row.contender == cell.reference:
        return "1"
    return f"{times(row, row.judged_ratio, relative)} {row.verdict}".rstrip()


_MAKERS: dict[str, tuple[str, str, Callable[[SpeedCell, SpeedRow], str]]] = {
    THROUGHPUT: (
        "Throughput, samples/s",
        "Of steady steps, by medians of launches; ± to the 95 % interval's farther end. Contenders "
        "are compared by their ratios.",
        _throughput,
    ),
    RATIO: (
        "Times the reference's time",
        "1 is the reference. Of an epoch of fit, or a call or step of predict; ± to the 95 % "
        "interval's farther end.",
        _ratio,
    ),
}
