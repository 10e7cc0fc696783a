"""Judge races between settings of a contender, and tell what the fastest gains and costs.

A race drops the settings that are surely slower, and of the others the slower half. This is
successive halving (Jamieson & Talwalkar 2016, AISTATS) with intervals as in races between
models (Maron & Moore 1994, NIPS). Who leads a race leads partly by luck. What is claimed therefore
comes from a comparison in fresh processes alone, of which the race knows nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from aebench.reports.formatting import duration, interval
from aebench.reports.statistics import Estimate
from aebench.reports.summary import SpeedCell, SpeedRow, Summary
from aebench.reports.tables.shared import Table, shown

_COMPARED = ("faster", "slower", "same", "inconclusive", "disturbed", "unfinished")


@dataclass(frozen=True)
class RaceResult:
    """Where a candidate stands after its last race.

    Parameters
    ----------
    contender : str
        The candidate, such as ``torch:jit``.
    ratio : Estimate or None
        Its time as a multiple of the time of the contender that is tuned; None if it has none.
    left : str
        The reason why the candidate left the race; empty if it stayed.
    """

    contender: str
    ratio: Estimate | None
    left: str


def race(cell: SpeedCell, candidates: Sequence[str]) -> list[RaceResult]:
    """Judge a race: list the candidates by their time, the shortest first, and tell who leaves.

    A candidate leaves whose interval lies above that of another candidate or of the contender that
    is tuned, whose ratio is 1. Of the others at most half of those who began stay.

    Parameters
    ----------
    cell : SpeedCell
        The cell in which all were measured; its reference is the contender that is tuned.
    candidates : sequence of str
        The candidates that began.
    """
    rows = {row.contender: row for row in cell.rows}
    timed: list[tuple[str, Estimate]] = []
    without: list[RaceResult] = []
    for name in candidates:
        row = rows.get(name)
        ratio = row.adjusted or row.judged_ratio if row else None
        reason = _no_ratio(row)
        if reason or ratio is None or ratio.low is None:
            without.append(RaceResult(name, None, reason or "it has no interval"))
        else:
            timed.append((name, ratio))
    timed.sort(key=lambda each: each[1].value)
    ends = [(name, ratio.high) for name, ratio in timed if ratio.high is not None]
    first, nearest = min([*ends, (cell.reference, 1.0)], key=lambda each: each[1])
    results = []
    room = ceil(len(candidates) / 2)
    for name, ratio in timed:
        left = ""
        if ratio.low is not None and ratio.low > nearest:
            left = f"slower than {first}"
        elif not room:
            left = "of the slower half"
        else:
            room -= 1
        results.append(RaceResult(name, ratio, left))
    return [*results, *without]


def _no_ratio(row: SpeedRow | None) -> str:
    """Return why a row says nothing about who is faster; empty if it does."""
    if row is None:
        return "not measured"
    if row.failure:
        return f"failed: {row.failure}"
    if row.differs:
        return f"not shown to be the same model: {row.differs}"
    return "" if row.verdict in _COMPARED else f"not comparable: {row.verdict or 'one launch'}"


def tried(results: Sequence[RaceResult]) -> Table:
    """Return the table of what was tried, from the last race of each candidate."""
    rows = [
        [each.contender, shown(each.ratio, how=interval), each.left or "in the last race"]
        for each in results
    ]
    note = (
        "× time: in the candidate's last race, beside the contender that is tuned. Who leads a "
        "race leads partly by luck: only the comparison in fresh processes is a result."
    )
    return Table("What was tried", ["settings", "× time", "outcome"], rows, [note])


@dataclass(frozen=True)
class Gain:
    """What the leader of the races is worth, as fresh processes show it.

    Parameters
    ----------
    outcome : str
        ``faster``, ``not faster`` or ``open``.
    text : str
        The answer, in Markdown.
    """

    outcome: str
    text: str


def gain(summary: Summary, settings: Mapping[str, str], cores: int) -> Gain | None:
    """Tell what the leader of the races gains beside the contender that is tuned.

    Parameters
    ----------
    summary : Summary
        A summary of the comparison in fresh processes, with speed and cold starts.
    settings : mapping of str to str
        The settings of the leader, as a record has them.
    cores : int
        Number of cores that the contenders had.

    Returns
    -------
    Gain or None
        None if there is no comparison.
    """
    cell = summary.speed[0] if summary.speed else None
    rows = cell.rows if cell else []
    row = next(
        (
            each
            for each in rows
            if not each.control_of and cell and each.contender != cell.reference
        ),
        None,
    )
    if cell is None or row is None:
        return None
    reason = _no_ratio(row)
    ratio = row.adjusted or row.judged_ratio
    if reason or ratio is None:
        return Gain("open", f"`{row.contender}` led the races, and then: {reason or 'no figures'}.")
    where = f"{cell.workload} {cell.model}, batch {cell.batch_size}"
    size = f"× {interval(ratio.value, ratio.low, ratio.high)} the time"
    if row.verdict != "faster":
        same = row.verdict == "same"
        known = "takes as long" if same else f"isn't shown to be faster ({row.verdict})"
        return Gain(
            "not faster" if row.verdict in ("same", "slower") else "open",
            f"Nothing that was tried is shown to be faster than `{cell.reference}` for {where}. "
            f"The leader of the races, `{row.contender}`, {known} in fresh processes: {size}.",
        )
    sentences = [
        f"Fastest for {where}: `{row.contender}` takes {size} of `{cell.reference}`, in "
        f"{cell.launches} launches of fresh processes.",
        _payback(summary, cell, row.contender, ratio.value),
    ]
    return Gain("faster", " ".join(filter(None, sentences)) + "\n\n" + _snippet(settings, cores))


def _payback(summary: Summary, cell: SpeedCell, leader: str, ratio: float) -> str:
    """Tell after how many steps a longer start has paid back; empty if starts weren't measured."""
    starts = {row.contender: row for row in summary.footprint if row.total_seconds}
    reference = next(row for row in cell.rows if row.contender == cell.reference)
    if not {leader, cell.reference} <= starts.keys() or reference.step_seconds is None:
        return ""
    mine, usual = (starts[name].total_seconds for name in (leader, cell.reference))
    assert mine and usual
    more = mine.value - usual.value
    launches = min(starts[name].launches for name in (leader, cell.reference))
    of = f"medians of {launches} cold starts" if launches > 1 else "one cold start of each"
    if more <= 0:
        return f"It starts no later ({of})."
    steps = ceil(more / (reference.step_seconds.value * (1 - ratio)))
    return (
        f"It starts {duration(more)} later ({of}), which is paid back after some {steps:,} steps."
    )


def _snippet(settings: Mapping[str, str], cores: int) -> str:
    """Return the code and the command that set what was found."""
    words = {"jit": "jit_compile=True", "steps": f"steps_per_execution={settings.get('steps')}"}
    arguments = [words[name] for name in words if name in settings]
    lines = []
    if arguments:
        lines.append(f"model.compile(..., {', '.join(arguments)})")
    if "threads" in settings:
        last = int(settings["threads"]) - 1
        lines.append(
            f"taskset -c 0{f'-{last}' if last else ''} python SCRIPT.py  # of {cores} cores"
        )
    return "\n".join(f"    {line}" for line in lines)
