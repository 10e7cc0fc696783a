"""The answer that a report opens with: three sentences, no ranking that intervals don't bear."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from aebench.reports.formatting import interval, listed, percent
from aebench.reports.summary import (
    MIB,
    FootprintRow,
    MemoryRow,
    ProfileRow,
    QualityRow,
    SpeedCell,
    Summary,
)
from aebench.reports.summary.memory import MARGIN_BYTES

T = TypeVar("T")
K = TypeVar("K")

_DOING = {"train": "training", "predict": "predicting"}
_SENTENCES = 3
_NOBODY = "nobody is shown to be"


def sentences(summary: Summary) -> list[str]:
    """Say who is fastest and where, what a cold start costs, and how good the loss gets.

    Where some of that wasn't measured, say what of the machine is used, where time and memory go.
    """
    found = [
        *_speed(summary.speed),
        *_footprint(summary.footprint),
        *_quality(summary.quality),
        *_limit(summary.speed),
        *_profile(summary.profile),
        *_memory(summary.memory),
    ]
    return found[:_SENTENCES]


def _speed(cells: Sequence[SpeedCell]) -> Iterator[str]:
    compared = [cell for cell in cells if cell.answer]
    if not compared:
        return
    by_leader: dict[str, list[SpeedCell]] = {}
    for cell in sorted(compared, key=lambda each: (not each.fastest, _is_cut(each))):
        leader = cell.fastest or ("" if _is_cut(cell) else _NOBODY)
        by_leader.setdefault(leader, []).append(cell)
    told = [
        f"{name} fastest at {_where(mine)}"
        if name == _NOBODY
        else f"{name} is fastest at {_where(mine)}"
        if name
        else f"there is no verdict yet on {_where(mine)}, of which blocks are missing"
        for name, mine in by_leader.items()
    ]
    sentence = "; ".join(told)
    # Steps: what fit adds to an epoch may turn it round, and stands in the tables.
    yield f"Step for step, {sentence}."


def _is_cut(cell: SpeedCell) -> bool:
    return any(row.verdict == "unfinished" for row in cell.rows if not row.control_of)


def _where(cells: Sequence[SpeedCell]) -> str:
    """Name cells as shortly as tells them: by workload, models and batch sizes."""
    parts = []
    for workload, mine in _grouped(cells, lambda cell: cell.workload).items():
        batches: dict[tuple[int, ...], list[str]] = {}
        for name, there in _grouped(mine, lambda cell: cell.model).items():
            sizes = tuple(cell.batch_size for cell in there)
            batches.setdefault(sizes, []).append(name)
        named = [
            f"{listed(names)} (batch {listed([str(size) for size in sizes])})"
            for sizes, names in batches.items()
        ]
        parts.append(f"{_DOING[workload]} {listed(named)}")
    return listed(parts)


def _footprint(rows: Sequence[FootprintRow]) -> Iterator[str]:
    told = [row for row in rows if row.total_seconds and row.peak_bytes]
    if not told:
        return
    parts = []
    for name, mine in _grouped(told, lambda row: row.contender).items():
        seconds = [row.total_seconds.value for row in mine if row.total_seconds]
        peaks = [row.peak_bytes.value / MIB for row in mine if row.peak_bytes]
        where = {
            max(row.phase_peak_bytes, key=lambda phase: row.phase_peak_bytes[phase])
            for row in mine
            if row.phase_peak_bytes
        }
        early = " (reached loading the images)" if where == {"data"} else ""
        parts.append(f"{_span(seconds)} s and peaks at {_span(peaks)} MiB with {name}{early}")
    yield f"A cold start takes {listed(parts)}."


def _quality(rows: Sequence[QualityRow]) -> Iterator[str]:
    # Losses after fewer images are another question's.
    by_size: dict[int, list[QualityRow]] = {}
    for row in sorted(rows, key=lambda each: -each.train_samples):
        if row.seeds:
            by_size.setdefault(row.train_samples, []).append(row)
    if not by_size:
        return
    (size, most), *fewer = by_size.items()
    images = f" on {size:,} images" if fewer else ""
    yield f"After {_epochs(most)} of training{images} the loss on the test set is {_ends(most)}."
    if fewer:
        told = "; ".join(
            f"after {_epochs(mine)} on {size:,} images it is {_ends(mine)}" for size, mine in fewer
        )
        yield f"A{told[1:]}."


def _epochs(rows: Sequence[QualityRow]) -> str:
    epochs = sorted({row.epochs for row in rows})
    return f"{listed(list(map(str, epochs)))} {'epoch' if epochs == [1] else 'epochs'}"


def _ends(rows: Sequence[QualityRow]) -> str:
    """Tell the losses after training, each model's with their range, and how many stuck."""
    parts = [
        f"{_losses(mine)} with {name}"
        for name, mine in _grouped(rows, lambda row: row.model).items()
    ]
    what = ["backends"] * (len({row.contender for row in rows}) > 1)
    what += ["seeds"] * (max(row.seeds for row in rows) > 1)
    spread = any(" to " in each for each in parts)
    of_what = f", from the least to the most of {listed(what)}" if what and spread else ""
    stuck = sum(row.on_plateau for row in rows)
    plateau = (
        f"; {stuck} of {sum(row.seeds for row in rows)} trainings stayed on the plateau of the "
        "mean image"
        if stuck
        else ""
    )
    return f"{listed(parts)}{of_what}{plateau}"


