"""Write the lines of a cell's table on its runs."""

from aebench.reports.formatting import interval, listed, percent
from aebench.reports.summary import SpeedCell, SpeedRow


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
