"""Make the tables of the speed pass, one table per cell."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from aebench.reports.formatting import core_count, interval, listed, percent, relative, spanned
from aebench.reports.sections import TableView
from aebench.reports.statistics import Estimate
from aebench.reports.summary import CellLimit, SpeedCell, SpeedRow, Summary
from aebench.reports.tables.looks import stopping_notes
from aebench.reports.tables.over_runs import over_runs
from aebench.reports.tables.shared import (
    VERDICT,
    Shared,
    Table,
    count,
    failed,
    share,
    shown,
    some_tables,
)


def speed(summary: Summary) -> list[Table]:
    """Return one table per cell that has rounds."""
    # What wasn't checked has none.
    precisions = {row.precision for row in summary.parity if row.precision}
    return some_tables(lambda cell: _speed_cell(cell, summary, precisions), summary.speed)


# From this share on the end of a minimum detectable effect's range says nothing: two launches tell
# little of their spread, and two or three runs of theirs.
_MOST_EFFECT = 10.0


def _speed_cell(cell: SpeedCell, summary: Summary, precisions: set[str]) -> Table:
    further = _Further(
        steady=any(row.steady_step_seconds for row in cell.rows),
        products=any(row.times_products for row in cell.rows),
        baselines=any(row.of_native or row.of_limit for row in cell.rows),
    )
    columns = _columns(cell, further)
    rows: list[list[str]] = []
    hints: list[list[str]] = []
    notes: list[str] = []
    faint: list[int] = []
    for row in cell.rows:
        if not row.rounds:
            cells, note = failed(row.contender, columns, row.failure)
            rows.append(cells)
            hints.append(cells)
            notes.append(note)
            continue
        if row.differs:
            faint.append(len(rows))
        rows.append(_entries(cell, row, further, relative))
        hints.append(_entries(cell, row, further, interval))
        notes += _about(row, cell, precisions)
    notes[:0] = [each for each in (cell.answer, cell.depends_on_state) if each]
    notes += [*stopping_notes(cell), *over_runs(cell)]
    notes += [*_how_judged(cell), *_controls(cell), *_of_fit(cell)]
    notes += [*_steady(cell), *_libraries(cell)]
    if further.baselines:
        notes += _baselines(cell)
    if not all(row.shares_blocks for row in cell.rows):
        notes.append(Shared("† not from the same blocks: changes between the runs are in it too."))
    if any(_is_foreign(row, cell) for row in cell.rows):
        notes.append(Shared("‡ compared with its own original, not with the reference."))
    alone = cell.launches == 1
    few = {
        1: " (one process each: without a second there are no intervals)",
        2: " (two tell little of their spread, so that intervals are wide: see --launches)",
    }.get(cell.launches, "")
    steps = " to ".join(map(str, sorted({*cell.steps_per_round[:1], *cell.steps_per_round[-1:]})))
    compared = f", {count(cell.comparisons, 'comparison')}" if cell.comparisons else ""
    each = "" if all(row.shares_blocks for row in cell.rows) else " of each run"
    notes.append(
        f"{cell.blocks} blocks of {steps} {_counted(cell)} in {cell.launches} "
        f"{'launch' if alone else 'launches'}{each}{few}{compared}; "
        f"{_on_what(summary, cell.model)}."
        if cell.blocks
        else "No block was measured."
    )
    on = f", {cell.label}" if cell.label else ""
    title = f"{cell.workload} {cell.model}, batch {cell.batch_size}{on}"
    return Table(
        title, columns, rows, notes, doubtful=cell.mostly_disturbed, faint=faint, hints=hints
    )


def _about(row: SpeedRow, cell: SpeedCell, precisions: set[str]) -> Iterator[str]:
    """Yield notes on a contender: why it isn't ranked, or what a reader must know beside."""
    if row.differs:
        yield f"{row.contender}: in no ranking, not shown to be the same model: {row.differs}."
    elif row.despite:
        yield (
            f"{row.contender}: ranked as --rank-anyway asked for, though not shown to be the same "
            f"model: {row.despite}."
        )
    elif row.verdict in precisions:
        yield (
            f"{row.contender}: in no ranking, since it computes in {row.verdict}: a class of its "
            "own."
        )
    elif row.verdict.startswith("on "):
        yield (
            f"{row.contender}: in no ranking, since it computes {row.verdict}, and "
            f"{cell.reference} doesn't."
        )
    if cell.contradicted(row):
        yield (
            f"{row.contender}: its throughput isn't shown. By medians of launches it points "
            f"another way than pairs with {cell.reference} in the same block, which count."
        )
    if row.drift is not None:
        yield (
            f"{row.contender}: drift, against the others its last third of a launch was "
            f"{percent(abs(row.drift))} {'slower' if row.drift > 0 else 'faster'} than the first."
        )
    if row.failure:
        yield f"{row.contender}: {row.failure} (after {row.rounds} rounds)"


