"""Make the tables of the profile pass: how a step's time is spent, and what is compiled when."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from aebench.reports.formatting import interval, listed, percent
from aebench.reports.sections import TableView
from aebench.reports.summary import ProfileRow, Summary
from aebench.reports.summary.profile import INFLATED
from aebench.reports.tables.shared import (
    MOST_BESIDE,
    MOST_ROWS,
    Shared,
    Table,
    count,
    failed,
    few,
    shown,
    some_tables,
)

_OPERATIONS = 12
_COMPILED = 12
_MILLI = 1000
_SELF_TIME = Shared(
    "Self time, shared out so that it adds up: an instant in which several operations run is "
    "shared among them, one in which none runs is Python's, or waiting if Python waits too. "
    "Optimiser and loss hold all of theirs, as far as they can be told; element-wise holds sums "
    "and copies. Traced and untraced steps are medians and ranges; the parts are of the median "
    "trace."
)


def profile(summary: Summary) -> list[Table]:
    """Return the tables for each model and batch size; an empty list if nothing was measured.

    They are a table of categories with a column per contender, a table of operations per contender
    that was measured, and one compile log for all contenders.
    """
    together: dict[tuple[str, int], list[ProfileRow]] = {}
    for row in summary.profile:
        together.setdefault((row.model, row.batch_size), []).append(row)
    makers: list[Callable[[], Table]] = []
    for rows in together.values():
        makers.append(partial(_side_by_side, rows, summary.operation_categories))
        makers += (partial(_operations, row) for row in rows if row.steps)
        makers.append(partial(_compile_log, rows))
    return some_tables(lambda make: make(), makers)


def _side_by_side(rows: Sequence[ProfileRow], categories: Sequence[str]) -> Table:
    failures = [Shared(f"{row.contender}: {row.failure}") for row in rows if row.failure]
    rows, others = few(rows, "contenders", MOST_BESIDE)
    used = {name for row in rows for name in row.category_seconds}
    found = [name for name in categories if name in used]
    names, smaller = few(found, "categories", MOST_ROWS)
    lines = [[name, *(_part(row, name) for row in rows)] for name in names]
    lines += [
        [
            "in all",
            *(interval(_MILLI * row.traced_step_seconds) if row.steps else "–" for row in rows),
        ],
        ["traced steps", *(shown(row.traced_seconds, _MILLI) for row in rows)],
        ["untraced steps", *(shown(row.step_seconds, _MILLI) for row in rows)],
    ]
    notes = [
        *failures,
        _SELF_TIME,
        *others,
        *smaller,
        *(note for row in rows if row.steps for note in _left_out(row)),
        *(
            f"{row.contender}'s steps took very different times, by the ranges: something else "
            "used the machine, and its shares tell nothing."
            for row in rows
            if row.noisy
        ),
        *(
            f"Tracing made {row.contender}'s step {interval(row.inflation)} times as long: the "
            "shares are of the traced one."
            for row in rows
            if abs(row.inflation - 1) > INFLATED and not row.noisy
        ),
    ]
    columns = ["ms a step", *(row.contender for row in rows)]
    return Table(f"Where the time goes: {_where(rows[0])}", columns, lines, notes)


def _left_out(row: ProfileRow) -> Iterable[str]:
    if row.profile_note:
        yield Shared(f"{row.contender}'s profiler {row.profile_note}")
    absent = [name for name in ("loss", "optimiser") if name not in row.category_seconds]
    if absent:
        yield (
            f"{row.contender}'s {listed(absent)} can't be told from the other operations: "
            f"{'they are' if len(absent) > 1 else 'it is'} among those."
        )


def _where(row: ProfileRow) -> str:
    return f"{row.model}, training, batch {row.batch_size}"


def _part(row: ProfileRow, category: str) -> str:
    seconds = row.category_seconds.get(category)
    if seconds is None:
        return "–"
    return f"{interval(_MILLI * seconds)} ({_share(seconds, row)})"


def _share(seconds: float, row: ProfileRow) -> str:
    share = seconds / row.traced_step_seconds
    return "<0.1 %" if share < 0.001 else percent(share)


def _operations(row: ProfileRow) -> Table:
    shown_rows, left = row.operations[:_OPERATIONS], row.operations[_OPERATIONS:]
    lines = [
        [
            each.operation,
            each.category,
            interval(each.calls) if each.calls else "–",
            interval(_MILLI * each.seconds),
            _share(each.seconds, row),
        ]
        for each in shown_rows
    ]
    notes = [f"Of {count(row.steps, 'warm step')}."]
    if left:
        rest = sum(each.seconds for each in left)
        notes = [
            f"Of {count(row.steps, 'warm step')}; {count(len(left), 'more operation')} "
            f"take {_share(rest, row)}."
        ]
    return Table(
        f"Operations by self time: {row.contender}, {_where(row)}",
        ["operation", "category", "calls a step", "ms a step", "share"],
        lines,
        notes,
    )


def _compile_log(rows: Sequence[ProfileRow]) -> Table:
    columns = ["what", "call, samples", "stage", "cause", "s"]
    lines: list[list[str]] = []
    notes: list[str] = []
    for row in rows:
        if not row.steps:
            cells, note = failed(row.contender, columns, row.failure)
            lines.append(cells)
            notes.append(note)
            continue
        largest = sorted(row.compiled, key=lambda each: -each.seconds)[:_COMPILED]
        kept = [each for each in row.compiled if each in largest]
        for each in kept:
            lines.append(
                [
                    f"{row.contender} {each.function}".strip(),
                    f"{each.workload}, {each.samples}",
                    each.stage if each.times == 1 else f"{each.stage}, {each.times} times",
                    each.cause,
                    interval(each.seconds),
                ]
            )
        notes += _about(row, len(row.compiled) - len(kept))
    return Table(
        f"What is compiled when: {rows[0].model}, batch {rows[0].batch_size}",
        columns,
        lines,
        notes,
    )


def _about(row: ProfileRow, left: int) -> Iterable[str]:
    if not row.compiled:
        yield Shared(f"{row.contender} compiles nothing: each operation runs as it is met.")
    if left:
        yield f"{row.contender}: {count(left, 'smaller one')} left out here."
    if row.partial_seconds:
        warning = (
            f"Warning: a last batch that isn't full costs {row.contender} "
            f"{interval(row.partial_seconds)} s of compiling once more, in the first epoch"
        )
        full = row.train_samples % row.batch_size == 0
        size = f"{row.train_samples:,} samples at batch {row.batch_size}"
        yield f"{warning}; {size} have none." if full else f"{warning}, as with {size}."
    unknown = {each.function for each in row.compiled if each.cause == "unknown"}
    if unknown:
        yield (
            f"Warning: {row.contender} compiled {listed(sorted(unknown))} again for what it had "
            "seen before."
        )


VIEWS = [
    TableView(
        "profile", section="Where time and memory go", order=1, make=profile, terminal_order=70
    ),
]
