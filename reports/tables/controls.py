"""What a referee asks of every cell: the twin, the noise, the blocks."""

from aebench.reports.formatting import percent
from aebench.reports.summary import SpeedCell, Summary
from aebench.reports.tables.shared import Table
from aebench.reports.tables.speed import times


def controls(summary: Summary) -> list[Table]:
    """Return one line per cell, if the speed pass was watched."""
    watched = [cell for cell in summary.speed if cell.control_sd is not None]
    if not watched:
        return []
    return [
        Table(
            "Controls, cell by cell",
            [
                "cell, batch",
                "twin's time [95 %]",
                "noise floor",
                "would see",
                "blocks",
                "repeated",
                "contaminated",
                "other work",
                "stolen, at worst",
            ],
            [_row(cell) for cell in watched],
            [
                "Twin: a second worker of the reference, beside it. Noise floor: the largest "
                "difference that its interval allows. Would see: the difference that four of five "
                "such runs call. Repeated: blocks measured again, since other work or the "
                "hypervisor was in them; contaminated: such blocks that count, as no more could be "
                "repeated."
            ],
        )
    ]


def _row(cell: SpeedCell) -> list[str]:
    twins = [row for row in cell.rows if row.twin_of and not row.handicap and row.times_reference]
    seen = [row.detectable for row in cell.rows if row.detectable and not row.twin_of]
    return [
        f"{cell.workload} {cell.definition}, {cell.batch_size}",
        "; ".join(times(row) for row in twins) or "–",
        _share(cell.noise_floor),
        _share(max(seen, default=None)),
        str(cell.blocks),
        str(cell.repeated),
        str(cell.contaminated),
        _share(cell.foreign_share),
        _share(cell.most_stolen_share),
    ]


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value) if value else "0"
