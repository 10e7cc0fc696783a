"""Make the table of controls: for every cell its A/A controls, noise and disturbed blocks."""

from aebench.reports.formatting import percent
from aebench.reports.sections import TableView
from aebench.reports.summary import SpeedCell, Summary
from aebench.reports.tables.shared import Table, failed
from aebench.reports.tables.speed import detectable, times


def controls(summary: Summary) -> list[Table]:
    """Return a list with a table, with a row per cell; empty if the machine's state is unknown."""
    if all(not cell.control_sds for cell in summary.speed):
        return []
    columns = [
        "cell, batch",
        "A/A control's time [95 %]",
        "noise floor",
        "MDE",
        "blocks",
        "repeated",
        "disturbed",
        "background load",
        "steal, at worst",
    ]
    rows, notes = [], []
    for cell in summary.speed:
        if cell.control_sds:
            rows.append(_row(cell))
        elif not cell.blocks:
            cells, note = failed(cell.short, columns, _why_not(cell))
            rows.append(cells)
            notes.append(note)
    return [
        Table(
            "Controls, cell by cell",
            columns,
            rows,
            [
                *notes,
                f"A/A control: a second worker of {_of_whom(summary)}, measured like a contender. "
                "Noise floor: the largest difference that its interval allows. MDE: the difference "
                "that four of five such runs would call, and its range by the launches' spread. "
                "Repeated: blocks measured again, since other processes or the hypervisor took "
                "time. Disturbed: such blocks that count, since no more repetitions were allowed.",
            ],
        )
    ]


def _row(cell: SpeedCell) -> list[str]:
    controls = [
        row for row in cell.rows if row.control_of and not row.known_effect and row.times_reference
    ]
    effects = [row.minimum_detectable_effect for row in cell.rows if not row.control_of]
    largest = max(filter(None, effects), key=lambda effect: effect.value, default=None)
    return [
        cell.short,
        "; ".join(times(row, row.times_reference) for row in controls) or "–",
        _floors(cell),
        detectable(largest) if largest else "–",
        str(cell.blocks),
        str(cell.repeated),
        str(cell.disturbed),
        _share(cell.background_share),
        _share(cell.most_steal_share),
    ]


def _of_whom(summary: Summary) -> str:
    """Return whom A/A controls copy, as text."""
    rotate = any(row.originals for cell in summary.speed for row in cell.rows)
    return "another contender in each launch" if rotate else "the reference"


def _floors(cell: SpeedCell) -> str:
    """Return the noise floor as text, with those of single contenders where they are known."""
    own = ", ".join(f"{name} {_share(floor)}" for name, floor in cell.noise_floors.items())
    return f"{_share(cell.noise_floor)} ({own})" if own else _share(cell.noise_floor)


def _why_not(cell: SpeedCell) -> str:
    """Return the reasons why no contender was measured in a cell."""
    reasons = (f"{row.contender}: {row.failure}" for row in cell.rows if not row.control_of)
    return "; ".join(reasons)


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value) if value else "0"


VIEWS = [
    TableView("controls", section="Is the instrument right?", order=1, make=controls),
]
