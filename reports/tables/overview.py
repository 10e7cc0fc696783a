"""All cells of the speed pass at a glance."""

from reports.summary import SpeedCell, SpeedRow, Summary
from reports.tables.shared import Table, shown
from reports.tables.speed import times


def overview(summary: Summary) -> list[Table]:
    """Return one line per cell, if there are several: who does how well beside the reference."""
    if len(summary.speed) < 2:
        return []
    names = list(
        dict.fromkeys(
            row.contender
            for cell in summary.speed
            for row in cell.rows
            if not row.twin_of and row.samples_per_second
        )
    )
    rows: list[list[str]] = []
    faint: list[int] = []
    for cell in summary.speed:
        if cell.unstable:
            faint.append(len(rows))
        by_name = {row.contender: row for row in cell.rows}
        rows.append(
            [
                f"{cell.workload} {cell.definition}, {cell.batch_size}",
                *(_beside(cell, by_name.get(name)) for name in names),
            ]
        )
    references = dict.fromkeys(cell.reference for cell in summary.speed)
    heads = [f"{name}, samples/s" if name in references else f"{name}, × time" for name in names]
    note = (
        "× time: how many times as long as the reference's a step takes, and the verdict. All with "
        "95 % intervals. Ratios are of pairs in the same block: the quotient of two throughputs, "
        "which are medians of their own, is another."
    )
    if not all(row.shares_blocks for cell in summary.speed for row in cell.rows):
        note += " †: not from the same blocks."
    return [Table("At a glance", ["cell, batch", *heads], rows, [note], faint=faint)]


def _beside(cell: SpeedCell, row: SpeedRow | None) -> str:
    if row is None or row.samples_per_second is None:
        return "–"
    if row.contender == cell.reference:
        return shown(row.samples_per_second)
    return f"× {times(row)} {row.verdict}".rstrip()
