"""Make the tables of the ladder pass: what a step takes on each rung, and what a rung adds."""

from collections.abc import Sequence
from functools import partial

from aebench.reports import ladder_agreement, ladders
from aebench.reports.formatting import interval, plus_minus
from aebench.reports.sections import TableView
from aebench.reports.summary import Estimate, LadderAgreement, LadderRow, Summary
from aebench.reports.summary.ladder import RungRow
from aebench.reports.summary.step_parts import step_parts
from aebench.reports.tables.shared import MOST_BESIDE, Shared, Table, count, few, shown, some_tables

_MILLI = 1000
# The columns of a step's parts, with what each of them is.
# The columns of a step's parts, with what each of them is.
_PARTS = {
    "framework alone": "the same network's step without Keras, a call per step",
    "framework and layers": "Keras's layers, loss and optimiser, run by the framework, where the "
    "model has no step without Keras",
    "of it products": "the step's matrix products in the framework's library",
    "Keras's layers": "what layers, loss and optimiser of Keras take beyond the framework alone",
    "around": "what Keras and Python take around such a step, in fit as users call it or in "
    "predict",
}
_HOW = Shared(
    "In parentheses what a rung adds to the rung that it stands on, ± to the farther end of the "
    "95 % interval over launches (Student's). Differences are of rounds of one block. Steps of a "
    "call are timed without what begins and ends it, and without garbage collection but where it "
    "is named."
)
_HOW_PROFILED = Shared(
    "Beside a profile, which is of one launch, the ladder's interval is that of one more launch. "
    "The profile's range is over its rounds, traced or not: its error is what tracing changes. "
    "Keras and Python are fit without compiled metrics beyond the framework's step. In a profile "
    "they are part of the time without an operation."
)


def ladder(summary: Summary) -> list[Table]:
    """Return a table for each model, workload and batch size, with a column per contender."""
    cells: dict[tuple[str, str, int], list[LadderRow]] = {}
    for row in summary.ladder:
        cells.setdefault((row.model, row.workload, row.batch_size), []).append(row)
    fixed = list(ladders.fixed(summary.ladder))
    tables = some_tables(partial(_table, summary.ladder_agreement), list(cells.values()))
    if tables and fixed:
        tables[-1].notes.extend(fixed)
    return tables


def parts(summary: Summary) -> list[Table]:
    """Return a table of what the step of each contender consists of, in all cells."""
    rows = [row for row in summary.ladder if row.top and row.top.step_seconds]
    if not rows:
        return []
    divided = [step_parts(row) for row in rows]
    known = [at for at, each in enumerate(zip(*divided, strict=True)) if any(each)]
    names = [list(_PARTS)[at] for at in known]
    entries = []
    for row, each in zip(rows, divided, strict=True):
        times = [row.top.step_seconds if row.top else None, *(each[at] for at in known)]
        call = row.top.call_seconds if row.top else None
        entries.append(
            [
                f"{row.workload} {row.model}, {row.batch_size}: {row.contender}",
                *(_with_error(each) for each in [*times, call]),
            ]
        )
    note = (
        f"{'; '.join(f'{name}: {_PARTS[name]}' for name in names)}. All but products add up to a "
        "step. A call: what begins and ends one call of fit or predict, whatever its steps. "
        "± is to the farther end of the 95 % interval over launches (Student's): a part whose ± is "
        "larger than itself isn't shown to be there. `aebench tune` tries what shortens a step."
    )
    faint = [at for at, row in enumerate(rows) if 2 * row.disturbed > row.blocks]
    columns = ["ms", "a step", *names, "a call"]
    return [Table("What a step consists of", columns, entries, [note], faint=faint)]


def _with_error(found: Estimate | None) -> str:
    return shown(found, _MILLI, plus_minus) if found else "–"


def _table(beside: Sequence[LadderAgreement], rows: Sequence[LadderRow]) -> Table:
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
            lines.append([f"a call beside its steps: {described[name].what}", *told])
    counts = dict.fromkeys(
        f"{row.launches} {'launch' if row.launches == 1 else 'launches'}, "
        f"{count(row.blocks, 'block')}, {row.disturbed} of them disturbed"
        for row in rows
        if row.launches
    )
    agreements = ladder_agreement.of_cell(rows, beside)
    notes = [
        *failures,
        *filter(None, map(ladders.sentence, rows)),
        *ladders.waiting(rows),
        *ladders.unexplained(rows),
        *ladder_agreement.sentences(agreements),
        _HOW,
        *([_HOW_PROFILED] if any(each.parts for each in agreements) else []),
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
        "step-parts", section="Where time and memory go", order=0, make=parts, terminal_order=64
    ),
    TableView(
        "ladder", section="Where time and memory go", order=0, make=ladder, terminal_order=65
    ),
]