class _Further(NamedTuple):
    """Which columns a table has beside throughputs, ratios and verdicts."""

    steady: bool
    products: bool
    baselines: bool


def _columns(cell: SpeedCell, further: _Further) -> list[str]:
    if cell.judged_by == "epoch":
        epochs = f"× {cell.reference}'s epoch [95 %]"
        columns = ["backend", "samples/s ±", "× step ±", "epoch s ±", epochs, VERDICT]
    else:
        columns = ["backend", "samples/s ±", f"× {cell.reference}'s time [95 %]", VERDICT]
        columns += ["epoch s ±"] * cell.has_epochs
    if further.steady:
        columns.insert(2, "× step ±")
    if further.products:
        columns.append("× products")
    if further.baselines:
        columns += ["% of native", "% of limit"]
    return columns


def _entries(
    cell: SpeedCell, row: SpeedRow, further: _Further, how: Callable[..., str]
) -> list[str]:
    """Return a contender's row; ``how`` writes the numbers that are shown with a ± in a table."""
    by_epoch = cell.judged_by == "epoch"
    reference = row.contender == cell.reference
    # Throughputs and seconds of several runs aren't pooled.
    how_long = spanned if cell.runs else how
    foreign = " ‡" if _is_foreign(row, cell) else ""
    ratio = times(row, row.times_reference, how if by_epoch else interval) + foreign
    verdict = "reference" if reference and not row.differs else row.verdict or "–"
    # Empty for a control, whose epochs are its original's, and a baseline, which has none.
    none = "" if row.control_of or row.verdict == "baseline" else "–"
    epoch = shown(row.epoch.seconds, how=how_long) if row.epoch else none
    known = None if cell.contradicted(row) else row.samples_per_second
    throughput = "" if row.originals else shown(known, how=how_long)
    cells = [row.contender, throughput, "1" if reference else ratio]
    if by_epoch:
        times_epoch = shown(row.times_epoch) if row.times_epoch else none
        cells += [epoch, "1" if reference else times_epoch, verdict]
    else:
        cells += [verdict, *[epoch] * cell.has_epochs]
    if further.steady:
        steady = shown(row.times_steady, how=how) if row.times_steady else none
        cells.insert(2, "1" if reference else steady)
    if further.products:
        products = interval(row.times_products.value) if row.times_products else none
        cells.append("1" if reference else products)
    if further.baselines:
        shares = (row.of_native, row.of_limit)
        cells += ["" if row.control_of else share(each) for each in shares]
    return cells


def _is_foreign(row: SpeedRow, cell: SpeedCell) -> bool:
    """Return whether a row is of a control of another contender than the reference."""
    return row.control_of not in ("", cell.reference) and not row.originals


def _counted(cell: SpeedCell) -> str:
    return "steps, in whole calls," if cell.timing == "whole call" else f"{cell.timing}s"


def _baselines(cell: SpeedCell) -> Iterator[str]:
    """Yield notes on what the shares are of."""
    bound = cell.limit.bound if cell.limit else ""
    yield about_shares(bool(bound))
    if bound and cell.limit:
        yield f"Limit: {bound}. {_limit(cell.limit)}"
    if cell.faster_than_limit:
        yield (
            f"The limit has a defect here: {listed(cell.faster_than_limit)} exceeded it by more "
            "than the interval. No share of it means anything in this table."
        )


