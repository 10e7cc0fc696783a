"""Judge races between settings of a contender, and tell what the fastest gains and costs.

A race drops the settings that are surely slower, and of the others the slower half. This is
successive halving (Jamieson & Talwalkar 2016, AISTATS) with intervals as in races between
models (Maron & Moore 1994, NIPS). Who leads a race leads partly by luck. What is claimed therefore
comes from a comparison in fresh processes alone, of which the race knows nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
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
    usual = _no_ratio(rows.get(cell.reference))
    if usual:
        usual = f"{cell.reference} {usual}"
    timed: list[tuple[str, Estimate]] = []
    without: list[RaceResult] = []
    for name in candidates:
        row = rows.get(name)
        # Not adjusted for the number of candidates: nothing is claimed from a race.
        ratio = row.judged_ratio if row else None
        reason = usual or _no_ratio(row)
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
        return f"isn't shown to be the same model: {row.differs}"
    if row.verdict and row.verdict not in _COMPARED:
        return f"not comparable: {row.verdict}"
    return ""


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
    shown : bool
        Whether it is shown to be faster.
    text : str
        The answer, in Markdown.
    """

    shown: bool
    text: str


def gain(
    summary: Summary,
    tuned: str,
    leader: str,
    settings: Mapping[str, str],
    cores: Sequence[int],
    input_code: Sequence[str] = (),
) -> Gain:
    """Tell what the leader of the races gains beside the contender that is tuned.

    Parameters
    ----------
    summary : Summary
        A summary of the comparison in fresh processes, with speed and cold starts.
    tuned, leader : str
        The contender that is tuned, and the leader of the races.
    settings : mapping of str to str
        The settings of the leader, as a record has them.
    cores : sequence of int
        The cores that the leader had.
    input_code : sequence of str
        The lines by which users write the leader's input path; none for arrays.
    """
    cell = next((each for each in summary.speed if each.reference == tuned), None)
    row = _row(cell, leader) if cell else None
    if cell is None or row is None:
        return Gain(False, f"`{leader}` led the races, and then `{tuned}` wasn't measured.")
    ratio = row.adjusted or row.judged_ratio
    reason = _no_ratio(_row(cell, tuned)) or _no_ratio(row)
    if reason or ratio is None:
        return Gain(False, f"`{leader}` led the races, and then: {reason or 'no figures'}.")
    where = f"{cell.workload} {cell.model}, batch {cell.batch_size}"
    unit = "an epoch of fit" if cell.judged_by == "epoch" else f"a {cell.judged_by}"
    size = f"{unit} takes × {interval(ratio.value, ratio.low, ratio.high)} the time"
    if row.verdict != "faster":
        return Gain(
            False,
            f"Nothing that was tried is shown to be faster than `{tuned}` for {where}. With the "
            f"leader of the races, `{leader}`, {size} in fresh processes: {row.verdict}.",
        )
    answer = (
        f"Faster than `{tuned}` for {where}: with `{leader}` {size}, in {cell.launches} launches "
        "of fresh processes."
    )
    told = [answer, *_payback(summary, cell, leader)]
    return Gain(True, " ".join(told) + "\n\n" + _snippet(settings, cores, input_code))


def _row(cell: SpeedCell, contender: str) -> SpeedRow | None:
    return next((row for row in cell.rows if row.contender == contender), None)


def _payback(summary: Summary, cell: SpeedCell, leader: str) -> Iterator[str]:
    """Yield a sentence on the longer start of the leader, and on when training pays it back."""
    found = next((each for each in summary.break_even if each.faster == leader), None)
    if found is None:
        return
    if found.starts_later_seconds <= 0:
        yield "It starts no later (one cold start of each)."
        return
    of_epoch = summary.runs[0].data_of(cell.model).train_samples / cell.batch_size
    epochs, least, most = found.epochs.value, found.epochs.low, found.epochs.high
    yield (
        f"It starts {duration(found.starts_later_seconds)} later (one cold start of each). That is "
        f"paid back after {interval(epochs, least, most)} epochs, or some "
        f"{ceil(epochs * of_epoch):,} steps."
    )


def _snippet(settings: Mapping[str, str], cores: Sequence[int], input_code: Sequence[str]) -> str:
    """Return the code and the command that set what was found."""
    words = {
        "jit": f"jit_compile={settings.get('jit') == 'on'}",
        "steps": f"steps_per_execution={settings.get('steps')}",
    }
    arguments = [words[name] for name in words if name in settings]
    lines = [f"model.compile(..., {', '.join(arguments)})"] if arguments else []
    lines += input_code
    if "threads" in settings:
        lines.append(f"taskset -c {','.join(map(str, cores))} python SCRIPT.py")
    return "\n".join(f"    {line}" for line in lines)


def changed(cells: Sequence[SpeedCell]) -> Table:
    """Return the table of what changes results: a larger batch, a lower precision.

    Parameters
    ----------
    cells : sequence of SpeedCell
        The cells of one model and workload, by batch size. Times are compared within a cell alone.
    """
    rows = [
        [
            str(cell.batch_size),
            row.contender,
            shown(row.samples_per_second),
            "–" if row.contender == cell.reference else shown(row.judged_ratio, how=interval),
            row.failure or row.differs,
        ]
        for cell in cells
        for row in cell.rows
        if not row.control_of and (row.samples_per_second or row.failure)
    ]
    note = (
        "These change what is computed, so they are no candidates: a larger batch takes fewer and "
        "other steps, a lower precision rounds more coarsely. Compare losses before you use them."
    )
    columns = ["batch", "settings", "samples/s", "× time", "but"]
    return Table("What changes results", columns, rows, [note])
