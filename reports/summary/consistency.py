"""Check whether parts of a run, or runs, can be compared: the machine's speed may have changed."""

from collections.abc import Iterator, Sequence
from statistics import median

from aebench.reports import record
from aebench.reports.formatting import interval
from aebench.reports.journal import Record
from aebench.reports.summary.quality import QualityRow
from aebench.reports.summary.speed_rows import SpeedCell

# Ratios of two times from which on the machine's speed counts as changed: of epochs in the speed
# and quality passes, and of the fixed work.
_PASSES_APART = 1.25
_FIXED_WORK_APART = 1.15
_LEAST_EPOCH_SECONDS = 1.0


def resumed_elsewhere(source: Record) -> Iterator[str]:
    """Yield a notice per resumption of a run on a machine that is faster or slower than before.

    The fixed work, timed at the run's beginning and at every resumption, shows the speed.
    """
    first = source.header.machine.fixed_work_seconds
    for event in source.of(record.Resume):
        if first is None or event.fixed_work_seconds is None:
            continue
        ratio = event.fixed_work_seconds / first
        if _apart(ratio):
            yield (
                f"The run {source.header.name} was carried on ({event.created[:10]}) where fixed "
                f"work took {interval(ratio)} times as long as at its beginning: seconds measured "
                "before and after can't be compared."
            )


def runs_apart(sources: Sequence[Record]) -> Iterator[str]:
    """Yield a notice per run whose machine wasn't as fast as the first run's.

    The fixed work, timed at every run's beginning, shows the speed. Runs that didn't time the fixed
    work are skipped.
    """
    timed = [
        (each.header.name, each.header.machine.fixed_work_seconds)
        for each in sources
        if each.header.machine.fixed_work_seconds is not None
    ]
    for name, seconds in timed[1:]:
        first, first_seconds = timed[0]
        ratio = seconds / first_seconds
        if _apart(ratio):
            yield (
                f"When the run {name} began, fixed work took {interval(ratio)} times as long as "
                f"when {first} did: seconds of one and of the other can't be compared."
            )


def as_fast(source: Record, other: Record) -> bool:
    """Return whether the machine was about as fast when two runs began, as far as is known."""
    seconds, others = (each.header.machine.fixed_work_seconds for each in (source, other))
    return seconds is None or others is None or not _apart(seconds / others)


def _apart(ratio: float) -> bool:
    return not 1 / _FIXED_WORK_APART < ratio < _FIXED_WORK_APART


def passes_apart(cells: Sequence[SpeedCell], trained: Sequence[QualityRow]) -> list[str]:
    """Return a notice if the quality pass's epochs don't take as long as the speed pass implies.

    The list is empty if they do, or if no epochs can be compared.
    """
    epochs = {
        (cell.model, cell.batch_size, row.contender): row.epoch
        for cell in cells
        for row in cell.rows
        if row.epoch
    }
    ratios = []
    for row in trained:
        epoch = epochs.get((row.model, row.batch_size, row.contender))
        # Epochs with another number of steps, as over other data, aren't comparable.
        alike = epoch and epoch.steps == row.train_samples // row.batch_size
        # A single epoch includes compiling, and short epochs are mostly the overhead of fit: both
        # are skipped.
        if epoch and alike and row.epochs > 1 and epoch.seconds.value > _LEAST_EPOCH_SECONDS:
            ratios.append(row.epoch_seconds / epoch.seconds.value)
    if not ratios or 1 / _PASSES_APART < median(ratios) < _PASSES_APART:
        return []
    low, high = interval(min(ratios)), interval(max(ratios))
    span = low if low == high else f"{low} to {high}"
    return [
        f"Epochs of the quality pass took {span} times as long as steps of the speed pass say: "
        "the machine wasn't equally fast in both, or was another of the same name. Within a pass "
        "figures compare; seconds of one and of the other don't, nor ratios with them."
    ]
