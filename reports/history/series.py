"""The history of a quantity: a series of runs' figures, and where it changed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from statistics import fmean, median

import numpy as np

from aebench.reports.changes.change import TIME
from aebench.reports.changes.judging import judge
from aebench.reports.changes.run_values import RunValue
from aebench.reports.history.index import AA, CONTROL, Figure
from aebench.reports.launches import Spread
from aebench.reports.statistics import Estimate

# A segment of a series has so many runs at least: a single one may be a bad day.
_LEAST_RUNS = 2
# Penalty of a change point, in variances times the logarithm of the number of runs.
_PENALTY = 3.0
# What tells of the machine itself.
OF_MACHINE = (AA, CONTROL)


@dataclass(frozen=True)
class ChangePoint:
    """A change in a series.

    Parameters
    ----------
    at : int
        The index of the first figure after it.
    ratio : Estimate
        The mean after it over the mean before it, up to the neighbouring changes, with an interval
        that allows for the choice of the place.
    versions : list of str
        The packages whose versions changed there.
    """

    at: int
    ratio: Estimate
    versions: list[str]


@dataclass(frozen=True)
class Series:
    """The figures of one quantity in the order of their dates, all on one kind of machine.

    Ratios of several machines are series of their own. ``variant`` says what was measured where a
    key has several series.
    """

    quantity: str
    key: str
    against: str
    machine: str
    figures: list[Figure]
    changes: list[ChangePoint]
    variant: str = ""

    @property
    def what(self) -> str:
        """Return what the series shows, in a few words."""
        what = f"{self.quantity} beside {self.against}" if self.against else self.quantity
        return f"{what} ({self.variant})" if self.variant else what


def all_series(
    figures: Sequence[Figure],
    versions: Mapping[str, Mapping[str, Mapping[str, str]]],
    pattern: str = "*",
    seconds: bool = False,
) -> list[Series]:
    """Return the series whose keys match a shell pattern.

    A time that has ratios is shown by these, unless ``seconds`` asks for both.
    """
    groups: dict[tuple[str, ...], list[Figure]] = {}
    for each in figures:
        # What tells of the machine itself stands beside whatever is chosen.
        if each.quantity in OF_MACHINE or fnmatchcase(each.key, pattern):
            group = (each.quantity, each.key, each.against, each.kind, each.variant)
            groups.setdefault(group, []).append(each)
    if all(quantity in OF_MACHINE for quantity, *_ in groups):
        return []
    beside = {(quantity, key, kind) for quantity, key, against, kind, _ in groups if against}
    variants: dict[tuple[str, str], set[str]] = {}
    for quantity, key, _, _, variant in groups:
        variants.setdefault((quantity, key), set()).add(variant)
    return [
        Series(
            quantity,
            key,
            against,
            mine[0].machine,
            mine,
            change_points(mine, versions),
            variant if len(variants[quantity, key]) > 1 else "",
        )
        for (quantity, key, against, kind, variant), mine in groups.items()
        if seconds or against or quantity != TIME or (quantity, key, kind) not in beside
    ]


def change_points(
    figures: Sequence[Figure], versions: Mapping[str, Mapping[str, Mapping[str, str]]]
) -> list[ChangePoint]:
    """Return where a series changed.

    Notes
    -----
    Candidates are those of the least squares of piecewise constant logarithms with a penalty of
    3 σ² ln n per change (Killick, Fearnhead and Eckley, "Optimal detection of changepoints with a
    linear computational cost", *Journal of the American Statistical Association* 107, 2012), where
    σ is the median absolute difference of neighbours over 0.954 (0.6745 · √2). Of these the ones
    are told whose two segments differ by Student's t, at 5 % over all pairs of places of the
    series: the search has looked at these.
    """
    count = len(figures)
    values = [each.value for each in figures]
    if count < 2 * _LEAST_RUNS + 1 or min(values) <= 0:
        return []
    logs = np.log(values)
    sigma = median(abs(np.diff(logs)).tolist()) / 0.954
    if sigma <= 0:
        sigma = float(np.std(np.diff(logs))) / math.sqrt(2)
    if sigma <= 1e-9:
        return []
    ends = [0, *_candidates(logs, _PENALTY * sigma**2 * math.log(count))]
    found = []
    for begin, at, end in zip(ends, ends[1:], ends[2:], strict=False):
        told = _judged(logs[begin:at].tolist(), logs[at:end].tolist(), count * (count - 1) // 2)
        if told.low is not None and told.high is not None and not told.low <= 1 <= told.high:
            found.append(ChangePoint(at, told, _changed(figures[at - 1], figures[at], versions)))
    return found


def _candidates(logs: "np.ndarray", penalty: float) -> list[int]:
    """Return the ends of the segments, the last one of which is the series' end."""
    import ruptures

    # The same search as Pelt with squares, in C.
    search = ruptures.KernelCPD(kernel="linear", min_size=_LEAST_RUNS).fit(logs.reshape(-1, 1))
    return [int(each) for each in search.predict(pen=penalty)]


def _judged(before: Sequence[float], after: Sequence[float], tests: int) -> Estimate:
    """Return the ratio of two segments' means, by the spread within them."""
    freedom = len(before) + len(after) - 2
    squares = sum(float(np.var(each)) * len(each) for each in (before, after))
    within = Spread(math.sqrt(squares / freedom), freedom)
    base, new = ([RunValue(log, None, None) for log in side] for side in (before, after))
    told = judge(base, new, within, assume=False, spent=1 / tests)
    return told.compared.ratio


def _changed(
    before: Figure, after: Figure, versions: Mapping[str, Mapping[str, Mapping[str, str]]]
) -> list[str]:
    """Return the packages whose versions differ between two runs, for a series' contender."""
    one, other = (versions.get(each.path, {}).get(each.contender, {}) for each in (before, after))
    return [
        f"{package} {one.get(package, '–')} → {other.get(package, '–')}"
        for package in sorted({*one, *other})
        if one.get(package) != other.get(package)
    ]


def middle(figures: Sequence[Figure]) -> float:
    """Return the geometric mean of figures, the arithmetic one where a figure isn't positive."""
    values = [each.value for each in figures]
    if min(values) <= 0:
        return fmean(values)
    return math.exp(fmean(map(math.log, values)))
