"""Write ``data.csv``: every number that a report shows, one per line, for other programs."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from aebench.reports import studies
from aebench.reports.sanitize import printable
from aebench.reports.summary import (
    Estimate,
    LadderAgreement,
    LadderRow,
    MemoryRow,
    SpeedCell,
    SpeedRow,
    Summary,
)

COLUMNS = (
    "model",
    "workload",
    "batch_size",
    "contender",
    "figure",
    "value",
    "low",
    "high",
    "unit",
    "verdict",
)
Line = tuple[str | int | float | None, ...]


def write(summary: Summary, path: Path) -> None:
    """Write ``data.csv``.

    Parameters
    ----------
    summary : Summary
        The summary whose numbers are written. The columns ``low`` and ``high`` are the ends of the
        95 % interval, or of the range where there are few values. Without either they are empty.
    path : Path
        Path of the new file.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([_harmless(entry) for entry in entries] for entries in lines(summary))


def write_wide(summary: Summary, path: Path) -> None:
    """Write ``wide.csv``: the same figures of speed for spreadsheets, a column per contender.

    Parameters
    ----------
    summary : Summary
        The summary. Its cells have three rows of throughput and three of the ratio to the
        reference: the value, and the ends of its interval. A row of verdicts follows. Machines have
        rows of their own, with their names, and the same columns.
    path : Path
        Path of the new file.
    """
    cells = list(_unpooled(summary, apart=False))
    rows = (row for cell in cells for row in cell.rows)
    names = list(dict.fromkeys(row.contender for row in rows if not row.control_of))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            map(_harmless, ["model", "workload", "batch_size", "runs", "figure", *names])
        )
        for cell in cells:
            where: Line = (cell.model, cell.workload, cell.batch_size, cell.label)
            by_name = {row.contender: row for row in cell.rows}
            for figure, value in _WIDE.items():
                told = [value(by_name[name]) if name in by_name else None for name in names]
                numbers = [_digits(each) if isinstance(each, float) else each for each in told]
                writer.writerow(map(_harmless, [*where, figure, *numbers]))


def _end(estimate: Estimate | None, end: str) -> float | None:
    found: float | None = getattr(estimate, end, None)
    return found


_WIDE: dict[str, Callable[[SpeedRow], str | float | None]] = {
    "samples/s": lambda row: _end(row.samples_per_second, "value"),
    "samples/s, low": lambda row: _end(row.samples_per_second, "low"),
    "samples/s, high": lambda row: _end(row.samples_per_second, "high"),
    "times reference": lambda row: _end(row.judged_ratio, "value"),
    "times reference, low": lambda row: _end(row.judged_ratio, "low"),
    "times reference, high": lambda row: _end(row.judged_ratio, "high"),
    "verdict": lambda row: row.verdict,
}


