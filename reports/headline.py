"""Write a report's headline: at most three sentences, and rankings only if intervals show them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from aebench.reports import ladders
from aebench.reports.formatting import interval, listed, percent, some
from aebench.reports.statistics import Estimate
from aebench.reports.summary import (
    MIB,
    FootprintRow,
    LoopRow,
    MemoryRow,
    ProfileRow,
    QualityRow,
    SpeedCell,
    Summary,
)
from aebench.reports.summary.memory import MARGIN_BYTES
from aebench.reports.summary.memory_loops import GROWS, LOOP_MARGIN_BYTES, OPEN, USED_REPEATS

T = TypeVar("T")
K = TypeVar("K")

_SENTENCES = 3
# A longer sentence on many cells counts them, and one on more rows is left to the tables.
_MOST_CHARACTERS, _MOST_PARTS = 300, 6
# Losses of more models and contenders, four by three, are left to the tables too.
_MOST_LOSSES = 12
_NO_LEADER = "no contender is shown to be"


def sentences(summary: Summary) -> list[str]:
    """Return at most three sentences: on the fastest contenders, cold starts, and losses.

    If the speed, footprint or quality pass wasn't run, sentences on the machine's limit, the
    profile and memory take its place.
    """
    gerunds = {workload.name: workload.gerund for run in summary.runs for workload in run.workloads}
    stayed = [run.plateau.stayed for run in summary.runs if run.plateau]
    machines = {run.machine.kind for run in summary.runs}
    meaningful = [
        row
        for row in summary.quality
        if not any(run.data_of(row.model).drawn for run in summary.runs)
    ]
    found = [
        *_speed(summary.speed, gerunds, several_machines=len(machines) > 1),
        *_footprint(summary.footprint),
        *_quality(meaningful, "".join(stayed[:1])),
        *limit(summary.speed),
        *ladders.headline(summary.ladder),
        *profile(summary.profile),
        *_memory(summary.memory),
        *_loops(summary.memory_loops),
    ]
    return found[:_SENTENCES]


def _speed(
    cells: Sequence[SpeedCell], gerunds: Mapping[str, str], several_machines: bool
) -> Iterator[str]:
    said: dict[str, list[str]] = {}
    for machine, here in _grouped(cells, lambda cell: cell.machine).items():
        parts = _fastest([cell for cell in here if cell.answer], gerunds)
        if parts:
            said.setdefault("; ".join(parts), []).append(machine)
    if list(said.values()) == [[""]]:
        yield f"On {'these machines' if several_machines else 'this machine'}, {next(iter(said))}."
    elif said:
        # Machines on which the same holds share a sentence.
        told = (f"on {_both(machines)} {text}" for text, machines in said.items())
        yield f"O{'. O'.join(each[1:] for each in told)}."


def _both(machines: Sequence[str]) -> str:
    named = [machine or "the others" for machine in machines]
    return f"{'both ' * (len(named) == 2)}{listed(some(named))}"


def _fastest(compared: Sequence[SpeedCell], gerunds: Mapping[str, str]) -> list[str]:
    """Return clauses on who is fastest in which cells, all of one machine."""
    by_leader: dict[str, list[SpeedCell]] = {}
    for cell in sorted(compared, key=lambda cell: (not cell.stands, _is_cut(cell))):
        standing = cell.fastest if cell.stands else ""
        if cell.fastest_in_each and not standing:
            clause = f"{cell.fastest_in_each} is fastest in each of {len(cell.runs)} runs"
        elif standing:
            clause = f"{standing} is fastest"
        else:
            clause = "" if _is_cut(cell) else f"{_NO_LEADER} fastest"
        by_leader.setdefault(clause, []).append(cell)

    def clauses(where: Callable[[Sequence[SpeedCell]], str]) -> list[str]:
        return [
            f"{clause} {where(led)}"
            if clause
            else f"there is no verdict yet {where(led)}, of which blocks are missing"
            for clause, led in by_leader.items()
        ]

    named = clauses(lambda led: _where(led, gerunds))
    if sum(map(len, named)) <= _MOST_CHARACTERS:
        return named
    counted = clauses(lambda led: f"in {len(led)} of {len(compared)} cells")
    # A cell's own table is about this cell alone, and can say more.
    return [f"judged for all cells together, {counted[0]}", *counted[1:]]


def _is_cut(cell: SpeedCell) -> bool:
    return any(row.verdict == "unfinished" for row in cell.rows if not row.control_of)


def _where(cells: Sequence[SpeedCell], gerunds: Mapping[str, str]) -> str:
    """Return a short text that names cells, such as "in epochs of training ae400 (batch 32)".

    They are grouped by what verdicts compare, by workload, and by equal batch sizes.
    """
    parts = []
    grouped = _grouped(cells, lambda cell: (cell.judged_by, cell.workload))
    for (unit, workload), of_workload in grouped.items():
        batches: dict[tuple[str, tuple[int, ...]], list[str]] = {}
        by_model = _grouped(of_workload, lambda cell: (listed(cell.apart), cell.model))
        for (label, name), of_model in by_model.items():
            sizes = tuple(cell.batch_size for cell in of_model)
            batches.setdefault((label, sizes), []).append(name)
        named = [
            f"{listed(names)} (batch {listed([str(size) for size in sizes])}"
            f"{f', {label}' if label else ''})"
            for (label, sizes), names in batches.items()
        ]
        parts.append(f"in {unit}s of {gerunds.get(workload, workload)} {listed(named)}")
    return listed(parts)


def _footprint(rows: Sequence[FootprintRow]) -> Iterator[str]:
    measured = [row for row in rows if row.total_seconds and row.peak_bytes]
    if not measured:
        return
    parts = []
    for name, of_name in _grouped(measured, lambda row: row.contender).items():
        seconds = [row.total_seconds.value for row in of_name if row.total_seconds]
        peaks = [row.peak_bytes.value / MIB for row in of_name if row.peak_bytes]
        later = [
            row.peak_beside_data_bytes.value / MIB
            for row in of_name
            if row.peaks_while_loading and row.peak_beside_data_bytes
        ]
        whole = len(later) == len(of_name)
        early = f" (while loading the data; {_span(later)} MiB otherwise)" if whole else ""
        parts.append(f"{_span(seconds)} s and peaks at {_span(peaks)} MiB with {name}{early}")
    yield f"A cold start takes {listed(parts)}."


def _quality(rows: Sequence[QualityRow], stayed: str) -> Iterator[str]:
    """Yield sentences on the losses, the largest training set first, with no others mixed in."""
    by_size: dict[int, list[QualityRow]] = {}
    for row in sorted(rows, key=lambda row: -row.train_samples):
        if row.seeds:
            by_size.setdefault(row.train_samples, []).append(row)
    if not by_size or max(map(len, by_size.values())) > _MOST_LOSSES:
        return
    (size, most), *fewer = by_size.items()
    samples = f" on {size:,} samples" if fewer else ""
    ends = _ends(most, stayed)
    yield f"After {_epochs(most)} of training{samples} the loss on the test set is {ends}."
    if fewer:
        parts = "; ".join(
            f"after {_epochs(of_size)} on {size:,} samples it is {_ends(of_size, stayed)}"
            for size, of_size in fewer
        )
        yield f"A{parts[1:]}."


def _epochs(rows: Sequence[QualityRow]) -> str:
    epochs = sorted({row.epochs for row in rows})
    return f"{listed(list(map(str, epochs)))} {'epoch' if epochs == [1] else 'epochs'}"


def _ends(rows: Sequence[QualityRow], stayed: str) -> str:
    """Return a text with each model's lowest and highest test loss after training.

    It also says how many of all trainings got stuck.
    """
    parts = [
        f"{_losses(of_model)} with {name}"
        for name, of_model in _grouped(rows, lambda row: row.model).items()
    ]
    what = ["backends"] * (len({row.contender for row in rows}) > 1)
    what += ["seeds"] * (max(row.seeds for row in rows) > 1)
    spread = any(" to " in part for part in parts)
    of_what = f", from the least to the most of {listed(what)}" if what and spread else ""
    stuck = sum(row.stuck for row in rows)
    trainings = sum(row.seeds for row in rows)
    remark = f"; {stuck} of {trainings} trainings {stayed}" if stuck else ""
    return f"{listed(parts)}{of_what}{remark}"


def limit(cells: Sequence[SpeedCell]) -> Iterator[str]:
    """Yield a sentence on the share of the machine's limit that each contender reaches."""
    shares: dict[str, list[float]] = {}
    for cell in cells:
        for row in cell.rows:
            judged = not row.differs and row.verdict not in ("baseline", "disturbed")
            if row.of_limit and judged and not cell.faster_than_limit:
                shares.setdefault(row.contender, []).append(row.of_limit.value)
    if not shares:
        return
    parts = []
    for name, reached in shares.items():
        low, high = (f"{100 * share:.0f}" for share in (min(reached), max(reached)))
        parts.append(f"{name} reaches {low if low == high else f'{low} to {high}'} %")
    of_what = (
        "what a step's matrix products and its memory allow on this machine"
        if any(cell.limit and cell.limit.bound for cell in cells)
        else "the throughput of a step's matrix products alone, which is about what the machine "
        "can do"
    )
    yield f"Of {of_what}, {listed(parts)}."


