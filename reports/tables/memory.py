"""Make the tables of the memory pass: memory by phase, calculated needs, growth with the steps."""

from collections.abc import Sequence

from aebench.reports.formatting import interval
from aebench.reports.sections import TableView
from aebench.reports.summary import MIB, MemoryRow, Summary
from aebench.reports.summary.memory import MARGIN_BYTES
from aebench.reports.tables.shared import Shared, Table, failed, shown, some_tables

_KIB = 1024


def memory(summary: Summary) -> list[Table]:
    """Return a table of memory by phase for each contender and model.

    Only a contender that was measured has that table. Then follow one table of calculated needs and
    one of growth, for all contenders. The list is empty if none was measured or failed.
    """
    rows = [row for row in summary.memory if row.phases or row.failure]
    if not rows:
        return []
    return [
        *some_tables(_phases, [row for row in rows if row.phases]),
        _arithmetic(rows),
        _growth(rows),
    ]


def _phases(row: MemoryRow) -> Table:
    on_device = any(each.device_peak_bytes is not None for each in row.phases)
    anonymous = any(each.anonymous_bytes is not None for each in row.phases)
    columns = ["MiB at the end of", "resident", "proportional", "private", "peak in it"]
    columns += ["anonymous", "its highest"] if anonymous else []
    lines = [
        [
            each.phase,
            _mib(each.resident_bytes),
            _mib(each.proportional_bytes),
            _mib(each.private_bytes),
            _mib(each.peak_bytes),
            *([_mib(each.anonymous_bytes), _mib(each.peak_anonymous_bytes)] if anonymous else []),
            *([_mib(each.device_peak_bytes)] if on_device else []),
        ]
        for each in row.phases
    ]
    title = f"Memory by phase: {row.contender}, {row.model}, batch {row.batch_size}"
    columns += ["device, so far"] if on_device else []
    return Table(title, columns, lines, _about_peaks(row))


def _about_peaks(row: MemoryRow) -> list[str]:
    highest = row.highest_bytes
    source = "exact, read from the system" if row.exact else "sampled, so brief peaks are missed"
    notes = [f"Peaks of resident memory are {source}: {_mib(highest)} MiB at most."]
    beside = row.highest_beside_data_bytes
    if beside < highest:
        notes.append(f"That is while loading the data: {_mib(beside)} MiB in the other phases.")
    if any(each.anonymous_bytes is not None for each in row.phases):
        notes.append(
            Shared(
                "Anonymous memory (pages without a file) leaves out shared libraries; its highest "
                "value in a phase is always sampled, so brief peaks are missed."
            )
        )
    if row.curve_bytes:
        most = max(row.curve_bytes)
        shared = [
            each.resident_bytes - each.proportional_bytes
            for each in row.phases
            if each.proportional_bytes is not None
        ]
        pages = f"up to {_mib(max(shared))} MiB of shared pages" if shared else "shared pages"
        notes.append(
            f"Proportional memory, sampled {len(row.curve_bytes):,} times, is {_mib(most)} MiB at "
            f"most, {_mib(abs(highest - most))} MiB {'less' if most <= highest else 'more'}: "
            f"it counts {pages} in part, and sampling misses brief peaks."
        )
    if row.curve_reason:
        notes.append(f"The curve over time is incomplete: {row.curve_reason}.")
    if all(each.proportional_bytes is None for each in row.phases[1:]):
        notes.append(Shared("This system does not report proportional and private memory."))
    return notes


def _mib(size: int | None) -> str:
    return "–" if size is None else interval(size / MIB)


def _arithmetic(rows: Sequence[MemoryRow]) -> Table:
    on_device = any(each.device_peak_bytes is not None for row in rows for each in row.phases)
    columns = [
        "MiB",
        "weights",
        "gradients",
        "optimiser",
        "activations",
        "in all",
        "+ build",
        "+ step 1",
        "+ steady",
    ]
    lines = []
    for row in rows:
        if not row.phases:
            lines.append(failed(_name(row), columns, row.failure)[0])
            continue
        needs = row.needs
        arithmetic = (
            [None] * 5
            if needs is None
            else [needs.weights, needs.gradients, needs.optimiser, needs.activations, needs.in_all]
        )
        lines.append(
            [
                _name(row),
                *map(_mib, arithmetic),
                *(_mib(row.added_bytes.get(name)) for name in ("build", "first step", "steady")),
            ]
        )
    measured = [row for row in rows if row.phases]
    notes = [
        *_failures(rows),
        "The first five columns are arithmetic for float32, for plain gradient descent, which "
        "keeps no values, and for one batch. The last three were measured: the phase's peak above "
        "the resident memory before it. Memory beyond the arithmetic goes to compilers, buffers, "
        "thread pools and copies. Here fit gets all training data; a cold start gets only the data "
        "of its steps, so its peaks differ.",
        *(
            f"{_name(row)}: the optimiser really holds {row.optimiser_bytes} bytes."
            for row in measured
            if row.optimiser_bytes > 1024
        ),
        *(
            f"{name}: no arithmetic, since the sizes of its layers are not in the record."
            for name in dict.fromkeys(row.model for row in measured if row.needs is None)
        ),
    ]
    if measured and not on_device:
        notes.append("No accelerator: no counters of the frameworks' allocators.")
    return Table("What training should need, and what it took", columns, lines, notes)


def _growth(rows: Sequence[MemoryRow]) -> Table:
    columns = ["", "steps", "KiB a step", "verdict", "kept after release, MiB"]
    lines = [
        [
            _name(row),
            str(row.steps),
            shown(row.growth_bytes, 1 / _KIB),
            _verdict(row),
            _mib(row.kept_bytes),
        ]
        if row.phases
        else failed(_name(row), columns, row.failure)[0]
        for row in rows
    ]
    return Table(
        "Growth with the steps",
        columns,
        lines,
        [
            *_failures(rows),
            "Anonymous memory (pages without a file), read after each call of the model's "
            "function. The interval is Student's, over the differences between ten stretches of "
            f"steps. Memory grows if the interval lies above {MARGIN_BYTES // _KIB} KiB a step. "
            "Kept after release: resident memory beyond the imported framework after model and "
            "data are released.",
            *(
                f"{_name(row)}: this system does not report a process's anonymous memory, so "
                "growth is unknown."
                for row in rows
                if row.phases and not row.steps
            ),
        ],
    )


def _name(row: MemoryRow) -> str:
    return f"{row.model} {row.contender}"


def _failures(rows: Sequence[MemoryRow]) -> list[str]:
    return [Shared(f"{_name(row)}: {row.failure}") for row in rows if row.failure]


def _verdict(row: MemoryRow) -> str:
    growth = row.growth_bytes
    if growth is None or growth.low is None or growth.high is None:
        return "unknown"
    if row.grows:
        return "grows"
    if growth.high <= MARGIN_BYTES:
        return f"stays within {MARGIN_BYTES // _KIB} KiB"
    return "may grow" if growth.low > 0 else "no growth seen"


VIEWS = [
    TableView(
        "memory", section="Where time and memory go", order=2, make=memory, terminal_order=80
    ),
]