def about_shares(bounded: bool) -> Shared:
    """Return the note on shares of baselines; ``bounded`` is whether memory may be the limit."""
    what = (
        "what the step's matrix products (compute) or moving its weights (memory) allow, whichever "
        "is less"
        if bounded
        else "the throughput of the step's matrix products alone (gemm)"
    )
    return Shared(
        f"% of native: of the throughput of the same framework without Keras; % of limit: of {what}"
        "; both in shared blocks, ± to the 95 % interval's farther end. Baselines aren't judged."
    )


def _limit(limit: CellLimit) -> str:
    """Return a text on the two throughputs of which the lower is the limit."""
    operations, speed = limit.operations_per_second, limit.bytes_per_second
    peak = f" ({interval(operations / 1e9)} GFLOP/s)" if operations else ""
    moved = (
        f" ({interval(limit.step_bytes / 1e6)} MB a step at {interval(speed / 1e9)} GB/s)"
        if limit.step_bytes and speed
        else ""
    )
    return (
        f"A step's matrix products alone (gemm) allow {shown(limit.products_samples_per_second)} "
        f"samples/s{peak}; moving its weights, gradients and batch allows "
        f"{shown(limit.memory_samples_per_second)}{moved}."
    )


def _steady(cell: SpeedCell) -> list[str]:
    """Return a note on the steps inside whole calls, if they were timed."""
    timed = [
        f"{row.contender} {shown(row.steady_step_seconds, 1e3, relative)}"
        for row in cell.rows
        if row.steady_step_seconds
    ]
    if not timed:
        return []
    return [
        Shared(
            "× step: of the steps alone, the steady part of a call, from rounds of their own after "
            "the blocks. It explains, and nothing is ranked by it."
        ),
        f"A step takes, in ms: {listed(timed)}.",
    ]


def _libraries(cell: SpeedCell) -> Iterator[str]:
    """Yield a note on the libraries' matrix products, which explain much of the ratios."""
    if any(row.times_products for row in cell.rows):
        yield Shared(
            f"× products: how many times {cell.reference}'s time a contender's own library takes "
            "for the step's matrix products alone. Another processor changes that."
        )


def _how_judged(cell: SpeedCell) -> list[str]:
    """Return notes on the smallest difference the run could detect, and on the verdicts' margins.

    The list is empty if no contender has a verdict.
    """
    judged = [row for row in cell.rows if row.adjusted and not row.control_of]
    if not judged:
        return []
    effects = [
        f"{row.contender} {detectable(row.minimum_detectable_effect)}"
        for row in judged
        if row.minimum_detectable_effect is not None
    ]
    power = []
    if effects:
        power = [
            f"MDE: {listed(effects)}.",
            Shared(
                "MDE, the minimum detectable effect: the difference that four of five such runs "
                "would call, and its range by the spread of launches, or of the runs of a cell."
            ),
        ]
    return [
        *power,
        Shared(
            f"Faster or slower: wholly beyond {percent(cell.different)}; same: wholly within "
            f"{percent(cell.same)}; by intervals adjusted for the comparisons of the cell."
        ),
    ]


def detectable(effect: Estimate) -> str:
    """Return a minimum detectable effect with its range as text, unless that says nothing."""
    if effect.low is None or effect.high is None or effect.high > _MOST_EFFECT:
        return percent(effect.value)
    return f"{percent(effect.value)} ({percent(effect.low)} to {percent(effect.high)})"


def _controls(cell: SpeedCell) -> list[str]:
    """Return notes on the A/A controls and the machine's noise, as far as they were measured."""
    notes: list[str] = []
    controls = [row for row in cell.rows if row.control_of and not row.known_effect]
    if cell.control_excess:
        notes.append(
            f"An A/A control came out {percent(cell.control_excess)} beyond its interval: all "
            "intervals here are wider by as much at either end."
        )
    notes += _noise_floor(cell, controls)
    if cell.control_sds:
        notes.append(f"Noise: {'; '.join(_noise(cell))}.")
    return notes