def _harmless(cell: str | int | float | None) -> str | int | float | None:
    """Return a cell that no spreadsheet takes for a formula, since its text is from a record."""
    if not isinstance(cell, str):
        return cell
    text = printable(cell)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def lines(summary: Summary) -> Iterator[Line]:
    """Yield a line, with the columns :data:`COLUMNS`, for every number of a summary."""
    for compared in summary.parity:
        for check in compared.checks:
            where: Line = (compared.model, None, check.batch_size, compared.contender)
            yield from line(where, f"parity: {check.check}", check.difference)
            yield from line(where, f"parity, allowed: {check.check}", check.tolerance)
    for cell in _unpooled(summary):
        where = (cell.model, cell.workload, cell.batch_size, cell.label)
        yield from line(where, "noise floor, share", cell.noise_floor)
        for name, floor in cell.noise_floors.items():
            yield from line((*where[:3], name), "noise floor, share", floor)
        for control in cell.controls:
            figure = f"times {control.original}, launch {control.launch + 1}"
            yield from line((*where[:3], control.control), figure, control.ratio)
        for library, speed in cell.library_samples_per_second.items():
            yield from line(where, f"matrix products by {library}", speed, "samples/s")
        if cell.limit and cell.limit.bound:
            limit = cell.limit
            what = f"limit, by {limit.bound}:"
            yield from line(
                where, f"{what} matrix products", limit.products_samples_per_second, "samples/s"
            )
            yield from line(where, f"{what} memory", limit.memory_samples_per_second, "samples/s")
            yield from line(where, "matrix products", limit.operations_per_second, "FLOP/s")
            yield from line(where, "least bytes of a step", limit.step_bytes, "bytes")
            yield from line(where, "memory", limit.bytes_per_second, "bytes/s")
        yield from line(where, "blocks", cell.blocks)
        yield from line(where, "blocks calm", cell.calm_blocks)
        yield from line(where, "blocks repeated", cell.repeated)
        yield from line(where, "blocks disturbed", cell.disturbed)
        yield from line(where, "background load, share", cell.background_share)
        yield from line(where, "steal at worst, share", cell.most_steal_share)
        for row in cell.rows:
            where = (cell.model, cell.workload, cell.batch_size, row.contender)
            yield from line(where, "throughput", row.samples_per_second, "samples/s")
            yield from line(where, "step", row.step_seconds, "s")
            yield from line(
                where,
                f"times {row.control_of or cell.reference}",
                row.times_reference,
                verdict="" if row.times_epoch and cell.judged_by == "epoch" else row.verdict,
            )
            yield from line(
                where,
                f"times {cell.reference}, epochs of fit",
                row.times_epoch,
                verdict=row.verdict if cell.judged_by == "epoch" else "",
            )
            against = row.control_of or cell.reference
            yield from line(where, f"times {against}, calm blocks", row.times_reference_calm)
            for name, value in row.control_correlations.items():
                yield from line(where, f"correlation with the {name} control", value)
            if row.over_runs:
                yield from line(where, "runs", len(row.over_runs.ratios))
                yield from line(where, "SD between runs, share", row.over_runs.between_sd)
            yield from line(where, "steady step", row.steady_step_seconds, "s")
            yield from line(where, f"times {cell.reference}, steady steps", row.times_steady)
            effect = row.minimum_detectable_effect
            yield from line(where, "minimum detectable effect, share", effect)
            yield from line(where, "share of native", row.of_native)
            yield from line(where, "share of limit", row.of_limit)
            yield from line(where, f"times {cell.reference}, matrix products", row.times_products)
            if row.epoch:
                yield from line(where, "epoch of fit", row.epoch.seconds, "s")
                yield from line(where, "epoch of fit, fixed", row.epoch.fixed_seconds, "s")
                yield from line(where, "call of fit", row.epoch.call_seconds, "s")
                yield from line(where, "20 epochs", row.epoch.full_training_seconds, "s")
    yield from _over_machines(summary)
    for start in summary.footprint:
        where = (start.model, None, None, start.contender)
        for phase, seconds in start.phase_seconds.items():
            yield from line(where, f"cold start: {phase}", seconds, "s")
        for phase, peak in start.phase_peak_bytes.items():
            yield from line(where, f"peak memory: {phase}", peak, "bytes")
        for what, sizes in (
            ("anonymous", start.phase_anonymous_bytes),
            ("proportional", start.phase_proportional_bytes),
        ):
            for phase, held in sizes.items():
                yield from line(where, f"{what} memory at the end: {phase}", held, "bytes")
        yield from line(where, "cold start", start.total_seconds, "s")
        yield from line(where, "peak memory", start.peak_bytes, "bytes")
        beside = start.peak_beside_data_bytes
        yield from line(where, "peak memory but for loading the data", beside, "bytes")
        yield from line(where, "anonymous memory", start.anonymous_bytes, "bytes")
    for training in summary.quality:
        where = (training.model, None, None, training.contender)
        yield from line(where, "test loss", training.test_loss)
        yield from line(where, "train loss", training.train_loss)
        yield from line(where, "gap", training.gap)
        for each in training.trainings:
            seed = f"seed {each.seed}"
            yield from line(where, f"train loss, {seed}", each.train_loss)
            for number, (loss, seconds) in enumerate(
                zip(each.test_losses, each.seconds, strict=True), 1
            ):
                yield from line(where, f"test loss, {seed}, epoch {number}", loss)
                yield from line(where, f"training, {seed}, to epoch {number}", seconds, "s")
    for study in studies.named(list(summary.studies)):
        yield from study.csv_lines(summary)
    yield from _explained(summary)
    for pair in summary.break_even:
        where = (pair.model, "train", pair.batch_size, pair.faster)
        before = f"before {pair.slower}"
        yield from line(where, f"starts later {before}", pair.starts_later_seconds, "s")
        yield from line(where, f"gains an epoch {before}", pair.gains_seconds, "s")
        # The high end is empty if the later start may never be earned back.
        yield from line(where, f"break-even {before}", pair.epochs, "epochs")


def _unpooled(summary: Summary, apart: bool = True) -> Iterator[SpeedCell]:
    """Yield the cells; seconds of runs are each run's own.

    ``apart`` is whether contenders have names that tell machines apart.
    """
    for cell in summary.speed:
        on = f" ({cell.label})" if cell.label and apart else ""
        rows = [
            msgspec.structs.replace(
                row,
                contender=f"{row.contender}{on}",
                **(
                    {"samples_per_second": None, "step_seconds": None, "epoch": None}
                    if cell.runs
                    else {}
                ),
            )
            for row in cell.rows
        ]
        yield msgspec.structs.replace(cell, rows=rows)
    yield from summary.speed_by_run


def _over_machines(summary: Summary) -> Iterator[Line]:
    for row in summary.over_machines:
        name = f"{row.contender} ({len(row.machines)} machines)"
        where: Line = (row.model, row.workload, row.batch_size, name)
        yield from line(where, f"times {row.reference}, mean over machines", row.mean)
        yield from line(where, f"times {row.reference}, on one more machine", row.prediction)
        yield from line(where, "SD between machines, share", row.between_sd)
        yield from line(where, "p that machines are equal", row.p_equal)


