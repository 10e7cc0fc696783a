"""Make the table of what several machines together say of a ratio, and of one more machine."""

from aebench.reports.formatting import percent, spanned
from aebench.reports.random_effects import LEAST_MACHINES
from aebench.reports.sections import TableView
from aebench.reports.summary import MachinesRow, Summary
from aebench.reports.tables.shared import Table, shown


def over_machines(summary: Summary) -> list[Table]:
    """Return a list with the table, a row per cell and contender; empty for a single machine."""
    rows = summary.over_machines
    if not rows:
        return []
    notes = [
        "Mean: of the ratios of machines, each of which counts once, with Student's interval over "
        "machines. SD: between machines, without what their own errors explain. Machines differ "
        "where Brown and Forsythe's F test finds it, all rows judged together (Holm).",
        "On one more machine: where the ratio measured there lies in 95 % of cases, if it is of "
        "the kind that these are a sample of.",
    ]
    if any(len(row.machines) < LEAST_MACHINES for row in rows):
        notes.append("Two machines predict nothing, and have no mean: from three on.")
    return [
        Table(
            "Over machines",
            [
                "cell, batch",
                "contender",
                "machines",
                "× time, mean [95 %]",
                "do machines differ?",
                "on one more machine like these expect",
            ],
            [_entries(row) for row in rows],
            notes,
        )
    ]


def _entries(row: MachinesRow) -> list[str]:
    few = len(row.machines) < LEAST_MACHINES
    return [
        row.short,
        f"{row.contender} / {row.reference}",
        f"{len(row.machines):,}",
        "–" if few else shown(row.mean),
        how_far_apart(row),
        expected(row),
    ]


def how_far_apart(row: MachinesRow) -> str:
    """Return words on whether machines differ, and by how much."""
    if row.differ is None or row.between_sd is None:
        return "–"
    if not row.differ:
        return "aren't shown to differ"
    return f"differ by SD {percent(row.between_sd)}"


def expected(row: MachinesRow) -> str:
    """Return the interval in which the ratio on one more machine lies; a dash without any."""
    if row.prediction is None:
        return "–"
    return f"× {shown(row.prediction, how=spanned)}"


VIEWS = [
    TableView(
        "over-machines", section="Throughput", order=2, make=over_machines, terminal_order=25
    ),
]
