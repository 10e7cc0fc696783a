"""Make the tables of the ladder pass: what a step takes on each rung, and what a rung adds."""

from collections.abc import Sequence

from aebench.reports import ladders
from aebench.reports.formatting import interval, plus_minus
from aebench.reports.sections import TableView
from aebench.reports.summary import LadderRow, Summary
from aebench.reports.summary.ladder import RungRow
from aebench.reports.tables.shared import MOST_BESIDE, Shared, Table, count, few, shown, some_tables

_MILLI = 1000
_HOW = Shared(
    "In parentheses what a rung adds to the rung that it stands on, ± to the farther end of the "
    "95 % interval over launches (Student's). Differences are of rounds of one block. Steps of a "
    "call are timed without what begins and ends it, and without garbage collection but where it "
    "is named."
)


def ladder(summary: Summary) -> list[Table]:
    """Return a table for each model, workload and batch size, with a column per contender."""
    cells: dict[tuple[str, str, int], list[LadderRow]] = {}
    for row in summary.ladder:
        cells.setdefault((row.model, row.workload, row.batch_size), []).append(row)
    fixed = list(ladders.fixed(summary.ladder))
    tables = some_tables(_table, list(cells.values()))
    if tables and fixed:
        tables[-1].notes.extend(fixed)
    return tables


def _table(rows: Sequence[LadderRow]) -> Table:
    failures = [Shared(f"{row.contender}: {row.failure}") for row in rows if row.failure]
    rows, others = few(rows, "contenders", MOST_BESIDE)
    first = rows[0]
    names = dict.fromkeys(each.name for row in rows for each in row.rungs)
    described = {each.name: each for row in rows for each in row.rungs}
    lines = []
    for name in names:
        found = [row.rung(name) for row in rows]
        if any(found):
            aside = "beside: " if described[name].aside else ""
            lines.append([f"{aside}{described[name].what}", *map(_entry, found)])
    for name in names:
        calls = [rung.call_seconds if (rung := row.rung(name)) else None for row in rows]
        if any(calls):
            told = (shown(each, _MILLI, plus_minus) for each in calls)
            lines.append([f"a call beside its steps, {name}", *told])
    counts = dict.fromkeys(
        f"{row.launches} {'launch' if row.launches == 1 else 'launches'}, "
        f"{count(row.blocks, 'block')}, {row.disturbed} of them disturbed"
        for row in rows
        if row.launches
    )
    notes = [
        *failures,
        *filter(None, map(ladders.sentence, rows)),
        *ladders.waiting(rows),
        *ladders.unexplained(rows),
        _HOW,
        *others,
        *(f"{each}." for each in counts),
        *_absent(rows),
    ]
    where = f"{first.workload} {first.model}, batch {first.batch_size}"
    title = f"What a step takes, rung by rung: {where}" if first.batch_size else "Rungs"
    doubtful = any(2 * row.disturbed > row.blocks for row in rows)
    return Table(title, ["ms", *(row.contender for row in rows)], lines, notes, doubtful)


def _entry(rung: RungRow | None) -> str:
    if rung is None or rung.step_seconds is None:
        return "–"
    step = interval(_MILLI * rung.step_seconds.value)
    if not rung.base or rung.added_seconds is None:
        return step
    return f"{step} ({shown(rung.added_seconds, _MILLI, _signed)})"


def _signed(value: float, low: float | None = None, high: float | None = None) -> str:
    told = plus_minus(value, low, high)
    return f"−{told[1:]}" if told.startswith("-") else f"+{told}"


def _absent(rows: Sequence[LadderRow]) -> list[str]:
    """Return notes on rungs that contenders haven't got; contenders with one reason share it."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for each in row.rungs:
            if each.absent:
                reasons.setdefault((each.what, each.absent), []).append(row.contender)
    found: dict[str, list[str]] = {}
    for (what, reason), names in reasons.items():
        who = "" if len(names) == len(rows) else f" for {', '.join(names)}"
        found.setdefault(reason, []).append(f"{what}{who}")
    return [f"Absent, {reason}: {'; '.join(what)}." for reason, what in found.items()]


VIEWS = [
    TableView(
        "ladder", section="Where time and memory go", order=0, make=ladder, terminal_order=65
    ),
]