def profile(rows: Sequence[ProfileRow]) -> Iterator[str]:
    """Yield a sentence on the largest part of each contender's traced step."""
    several = len({row.batch_size for row in rows if row.steps}) > 1

    def subject(row: ProfileRow) -> str:
        return f"{row.model} at batch {row.batch_size}" if several else row.model

    parts = []
    for row in rows:
        if row.category_seconds and not row.noisy:
            largest = max(row.category_seconds, key=lambda name: row.category_seconds[name])
            share = row.category_seconds[largest] / row.traced_step_seconds
            parts.append(f"{largest} with {row.contender} ({percent(share)} of {subject(row)})")
    if 0 < len(parts) <= _MOST_PARTS:
        yield f"The largest part of a traced training step is {listed(parts)}."


def _memory(rows: Sequence[MemoryRow]) -> Iterator[str]:
    weighed = [row for row in rows if row.phases]
    if not 0 < len(weighed) <= _MOST_PARTS:
        return
    parts = [
        f"{interval(row.highest_beside_data_bytes / MIB)} MiB with {row.contender} ({row.model})"
        for row in weighed
    ]
    growing = [f"{row.contender} ({row.model})" for row in weighed if row.grows]
    growth = (
        f"{listed(growing)} grew with the steps"
        if growing
        else f"none is shown to grow by more than {MARGIN_BYTES // 1024} KiB a step"
    )
    # Peaks of cold starts are lower: there fit gets only the data of the timed steps.
    yield f"With all training data given to fit, memory peaks at {listed(parts)}; {growth}."


