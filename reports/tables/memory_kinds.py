"""Say where resident peaks mislead: loading the data, and the pages of shared libraries."""

from collections.abc import Iterator, Sequence
from itertools import permutations

from aebench.reports.formatting import interval, listed
from aebench.reports.statistics import Estimate
from aebench.reports.summary import MIB, FootprintRow

# Two sizes are told apart if they differ by more than this share, beyond their ranges.
_APART = 0.03
# Contenders of a model among which pairs are compared; a record may hold thousands.
_MOST_COMPARED = 50


def loading(rows: Sequence[FootprintRow]) -> list[str]:
    """Return a note on the cold starts whose highest peak is that of loading the data."""
    parts = [
        f"{row.model} {row.contender} ({interval(row.peak_beside_data_bytes.value / MIB)} MiB in "
        "the other phases)"
        for row in rows
        if row.peaks_while_loading and row.peak_beside_data_bytes
    ]
    if not parts:
        return []
    return [f"Highest while NumPy loads the data, which is the same work for all: {listed(parts)}."]


def turned_round(rows: Sequence[FootprintRow]) -> list[str]:
    """Return notes on pairs of contenders whose order differs between the two kinds of memory.

    The kinds are the highest resident peak, and the most anonymous memory at the end of a phase.
    """
    models: dict[tuple[str, str], list[str]] = {}
    for model, pair in _turned(rows):
        models.setdefault(pair, []).append(model)
    return [
        f"{by_peak} has the higher resident peak, and {by_anonymous} more anonymous memory "
        f"({listed(of)}): shared libraries are in the first alone."
        for (by_peak, by_anonymous), of in models.items()
    ]


def _turned(rows: Sequence[FootprintRow]) -> Iterator[tuple[str, tuple[str, str]]]:
    by_model: dict[str, list[FootprintRow]] = {}
    for row in rows:
        if row.peak_bytes and row.anonymous_bytes:
            by_model.setdefault(row.model, []).append(row)
    for model, of_model in by_model.items():
        for one, other in permutations(of_model[:_MOST_COMPARED], 2):
            if _above(one.peak_bytes, other.peak_bytes) and _above(
                other.anonymous_bytes, one.anonymous_bytes
            ):
                yield model, (one.contender, other.contender)


def _above(one: Estimate | None, other: Estimate | None) -> bool:
    """Return whether a size lies above another one, with its whole range."""
    if one is None or other is None:
        return False
    low = one.value if one.low is None else one.low
    high = other.value if other.high is None else other.high
    return low > high * (1 + _APART)