def _limit(cells: Sequence[SpeedCell]) -> Iterator[str]:
    shares: dict[str, list[float]] = {}
    for cell in cells:
        for row in cell.rows:
            judged = not cell.unstable and not row.differs and row.verdict != "baseline"
            if row.of_limit and judged:
                shares.setdefault(row.contender, []).append(row.of_limit.value)
    if not shares:
        return
    parts = []
    for name, told in shares.items():
        low, high = (f"{100 * share:.0f}" for share in (min(told), max(told)))
        parts.append(f"{name} reaches {low if low == high else f'{low} to {high}'} %")
    yield (
        "Of the throughput of a step's matrix products alone, which is about what the machine can "
        f"do, {listed(parts)}."
    )


def _profile(rows: Sequence[ProfileRow]) -> Iterator[str]:
    several = len({row.batch_size for row in rows if row.steps}) > 1

    def of(row: ProfileRow) -> str:
        return f"{row.model} at batch {row.batch_size}" if several else row.model

    parts = []
    for row in rows:
        if row.category_seconds and not row.noisy:
            largest = max(row.category_seconds, key=lambda name: row.category_seconds[name])
            share = row.category_seconds[largest] / row.traced_step_seconds
            parts.append(f"{largest} with {row.contender} ({percent(share)} of {of(row)})")
    if parts:
        yield f"The largest part of a traced training step is {listed(parts)}."


def _memory(rows: Sequence[MemoryRow]) -> Iterator[str]:
    told = [row for row in rows if row.phases]
    if not told:
        return
    parts = [
        f"{interval(row.highest_bytes / MIB)} MiB with {row.contender} ({row.model})"
        for row in told
    ]
    growing = [f"{row.contender} ({row.model})" for row in told if row.grows]
    grown = (
        f"{listed(growing)} grew with the steps"
        if growing
        else f"none is shown to grow by more than {MARGIN_BYTES // 1024} KiB a step"
    )
    # A cold start is given those of its steps alone, and peaks lower.
    yield f"With all images given to fit, memory peaks at {listed(parts)}; {grown}."


def _grouped(values: Iterable[T], by: Callable[[T], K]) -> dict[K, list[T]]:
    found: dict[K, list[T]] = {}
    for each in values:
        found.setdefault(by(each), []).append(each)
    return found


def _losses(rows: Sequence[QualityRow]) -> str:
    ends = [each.test_loss for row in rows for each in row.counted]
    low, high = f"{min(ends):.3f}", f"{max(ends):.3f}"
    return low if low == high else f"{low} to {high}"


def _span(values: Sequence[float]) -> str:
    low, high = interval(min(values)), interval(max(values))
    return low if low == high else f"{low} to {high}"