def _noise_floor(cell: SpeedCell, controls: Sequence[SpeedRow]) -> Iterator[str]:
    """Yield a note on what the A/A controls are, and on how far apart from their originals."""
    names = ", and ".join(
        f"{row.contender}, in each launch a second worker of another contender ({row.control_of})"
        if row.originals
        else f"{row.contender}, a second worker of {row.control_of}"
        for row in controls
    )
    if cell.noise_floor is not None:
        by_contender = ""
        if cell.noise_floors:
            floors = [f"{name} {percent(floor)}" for name, floor in cell.noise_floors.items()]
            by_contender = (
                f" Where a contender had it in several launches, its own: {listed(floors)}."
            )
        yield f"Noise floor: {percent(cell.noise_floor)}, of {names}.{by_contender}"
        yield Shared(
            "The noise floor is how far apart a control and its original could be by the interval, "
            "the longer time over the shorter."
        )
    elif any(row.originals for row in controls):
        yield f"Control: {names}."


def _noise(cell: SpeedCell) -> Iterator[str]:
    """Yield phrases about the noise of the machine."""
    if cell.control_sds:
        varied = (f"{name} varied by {percent(sd)}" for name, sd in cell.control_sds.items())
        yield f"{listed(varied)} (SD)"
    if cell.calm_blocks is not None:
        yield f"by them the machine was calm in {cell.calm_blocks} of the {cell.blocks} blocks"
    if cell.background_share is not None:
        yield f"background load took {percent(cell.background_share)} of the machine"
    if cell.steal_share is not None and cell.most_steal_share is not None:
        most = f", {percent(cell.most_steal_share)} in the worst block"
        yield (
            f"the hypervisor took {percent(cell.steal_share)}"
            f"{most if cell.most_steal_share else ''}"
        )
    yield f"{count(cell.repeated, 'disturbed block')} repeated" + (
        f", and background load or the hypervisor disturbed {cell.disturbed} of the {cell.blocks} "
        "that count: no more may be repeated"
        if cell.disturbed
        else ""
    )


def _of_fit(cell: SpeedCell) -> list[str]:
    """Return notes on the time that ``fit`` takes in addition to its steps, if it was measured."""
    notes = []
    timed = [(row.contender, row.epoch) for row in cell.rows if row.epoch and not cell.runs]
    if timed:
        costs = ", ".join(
            f"{name} {_short(epoch.fixed_seconds)} and {_short(epoch.call_seconds)}"
            for name, epoch in timed
        )
        notes.append(f"Time that fit takes per epoch and per call beside its steps: {costs}.")
    for name, epoch in timed:
        if epoch.waiting_share:
            without = epoch.seconds.value - epoch.fixed_seconds + epoch.base_seconds
            waiting = without + epoch.wait_seconds
            notes.append(
                f"{name}: {percent(epoch.waiting_share)} of the epochs wait at their end for the "
                f"input path: {interval(without)} s without the wait, {interval(waiting)} s with "
                "it; the table shows the mean."
            )
    return notes


def _short(seconds: float) -> str:
    """Return a time as text, in whole milliseconds below a second, else in tenths of a second."""
    if seconds < 0.001:
        return "<1 ms"
    return f"{seconds * 1e3:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def times(row: SpeedRow, ratio: Estimate | None, how: Callable[..., str] = interval) -> str:
    """Return a ratio of a contender's time to the reference's as text, or a dash.

    A † marks a ratio of times that were not measured in the same blocks.
    """
    return shown(ratio, how=how) + ("" if row.shares_blocks else " †")


def _on_what(summary: Summary, model: str) -> str:
    """Return a text on cores and data; if runs differ in these, with the names of the runs."""
    found: dict[str, list[str]] = {}
    for run in summary.runs:
        data = run.data_of(model)
        samples = f"{data.train_samples:,} samples an epoch"
        what = f"{core_count(run.machine.cores)}; data: {data.name}, {samples}"
        found.setdefault(what, []).append(run.name)
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{' and '.join(names)}: {what}" for what, names in found.items())


VIEWS = [
    TableView("speed", section="Throughput, cell by cell", order=1, make=speed, terminal_order=20),
]
