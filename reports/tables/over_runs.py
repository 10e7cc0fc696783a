"""Write the lines of a cell's table on its runs, and on the same cell on other machines."""

from aebench.reports.formatting import interval, listed, percent
from aebench.reports.random_effects import over_machines
from aebench.reports.summary import SpeedCell, SpeedRow, Summary
from aebench.reports.summary.several_runs import elsewhere, ranked, ratios_by_machine
from aebench.reports.tables.shared import shown

# A mean over machines is printed from so many machines on.
LEAST_MACHINES = 3


def over_runs(cell: SpeedCell) -> list[str]:
    """Return a note on the runs of a cell, and on how their ratios differ; empty for one run."""
    if not cell.runs:
        return []
    count = len(cell.runs)
    parts = [
        f"{row.contender} {_between(row)}"
        for row in cell.rows
        if row.over_runs and not row.control_of and row.verdict != "baseline"
    ]
    ratios = f"Ratios of single runs: {'; '.join(parts)}. " if parts else ""
    return [
        f"{count} runs ({listed(cell.runs)}): ratios are means over runs, with Student's interval "
        f"by {count - 1} degree{'s' if count > 2 else ''} of freedom. {ratios}Throughputs and "
        "seconds aren't pooled: their range over runs is shown."
    ]


def _between(row: SpeedRow) -> str:
    if row.over_runs is None:
        return ""
    ends = [interval(row.over_runs.ratios[0]), interval(row.over_runs.ratios[-1])]
    span = " to ".join(dict.fromkeys(ends))
    if row.over_runs.between_sd is None:
        return span
    return f"{span} (SD between runs {percent(row.over_runs.between_sd)})"


def on_machines(cell: SpeedCell, summary: Summary) -> list[str]:
    """Return a note with the ratios of the same cell on other machines; empty without any."""
    others = elsewhere(cell, summary.speed)
    if not cell.machine or not others:
        return []
    parts = [
        f"on {each.label} {listed(ratios)}"
        for each in others
        if (ratios := [_told(row) for row in ranked(each)])
    ]
    notes = [f"Elsewhere: {'; '.join(parts)}."] if parts else []
    means = [
        f"{name} × {shown(over_machines(ratios))}"
        for name, ratios in ratios_by_machine([cell, *others]).items()
        if len(ratios) >= LEAST_MACHINES
    ]
    if means:
        notes.append(f"Mean over the {1 + len(others)} machines: {listed(means)}.")
    return notes


def _told(row: SpeedRow) -> str:
    return f"{row.contender} × {shown(row.judged_ratio)}"
