"""The tables, as data: what the terminal and Markdown both show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reports.record import Failure
from reports.summary import (
    MIB,
    RECIPE_EPOCHS,
    FootprintRow,
    Interval,
    QualityRow,
    Run,
    SpeedCell,
    SpeedRow,
    Summary,
)
from reports.units import duration, interval

VERDICT = "verdict"


@dataclass(frozen=True)
class Table:
    """A table of text; the first column is left-aligned, the others right-aligned.

    ``doubtful`` is one of which nothing may be concluded: it is shown faintly.
    """

    title: str
    columns: list[str]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)
    doubtful: bool = False


def all_tables(summary: Summary) -> list[Table]:
    """Return every table, in the order of the passes."""
    return [*speed(summary), *footprint(summary), *quality(summary)]


def _shown(value: Interval | None, factor: float = 1.0) -> str:
    if value is None:
        return "–"
    low = None if value.low is None else value.low * factor
    high = None if value.high is None else value.high * factor
    return interval(value.value * factor, low, high)


def _failed(contender: str, columns: Sequence[str], reason: str) -> tuple[list[str], str]:
    return [contender, *["–"] * (len(columns) - 1)], f"{contender}: {reason}"


def speed(summary: Summary, definition: str | None = None) -> list[Table]:
    """Return one table per cell, or only those of one definition."""
    return [
        _speed_cell(cell, summary)
        for cell in summary.speed
        if definition in (None, cell.definition)
    ]


def _speed_cell(cell: SpeedCell, summary: Summary) -> Table:
    train = cell.workload == "train"
    columns = ["backend", "samples/s [95 %]", f"× {cell.reference}'s time [95 %]", VERDICT]
    if train:
        columns += ["epoch s", f"{RECIPE_EPOCHS} epochs"]
    rows, notes = [], []
    for row in cell.rows:
        if row.samples_per_second is None:
            shown, note = _failed(row.contender, columns, row.failure)
            rows.append(shown)
            notes.append(note)
            continue
        reference = row.contender == cell.reference
        shown = [
            row.contender,
            _shown(row.samples_per_second),
            "1"
            if reference
            else times(row) + ("" if row.twin_of in ("", cell.reference) else " ‡"),
            "reference" if reference else row.verdict or "–",
        ]
        if train and row.epoch:
            shown += [interval(row.epoch.seconds), duration(row.epoch.recipe_seconds)]
        elif train:
            # A control's epochs are its original's.
            shown += ["" if row.twin_of else "–"] * 2
        rows.append(shown)
        if row.drift is not None:
            notes.append(
                f"{row.contender}: not steady, the last third of its slices took "
                f"{100 * row.drift:+.0f} % against the first."
            )
        if row.failure:
            notes.append(f"{row.contender}: {row.failure} (after {row.slices} slices)")
    if cell.answer:
        notes.insert(0, cell.answer)
    notes += [*_how_judged(cell), *_controls(cell), *_of_fit(cell)]
    if not all(row.shares_blocks for row in cell.rows):
        notes.append("† not from the same blocks: what changed between the runs is in it too.")
    if any(row.twin_of not in ("", cell.reference) for row in cell.rows):
        notes.append("‡ times its own original's, not the reference's.")
    one = " (one process each: how much processes differ isn't in it)" if cell.launches == 1 else ""
    steps = " to ".join(map(str, sorted({*cell.steps_per_slice[:1], *cell.steps_per_slice[-1:]})))
    notes.append(
        f"{cell.blocks} blocks of {steps} steps in {cell.launches} "
        f"{'launch' if cell.launches == 1 else 'launches'}{one}; {_on_what(summary)}."
    )
    title = f"{cell.workload} {cell.definition}, batch {cell.batch_size}"
    return Table(title, columns, rows, notes, doubtful=bool(cell.unstable))


def _how_judged(cell: SpeedCell) -> list[str]:
    """Say what this run could have seen, and what verdicts mean here."""
    judged = [row for row in cell.rows if row.verdict and not row.twin_of]
    if not judged:
        return []
    seen = [row.detectable for row in judged if row.detectable is not None]
    told = f"This run could have told differences of about {percent(max(seen))} and more. "
    return [
        f"{told if seen else ''}Faster or slower: wholly beyond {percent(cell.different)}; same: "
        f"wholly within {percent(cell.same)}; by intervals adjusted for "
        f"{_count(cell.comparisons, 'comparison')}."
    ]


def _controls(cell: SpeedCell) -> list[str]:
    """Say what the twin, and the blocks that were watched, tell of the machine."""
    notes = []
    twins = [row for row in cell.rows if row.twin_of and not row.handicap]
    if cell.unstable:
        notes.append(
            "Unstable: where a twin comes out different, a difference of that kind is no news. "
            "Larger ones may be real, but there is no verdict on them: run again on a quieter "
            "machine (aebench doctor), or with more launches."
        )
    if cell.noise_floor is not None:
        names = " and ".join(f"{row.contender}, a second worker of {row.twin_of}," for row in twins)
        notes.append(
            f"Control: {names} could be up to {percent(cell.noise_floor)} apart from it by the "
            "interval: the noise floor."
        )
    if cell.control_sd is not None:
        notes.append(f"Noise: {'; '.join(_noise(cell))}.")
    return notes


def _noise(cell: SpeedCell) -> Iterator[str]:
    """Say what the machine did beside the work."""
    if cell.control_sd is not None:
        yield f"fixed NumPy work varied by {percent(cell.control_sd)} (SD)"
    if cell.foreign_share is not None:
        yield f"other work took {percent(cell.foreign_share)} of the machine"
    if cell.stolen_share is not None and cell.most_stolen_share is not None:
        most = f", {percent(cell.most_stolen_share)} in the worst block"
        yield (
            f"the hypervisor took {percent(cell.stolen_share)}"
            f"{most if cell.most_stolen_share else ''}"
        )
    yield f"{_count(cell.repeated, 'contaminated block')} repeated" + (
        f", {cell.contaminated} of the {cell.blocks} that count contaminated too: no more may be "
        "repeated"
        if cell.contaminated
        else ""
    )


def _of_fit(cell: SpeedCell) -> list[str]:
    """Say what ``fit`` adds to the steps."""
    notes = []
    timed = [(row.contender, row.epoch) for row in cell.rows if row.epoch]
    if timed:
        told = ", ".join(
            f"{name} {_short(each.fixed_seconds)} and {_short(each.call_seconds)}"
            for name, each in timed
        )
        notes.append(f"Beside its steps, fit takes so much for an epoch and for the call: {told}.")
    for name, epoch in timed:
        if epoch.waiting_share:
            without = epoch.seconds - epoch.fixed_seconds + epoch.base_seconds
            waiting = without + epoch.wait_seconds
            notes.append(
                f"{name}: {percent(epoch.waiting_share)} of the epochs wait at their end for the "
                f"input path: {interval(without)} s without, {interval(waiting)} s with that; "
                "shown is what to expect of many."
            )
    return notes


def _short(seconds: float) -> str:
    """Show what an epoch or a call adds, which is known to a millisecond or so."""
    if seconds < 0.001:
        return "<1 ms"
    return f"{seconds * 1e3:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def percent(share: float) -> str:
    """Show a share in per cent, with two digits."""
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def times(row: SpeedRow) -> str:
    """Show how many times as long as the reference's a contender's step takes."""
    return _shown(row.times_reference) + ("" if row.shares_blocks else " †")


def _on_what(summary: Summary) -> str:
    """Say on what the runs were; each under its name if they differ."""
    said: dict[str, list[str]] = {}
    for run in summary.runs:
        what = (
            f"{run.machine.cores} cores; data: {run.data.name}, {run.data.train_samples:,} images "
            "an epoch"
        )
        said.setdefault(what, []).append(run.name)
    if len(said) == 1:
        return next(iter(said))
    return "; ".join(f"{' and '.join(names)}: {what}" for what, names in said.items())


def footprint(summary: Summary) -> list[Table]:
    """Return the cold starts: seconds and memory by phase."""
    if not summary.footprint:
        return []
    return [_cold_start_seconds(summary), _cold_start_memory(summary)]


SHORT_PHASES = {
    "interpreter": "python",
    "framework": "import",
    "first step": "step 1",
    "first prediction": "predict 1",
}


def _cold_start_seconds(summary: Summary) -> Table:
    phases = _phases(summary.footprint)
    columns = ["cold start, s", *(SHORT_PHASES.get(name, name) for name in phases), "total"]
    rows, notes = [], []
    for row in summary.footprint:
        name = f"{row.definition} {row.contender}"
        if not row.launches:
            shown, note = _failed(name, columns, row.failure)
            rows.append(shown)
            notes.append(note)
            continue
        rows.append(
            [
                name,
                *(interval(row.phase_seconds.get(phase, 0.0)) for phase in phases),
                _shown(row.total_seconds),
            ]
        )
    notes.append(
        "Each in a fresh process with empty compile caches; steady is 50 further steps. "
        + _launches(summary)
    )
    return Table("Cold start", columns, rows, notes)


def _cold_start_memory(summary: Summary) -> Table:
    phases = _phases(summary.footprint)
    columns = ["peak, MiB", *(SHORT_PHASES.get(name, name) for name in phases), "highest"]
    rows = []
    sampled = False
    for row in summary.footprint:
        if not row.launches:
            continue
        sampled |= not row.exact
        rows.append(
            [
                f"{row.definition} {row.contender}",
                *(interval(row.phase_peak_bytes.get(phase, 0) / MIB) for phase in phases),
                _shown(row.peak_bytes, 1 / MIB),
            ]
        )
    how = "sampled every 20 ms: short peaks are missed" if sampled else "exact"
    notes = [f"Resident memory of the whole process, peaks {how}. " + _launches(summary)]
    counted = {row.definition: row for row in summary.footprint if row.launches}
    notes.append(
        "Parameters, counted by Keras: "
        + ", ".join(
            f"{name} {row.parameters:,} ({interval(row.weight_bytes / MIB)} MiB in float32)"
            for name, row in counted.items()
        )
        + "."
    )
    for row in summary.footprint:
        if row.device_peak_bytes is not None:
            notes.append(
                f"{row.definition} {row.contender}: {interval(row.device_peak_bytes / MIB)} MiB "
                "at most on the accelerator."
            )
    return Table("Memory", columns, rows, notes)


def _launches(summary: Summary) -> str:
    most = max((row.launches for row in summary.footprint), default=0)
    return "One launch: no range." if most == 1 else f"Median and range of {most} launches."


def _phases(rows: Sequence[FootprintRow]) -> list[str]:
    return list(dict.fromkeys(phase for row in rows for phase in row.phase_seconds))


def quality(summary: Summary) -> list[Table]:
    """Return the losses after training."""
    if not summary.quality:
        return []
    columns = ["loss", "test", "train", "gap", "training s/epoch", "test loss by epoch"]
    rows, notes = [], []
    for row in summary.quality:
        name = f"{row.definition} {row.contender}"
        if not row.seeds:
            shown, note = _failed(name, columns, row.failure)
            rows.append(shown)
            notes.append(note)
            continue
        rows.append(
            [
                name,
                _loss(row.test_loss),
                _loss(row.train_loss),
                _loss(row.gap),
                interval(row.epoch_seconds),
                _curve(row),
            ]
        )
    notes += dict.fromkeys(
        note for run in summary.runs if "quality" in run.plan.passes for note in _trained_how(run)
    )
    return [Table("Quality", columns, rows, notes)]


def _trained_how(run: Run) -> list[str]:
    plan = run.plan
    seeds = (
        "one seed: no error between seeds" if len(plan.seeds) == 1 else "median [range] of seeds"
    )
    notes = [
        f"{plan.epochs} epochs at batch {plan.quality_batch_size} on "
        f"{plan.quality_train_samples:,} training images ({seeds}); losses in inference mode, "
        f"test on all {run.data.test_samples:,} images; training s/epoch is such an epoch, the "
        "call of fit included."
    ]
    if plan.epochs < RECIPE_EPOCHS or plan.quality_train_samples < run.data.train_samples:
        notes.append(
            f"This is less than the recipe ({RECIPE_EPOCHS} epochs on all images): "
            "it shows that training works, not where it ends."
        )
    return notes


def _loss(value: Interval | None) -> str:
    if value is None:
        return "–"
    if value.low is None or value.high is None:
        return f"{value.value:.4f}"
    return f"{value.value:.4f} [{value.low:.4f}, {value.high:.4f}]"


def _curve(row: QualityRow) -> str:
    losses = row.test_losses
    if len(losses) <= 4:
        return " ".join(f"{loss:.3f}" for loss in losses)
    few = [losses[0], losses[len(losses) // 2], losses[-1]]
    return " … ".join(f"{loss:.3f}" for loss in few)


def failed_where(failure: Failure) -> str:
    """Say where a failure happened."""
    names = (failure.pass_name, failure.definition, failure.contender)
    return " ".join(filter(None, names)) or "the run"


def facts(summary: Summary) -> list[str]:
    """Return the lines on machine, data and versions that stand under every set of tables."""
    # What runs have in common is said once.
    return list(dict.fromkeys(line for run in summary.runs for line in _facts(run)))


def _facts(run: Run) -> list[str]:
    machine, data, plan = run.machine, run.data, run.plan
    load = "" if machine.load_before is None else f", load before {machine.load_before}"
    threads = f", limited to {plan.threads}" if plan.threads else ""
    lines = [
        f"Machine: {machine.processor}, {machine.cores} cores{threads}, "
        f"{machine.memory_bytes / 2**30:.0f} GiB, {machine.system}.",
        f"Data: {data.name}, {data.train_samples:,} + {data.test_samples:,} images, "
        f"train SHA-256 {data.train_sha256[:12]}….",
    ]
    if run.versions:
        versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
        lines.append(f"Versions: {versions}, aebench {run.aebench}.")
    for contender, settings in run.settings.items():
        told = ", ".join(f"{name} {value}" for name, value in settings.items())
        lines.append(f"{contender}: {told}.")
    lines.append(f"Run: {run.name}, {run.created}, order seed {plan.order_seed}{load}.")
    if run.speed:
        shares = [
            (run.speed.slices, "in slices and warm-up"),
            (run.speed.repeated, "in blocks that were repeated"),
            (
                run.speed.overhead,
                "overhead (starting, compiling, lead-ins, pauses, ends of epochs)",
            ),
        ]
        told = ", ".join(f"{percent(share)} {what}" for share, what in shares if share)
        lines.append(f"Speed pass: {duration(run.speed.seconds)}, {told}.")
    return lines
