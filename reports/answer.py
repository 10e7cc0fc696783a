"""The answer that a report opens with: three sentences, no ranking that intervals don't bear."""

from collections.abc import Iterator, Sequence

from reports.summary import MIB, FootprintRow, QualityRow, SpeedCell, Summary
from reports.units import interval

_DOING = {"train": "training", "predict": "predicting"}


def sentences(summary: Summary) -> list[str]:
    """Say who is fastest and where, what a cold start costs, and how good the loss gets."""
    return [*_speed(summary.speed), *_footprint(summary.footprint), *_quality(summary.quality)]


def _speed(cells: Sequence[SpeedCell]) -> Iterator[str]:
    compared = [cell for cell in cells if cell.answer]
    if not compared:
        return
    by_leader: dict[str, list[SpeedCell]] = {}
    for cell in sorted(compared, key=lambda each: not each.fastest):
        by_leader.setdefault(cell.fastest, []).append(cell)
    told = [
        f"{name or 'nobody'} is {'' if name else 'shown to be '}fastest at {_where(mine)}"
        for name, mine in by_leader.items()
    ]
    sentence = "; ".join(told)
    # Steps: what fit adds to an epoch may turn it round, and stands in the tables.
    yield f"Step for step, {sentence}."


def _where(cells: Sequence[SpeedCell]) -> str:
    """Name cells as shortly as tells them: by workload, definitions and batch sizes."""
    by_workload: dict[str, list[SpeedCell]] = {}
    for cell in cells:
        by_workload.setdefault(cell.workload, []).append(cell)
    parts = []
    for workload, mine in by_workload.items():
        batches: dict[tuple[int, ...], list[str]] = {}
        for name in dict.fromkeys(cell.definition for cell in mine):
            sizes = tuple(cell.batch_size for cell in mine if cell.definition == name)
            batches.setdefault(sizes, []).append(name)
        named = [
            f"{_and(names)} (batch {_and([str(size) for size in sizes])})"
            for sizes, names in batches.items()
        ]
        parts.append(f"{_DOING[workload]} {_and(named)}")
    return _and(parts)


def _footprint(rows: Sequence[FootprintRow]) -> Iterator[str]:
    told = [row for row in rows if row.total_seconds and row.peak_bytes]
    if not told:
        return
    names = list(dict.fromkeys(row.contender for row in told))
    parts = []
    for name in names:
        mine = [row for row in told if row.contender == name]
        seconds = [row.total_seconds.value for row in mine if row.total_seconds]
        peaks = [row.peak_bytes.value / MIB for row in mine if row.peak_bytes]
        parts.append(f"{_span(seconds)} s and {_span(peaks)} MiB at most with {name}")
    yield f"A cold start takes {_and(parts)}."


def _quality(rows: Sequence[QualityRow]) -> Iterator[str]:
    told = [row for row in rows if row.test_loss]
    if not told:
        return
    epochs = sorted({row.epochs for row in told})
    parts = [
        f"{_losses([row for row in told if row.definition == name])} with {name}"
        for name in dict.fromkeys(row.definition for row in told)
    ]
    several = len({row.contender for row in told}) > 1 or max(row.seeds for row in told) > 1
    of_what = ", over backends and seeds" if several else ""
    after = f"After {_and(list(map(str, epochs)))} epochs"
    yield f"{after} of training the loss on the test set is {_and(parts)}{of_what}."


def _losses(rows: Sequence[QualityRow]) -> str:
    ends = [
        end
        for row in rows
        if row.test_loss
        for end in (row.test_loss.low, row.test_loss.value, row.test_loss.high)
        if end is not None
    ]
    low, high = f"{min(ends):.3f}", f"{max(ends):.3f}"
    return low if low == high else f"{low} to {high}"


def _span(values: Sequence[float]) -> str:
    low, high = interval(min(values)), interval(max(values))
    return low if low == high else f"{low} to {high}"


def _and(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