def _loops(rows: Sequence[LoopRow]) -> Iterator[str]:
    """Tell which loops make memory grow for users, who have garbage collected."""
    for_users = [row for row in rows if row.collecting and not row.failure]
    growing = [row for row in for_users if row.verdict == GROWS]
    over = f"over {USED_REPEATS:,} repeats"
    parts = [
        f"{_mebibytes(row.grown_bytes)} MiB in {row.loop} with {row.contender} ({row.model})"
        for row in growing[:_MOST_PARTS]
        if row.grown_bytes
    ]
    if parts:
        more = len(growing) - len(parts)
        rest = f", and in {more:,} more loops" if more else ""
        yield f"At the rate that was measured, memory grows {over} by {listed(parts)}{rest}."
    elif for_users:
        open_ = sum(row.verdict == OPEN for row in for_users)
        cant = f"; of {open_:,} that can't be told" if open_ else ""
        most = f"{LOOP_MARGIN_BYTES / MIB:.0f} MiB {over}"
        yield f"None of {len(for_users):,} loops is shown to grow by more than {most}{cant}."


def _mebibytes(size: Estimate) -> str:
    ends = (None if end is None else end / MIB for end in (size.low, size.high))
    return interval(size.value / MIB, *ends)


def _grouped(values: Iterable[T], by: Callable[[T], K]) -> dict[K, list[T]]:
    found: dict[K, list[T]] = {}
    for value in values:
        found.setdefault(by(value), []).append(value)
    return found


def _losses(rows: Sequence[QualityRow]) -> str:
    ends = [training.test_loss for row in rows for training in row.counted]
    low, high = f"{min(ends):.3f}", f"{max(ends):.3f}"
    return low if low == high else f"{low} to {high}"


def _span(values: Sequence[float]) -> str:
    low, high = interval(min(values)), interval(max(values))
    return low if low == high else f"{low} to {high}"
