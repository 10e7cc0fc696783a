"""Tell calm moments of a machine by its controls alone, and whether ratios depend on them.

These are pure functions on arrays. The rule is fixed here, before anything is measured: it sees the
machine controls, and never what a contender took.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from aebench.reports.launches import Error

# The length of a running median. States of the machine were seen to last seven blocks on average,
# single controls vary by a tenth: nine of them vary by a twenty-fifth.
WINDOW = 9
# A moment isn't calm if a running median is longer than the run's calm level by this share. Chance
# brings a hundredth of the moments there if single controls vary by a tenth. In the slow state
# contenders that rewrite their weights were seen to take 34 to 45 % longer.
LONGER_BY = 0.15

Stretches = Sequence[ArrayLike]


def running_medians(values: ArrayLike) -> NDArray[np.float64]:
    """Return the median of the nine values around each value; at the ends, of those there are."""
    series = np.asarray(values, dtype=float)
    count, reach = len(series), WINDOW // 2
    found = np.empty(count)
    if count >= WINDOW:
        windows = np.lib.stride_tricks.sliding_window_view(series, WINDOW)
        found[reach : count - reach] = np.median(windows, axis=1)
    listed = series.tolist()
    for at in {*range(min(reach, count)), *range(max(0, count - reach), count)}:
        found[at] = median(listed[max(0, at - reach) : at + reach + 1])
    return found


def calm(controls: Sequence[Stretches]) -> list[NDArray[np.bool_]]:
    """Return for every moment of a run whether it was calm.

    Parameters
    ----------
    controls : sequence of sequence of array_like
        For each machine control, its seconds in each stretch of moments without a gap.

    Returns
    -------
    list of array of bool
        For each stretch, whether its moments were calm: no control's running median is more than
        15 % longer than the lower quartile, over the run, of that control's running medians.

    Notes
    -----
    The lower quartile is in the calm state as long as that holds for a quarter of the run. It is
    that of the running medians, since that of single values would be lower by their noise.
    """
    found: list[NDArray[np.bool_]] = []
    for stretches in controls:
        medians = [running_medians(each) for each in stretches]
        level = float(np.quantile(np.concatenate(medians), 0.25)) if medians else 0.0
        mine = [each <= level * (1 + LONGER_BY) for each in medians]
        found = [one & other for one, other in zip(found, mine, strict=True)] if found else mine
    return found


@dataclass(frozen=True)
class Contrast:
    """How much a ratio differs by the machine's state.

    Parameters
    ----------
    difference : float
        The logarithm of the ratio in blocks that weren't calm, less that in calm blocks.
    error : Error or None
        Its error; None if it isn't known.
    """

    difference: float
    error: Error | None

    @property
    def p_value(self) -> float:
        """Return the p-value of no difference, by Student's t; 1 if the error isn't known."""
        if self.error is None:
            return 1.0
        if not self.error.standard_error:
            return float(not self.difference)
        away = -abs(self.difference) / self.error.standard_error
        return 2 * float(special.stdtr(self.error.freedom, away))


def contrasts(
    cells: Sequence[Sequence[tuple[ArrayLike, ArrayLike]]],
) -> list[Contrast | None]:
    """Estimate for several cells how much a ratio differs by the machine's state.

    Parameters
    ----------
    cells : sequence of sequence of pair of array_like
        For each cell and launch, the log-ratios of its blocks, and whether these were calm.

    Returns
    -------
    list of Contrast or None
        Calm blocks are compared with the others of the same launch, so that what is the launch's
        own isn't in it. None for a cell without a launch that has both.

    Notes
    -----
    A launch with c calm and o other blocks has the difference d of their means, and the weight
    w = c · o / (c + o). A cell's estimate is the weighted mean of d, with the variance v / sum(w)
    if r = sqrt(w) · (d less the estimate) has the variance v. Since neighbouring blocks correlate,
    launches with larger weights have a larger v, and count for more: v is the mean of r², weighted
    by w and pooled over the cells as the spreads of launches are. Its degrees of freedom are
    tr(MD)² / tr(MDMD), D having the weights in its diagonal and M projecting to residuals.
    Satterthwaite, "An approximate distribution of estimates of variance components", Biometrics
    Bulletin 2 (1946). Blocks of a launch aren't taken as independent.
    """
    found: list[tuple[float, float] | None] = []
    squares = trace = trace_of_square = 0.0
    for launches in cells:
        known = [pair for each in launches if (pair := _difference(*each))]
        if not known:
            found.append(None)
            continue
        differences, weights = np.array(known).T
        total = float(np.sum(weights))
        estimate = float(np.sum(weights * differences) / total)
        found.append((estimate, total))
        leverage = weights / total
        squares += float(np.sum(weights**2 * (differences - estimate) ** 2))
        trace += float(np.sum(weights * (1 - leverage)))
        crossed = np.outer(leverage * weights, leverage * weights)
        np.fill_diagonal(crossed, (weights * (1 - leverage)) ** 2)
        trace_of_square += float(np.sum(crossed))
    if trace_of_square < 1e-12:
        return [each and Contrast(each[0], None) for each in found]
    freedom = trace**2 / trace_of_square
    return [
        each and Contrast(each[0], Error(math.sqrt(squares / trace / each[1]), freedom))
        for each in found
    ]


def together(cells: Sequence[Contrast]) -> Contrast:
    """Return the mean of several cells' differences, each weighted by its certainty."""
    known = [(each.difference, each.error) for each in cells if each.error]
    if not known or not all(error.standard_error for _, error in known):
        return Contrast(float(np.mean([each.difference for each in cells])), None)
    weights = [error.standard_error**-2 for _, error in known]
    total = sum(weights)
    mean = sum(weight * each for weight, (each, _) in zip(weights, known, strict=True)) / total
    # The cells' errors are by one pooled variance, so that degrees of freedom don't add up.
    return Contrast(mean, Error(total**-0.5, known[0][1].freedom))


def _difference(logarithms: ArrayLike, calm_blocks: ArrayLike) -> tuple[float, float] | None:
    """Return other blocks' mean less that of calm blocks, and its weight; None without either."""
    values, quiet = np.asarray(logarithms, dtype=float), np.asarray(calm_blocks, dtype=bool)
    many, few = int(quiet.sum()), int((~quiet).sum())
    if not (many and few):
        return None
    return float(values[~quiet].mean() - values[quiet].mean()), many * few / (many + few)


def correlation(one: Stretches, other: Stretches) -> float | None:
    """Return the correlation of the running medians of two series' logarithms.

    Parameters
    ----------
    one, other : sequence of array_like
        Two series of positive values, stretch by stretch, with as many values.

    Returns
    -------
    float or None
        Pearson's coefficient over all moments; None for fewer than twice nine, or where one series
        doesn't change.
    """
    series = [
        np.concatenate([running_medians(np.log(np.asarray(each, dtype=float))) for each in values])
        if len(values)
        else np.empty(0)
        for values in (one, other)
    ]
    if len(series[0]) < 2 * WINDOW or not all(np.ptp(each) > 1e-12 for each in series):
        return None
    return float(np.corrcoef(series[0], series[1])[0, 1])
