"""Write the notices that a reader of several runs needs: what is combined, and what isn't."""

from collections.abc import Sequence

from aebench.reports.formatting import interval, listed, some
from aebench.reports.journal import Record
from aebench.reports.summary.over_machines import MachinesRow
from aebench.reports.summary.questions import Runs, reasons_apart, told_apart
from aebench.reports.summary.speed_rows import SpeedCell


def copies(sources: Sequence[Record], counts: Sequence[int]) -> list[str]:
    """Return a notice per run that was given more than once; ``counts`` are the further records."""
    return [
        f"The run {source.header.name} was given {1 + count} times and counts once."
        for source, count in zip(sources, counts, strict=True)
        if count
    ]


def combined(
    sources: Sequence[Record], cells: Sequence[SpeedCell], rows: Sequence[MachinesRow]
) -> list[str]:
    """Return notices on runs whose ratios are combined, or stand side by side by machine.

    The list is empty if no cell has several runs, or cells on several machines.
    """
    runs = Runs(sources)
    merged = any(cell.runs for cell in cells)
    machines = list(dict.fromkeys(cell.machine for cell in cells if cell.machine))
    apart = any(cell.apart for cell in cells)
    if not (merged or machines or apart):
        return []
    on = f" on {len(machines)} machines, {listed(some(machines))}" if len(machines) > 1 else ""
    parts = ["each ratio is of pairs within a run"]
    if merged:
        parts.append("runs of one question on one machine are combined by a mean over runs")
    if len(machines) > 1:
        parts.append("each machine stands for itself")
    notices = [
        f"These are {len(sources)} runs{on}: {', '.join(parts)}. Throughputs and seconds of "
        "several runs are never pooled."
    ]
    if machines:
        notices += by_machine(rows)
        notices += _more_than_machines(runs)
    notices += told_apart([source.header.machine for source in sources])
    notices += reasons_apart(runs)
    return notices


def _more_than_machines(runs: Runs) -> list[str]:
    """Return a notice on what else differs between runs on different machines."""
    first, *others = runs.order
    found = dict.fromkeys(
        why
        for run in others
        if runs.machine(run) != runs.machine(first)
        and (why := runs.settings_difference(first, run))
    )
    return [f"These machines' runs differ in more than the machine: {listed(found)}."] * bool(found)


def by_machine(rows: Sequence[MachinesRow]) -> list[str]:
    """Return a sentence on how ratios differ by machine; empty for cells on one machine each.

    Of each contender the cell is named in which its ratios lie farthest apart.
    """
    farthest: dict[str, MachinesRow] = {}
    for row in rows:
        known = farthest.setdefault(row.contender, row)
        if row.reach > known.reach + 1e-12:
            farthest[row.contender] = row
    if not farthest:
        return []
    what = (
        "Ratios differ by machine and don't carry over to another"
        if any(row.differ for row in rows)
        else "Ratios aren't shown to differ by machine; these are their ranges"
    )
    return [f"{what}: {'; '.join(map(_range, farthest.values()))}."]


def _range(row: MachinesRow) -> str:
    low, high = row.ends
    return (
        f"{row.contender} takes {interval(low.ratio.value)} ({low.machine}) to "
        f"{interval(high.ratio.value)} ({high.machine}) times {row.reference}'s time in "
        f"{row.workload} {row.model}, batch {row.batch_size}"
    )