def _explained(summary: Summary) -> Iterator[Line]:
    for found in summary.ladder:
        yield from _rungs(found)
    for agreement in summary.ladder_agreement:
        yield from _beside(agreement)
    for step in summary.profile:
        where: Line = (step.model, "train", step.batch_size, step.contender)
        if not step.steps:
            continue
        yield from line(where, "traced steps", step.traced_seconds, "s")
        yield from line(where, "untraced steps", step.step_seconds, "s")
        yield from line(where, "traced step that is shown", step.traced_step_seconds, "s")
        yield from line(where, "tracing, ratio", step.inflation)
        for category, seconds in step.category_seconds.items():
            yield from line(where, f"traced step: {category}", seconds, "s")
        for each in step.operations:
            operation = f"{each.category}: {each.operation}"
            yield from line(where, f"operation, {operation}", each.seconds, "s")
            yield from line(where, f"calls a step, {operation}", each.calls)
        yield from line(where, "compiled for a batch that isn't full", step.partial_seconds, "s")
        for made in step.compiled:
            call: Line = (step.model, made.workload, step.batch_size, step.contender)
            what = f"{made.stage} of {made.function}, {made.samples} samples, {made.cause}"
            yield from line(call, f"compiled, {what}", made.seconds, "s")
            yield from line(call, f"times compiled, {what}", made.times)
    for row in summary.memory:
        yield from _weighed(row)
    for loop in (row for row in summary.memory_loops if not row.failure):
        where = (loop.model, "", loop.batch_size, loop.contender)
        what = f"{loop.loop}, garbage {'collected' if loop.collecting else 'left'}"
        yield from line(where, f"growth a repeat: {what}", loop.growth_bytes, "bytes")
        yield from line(
            where, f"resident growth a repeat: {what}", loop.resident_growth_bytes, "bytes"
        )
        framework = "growth a repeat by the framework's count"
        yield from line(where, f"{framework}: {what}", loop.allocated_growth_bytes, "bytes")
        for part, kept in zip(("", " in the first half"), reversed(loop.kept_bytes), strict=False):
            yield from line(where, f"kept a repeat{part}: {what}", kept, "bytes")
        yield from line(where, f"arrays alive a repeat: {what}", loop.arrays)


def _rungs(row: LadderRow) -> Iterator[Line]:
    where: Line = (row.model, row.workload, row.batch_size, row.contender)
    for rung in row.rungs:
        yield from line(where, f"rung {rung.name}: step", rung.step_seconds, "s")
        yield from line(where, f"rung {rung.name}: added", rung.added_seconds, "s")
        yield from line(where, f"rung {rung.name}: call", rung.call_seconds, "s")


def _beside(row: LadderAgreement) -> Iterator[Line]:
    where: Line = (row.model, row.workload, row.batch_size, row.contender)
    for part in row.parts:
        what = f"beside the profile of {row.profiled}, {part.name}"
        yield from line(where, f"{what}: ladder, one more launch", part.ladder_seconds, "s")
        yield from line(where, f"{what}: profile, any round", part.profile_seconds, "s")


def _weighed(row: MemoryRow) -> Iterator[Line]:
    where: Line = (row.model, "train", row.batch_size, row.contender)
    for phase in row.phases:
        for figure, size in (
            ("resident", phase.resident_bytes),
            ("proportional", phase.proportional_bytes),
            ("private", phase.private_bytes),
            ("peak", phase.peak_bytes),
            ("device peak so far", phase.device_peak_bytes),
            ("anonymous", phase.anonymous_bytes),
            ("anonymous, highest sample", phase.peak_anonymous_bytes),
        ):
            yield from line(where, f"{figure}: {phase.phase}", size, "bytes")
    if row.needs:
        for name in ("weights", "gradients", "optimiser", "activations"):
            yield from line(where, f"needed: {name}", getattr(row.needs, name), "bytes")
    for name, size in row.added_bytes.items():
        yield from line(where, f"added: {name}", size, "bytes")
    yield from line(where, "kept after release", row.kept_bytes, "bytes")
    yield from line(where, "growth a step", row.growth_bytes, "bytes")
    if row.curve_bytes:
        yield from line(where, "highest sampled from outside", max(row.curve_bytes), "bytes")


def line(
    where: Line, figure: str, value: Estimate | float | None, unit: str = "", verdict: str = ""
) -> Iterator[Line]:
    """Yield the line of one number; yield nothing if the value is None."""
    if isinstance(value, Estimate):
        numbers = (value.value, value.low, value.high)
    elif value is not None:
        numbers = (value, None, None)
    else:
        return
    # Digits after the tenth differ between processors, and mean nothing.
    yield (*where, figure, *(_digits(each) for each in numbers), unit, verdict)


def _digits(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.10g}")
