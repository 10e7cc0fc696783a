"""Write the notices that a reader of several runs needs: what is combined, and what isn't."""

from collections.abc import Sequence

from aebench.reports.formatting import interval, listed
from aebench.reports.journal import Record
from aebench.reports.statistics import Estimate
from aebench.reports.summary.questions import Runs, reasons_apart, told_apart
from aebench.reports.summary.speed_rows import SpeedCell, SpeedRow


def copies(sources: Sequence[Record], counts: Sequence[int]) -> list[str]:
    """Return a notice per run that was given more than once; ``counts`` are the further records."""
    return [
        f"The run {source.header.name} was given {1 + count} times and counts once."
        for source, count in zip(sources, counts, strict=True)
        if count
    ]


def combined(sources: Sequence[Record], cells: Sequence[SpeedCell]) -> list[str]:
    """Return notices on runs whose ratios are combined, or stand side by side by machine.

    The list is empty if no cell has several runs, or cells on several machines.
    """
    runs = Runs(sources)
    merged = any(cell.runs for cell in cells)
    machines = list(dict.fromkeys(cell.machine for cell in cells if cell.machine))
    apart = any(cell.apart for cell in cells)
    if not (merged or machines or apart):
        return []
    on = f" on {len(machines)} machines, {listed(machines)}" if len(machines) > 1 else ""
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
        notices += by_machine(cells)
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


def elsewhere(cell: SpeedCell, cells: Sequence[SpeedCell]) -> list[SpeedCell]:
    """Return the same cell on other machines, where it has the same reference and unit."""
    return [
        each
        for each in cells
        if each.key == cell.key
        and each.machine
        and each.machine != cell.machine
        and (each.reference, each.judged_by) == (cell.reference, cell.judged_by)
    ]


def by_machine(cells: Sequence[SpeedCell]) -> list[str]:
    """Return a sentence on how ratios differ by machine; empty for cells on one machine each.

    Of each contender the cell is named in which its ratios lie farthest apart.
    """
    farthest: dict[str, tuple[float, SpeedCell, list[tuple[SpeedCell, SpeedRow]]]] = {}
    of_key: dict[tuple[str, str, int], list[SpeedCell]] = {}
    for cell in cells:
        of_key.setdefault(cell.key, []).append(cell)
    for cell in cells:
        others = [cell, *elsewhere(cell, of_key[cell.key])]
        for row in cell.rows:
            found = _compared(row.contender, others)
            if row not in ranked(cell) or len({each.machine for each, _ in found}) < 2:
                continue
            values = [_value(each) for _, each in found]
            reach = max(values) / min(values)
            if row.contender not in farthest or reach > farthest[row.contender][0] + 1e-12:
                farthest[row.contender] = reach, cell, found
    if not farthest:
        return []
    parts = [_range(name, cell, found) for name, (_, cell, found) in farthest.items()]
    differ = any(_differ(found) for _, _, found in farthest.values())
    what = (
        "Ratios differ by machine and don't carry over to another"
        if differ
        else "Ratios aren't shown to differ by machine; these are their ranges"
    )
    return [f"{what}: {'; '.join(parts)}."]


def ratios_by_machine(cells: Sequence[SpeedCell]) -> dict[str, list[Estimate]]:
    """Return for each contender its ratio on every machine, if every machine has one.

    ``cells`` are the same cell on all machines. Nothing is returned if a machine has it twice,
    of runs that can't be combined, or if they have different references.
    """
    if len({cell.machine for cell in cells}) < len(cells):
        return {}
    if len({(cell.reference, cell.judged_by) for cell in cells}) > 1:
        return {}
    found: dict[str, list[Estimate]] = {}
    for cell in cells:
        for row in ranked(cell):
            if row.judged_ratio:
                found.setdefault(row.contender, []).append(row.judged_ratio)
    return {name: ratios for name, ratios in found.items() if len(ratios) == len(cells)}


def ranked(cell: SpeedCell) -> list[SpeedRow]:
    """Return the rows of a cell that are judged, without controls."""
    return [row for row in cell.rows if row.adjusted and row.judged_ratio and not row.control_of]


def _compared(name: str, cells: Sequence[SpeedCell]) -> list[tuple[SpeedCell, SpeedRow]]:
    return [(cell, row) for cell in cells for row in ranked(cell) if row.contender == name]


def _range(name: str, cell: SpeedCell, found: Sequence[tuple[SpeedCell, SpeedRow]]) -> str:
    low, high = (pick(found, key=lambda pair: _value(pair[1])) for pick in (min, max))
    return (
        f"{name} takes {interval(_value(low[1]))} ({low[0].machine}) to "
        f"{interval(_value(high[1]))} ({high[0].machine}) times {cell.reference}'s time in "
        f"{cell.workload} {cell.model}, batch {cell.batch_size}"
    )


def _differ(found: Sequence[tuple[SpeedCell, SpeedRow]]) -> bool:
    """Return whether the least and the largest ratio have intervals that don't overlap."""
    rows = sorted((row for _, row in found), key=_value)
    least, largest = (row.judged_ratio for row in (rows[0], rows[-1]))
    if not least or not largest or least.high is None or largest.low is None:
        return False
    return least.high < largest.low


def _value(row: SpeedRow) -> float:
    return row.judged_ratio.value if row.judged_ratio else 1.0
