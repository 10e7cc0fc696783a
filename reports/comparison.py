"""Compare two contenders: from paired blocks to an interval and a verdict."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from aebench.reports.launches import (
    Error,
    Spread,
    bounded_exp,
    combined,
    estimate,
    mean_error,
    spread,
)
from aebench.reports.statistics import Estimate, student_quantile

POWER = 0.8
_MOST_LAUNCHES = 10_000


@dataclass(frozen=True)
class Comparison:
    """The ratio of a contender's time to the reference's.

    Parameters
    ----------
    ratio : Estimate
        The ratio, with an interval for this comparison alone, at the requested confidence.
    adjusted : Estimate
        The same ratio with a wider interval: at the requested confidence the intervals of all
        comparisons of the family are right together. Verdicts use it.
    error : Error or None
        The error of the ratio's logarithm; None if it isn't known.
    spread : Spread or None
        The spread of launches' mean log-ratios; None if it isn't known.
    excess : float
        By how much the logarithm's interval was widened at either end.
    spent : float
        The share of the probability of error that the intervals spend.
    """

    ratio: Estimate
    adjusted: Estimate
    error: Error | None
    spread: Spread | None
    excess: float = 0.0
    spent: float = 1.0

    def p_value(self, different: float) -> float:
        """Return the p-value of the hypothesis that the true ratio is within a margin.

        Parameters
        ----------
        different : float
            The margin of :func:`verdict`, as a share.

        Returns
        -------
        float
            Twice the probability, under Student's t, of a value as far beyond the margin and the
            excess, over the share that may be spent; 1 if the ratio lies within these, or if the
            error isn't known.
        """
        beyond = abs(math.log(self.ratio.value)) - math.log1p(different) - self.excess
        if self.error is None or beyond <= 0:
            return 1.0
        if not self.error.standard_error:
            return 0.0
        tail = float(special.stdtr(self.error.freedom, -beyond / self.error.standard_error))
        return min(1.0, 2 * tail / self.spent)

    def beside(self, other: float) -> "Comparison":
        """Return the comparison's ratio as a multiple of another ratio, which is known."""
        ratio, adjusted = (each.scaled(1 / other) for each in (self.ratio, self.adjusted))
        return replace(self, ratio=ratio, adjusted=adjusted)


def launch_means(launches: Sequence[Sequence[float]]) -> list[float]:
    """Return each launch's mean of logarithms; launches without values are left out."""
    # NumPy would take ten times as long for so few numbers.
    return [fmean([math.log(each) for each in launch]) for launch in launches if len(launch)]


def compare(
    means: Sequence[float],
    comparisons: int = 1,
    confidence: float = 0.95,
    pooled: Spread | None = None,
    further: Sequence[Error] = (),
    excess: float = 0.0,
    spent: float = 1.0,
) -> Comparison:
    """Compare a contender with the reference.

    Parameters
    ----------
    means : sequence of float
        For each launch, the mean log-ratio of the contender's time to the reference's.
    comparisons : int
        Number of comparisons in the family, for Bonferroni's adjustment.
    confidence : float
        Between 0 and 1.
    pooled : Spread or None
        The spread between launches, pooled over cells; None to use these launches' own.
    further : sequence of Error
        Errors of the logarithm that all launches share, such as those of an epoch's fixed cost.
    excess : float
        The logarithm by which an A/A control was beyond its interval: both ends are moved out.
    spent : float
        The share of the probability of error, 1 - ``confidence``, that this look may spend; see
        :func:`aebench.reports.stopping.spent_share`.

    Returns
    -------
    Comparison
        The value is exp of the mean over launches. The interval is Student's over launches, see
        :func:`aebench.reports.launches.estimate`: processes differ by chance, the machine changes,
        and more blocks do not average that out. A single launch gives no interval, unless
        ``pooled`` is known.

    Raises
    ------
    ValueError
        If there is no launch.
    """
    if not len(means):
        raise ValueError("a comparison needs at least one launch")
    known = pooled or spread(means)
    error = mean_error(known, len(means))
    if error:
        error = combined(error, *further)
    value = fmean(means)
    ratio, adjusted = (
        widened(estimate(value, error, level), excess)
        for level in (1 - (1 - confidence) * spent, 1 - (1 - confidence) * spent / comparisons)
    )
    return Comparison(ratio, adjusted, error, known, excess, spent)


def widened(estimate: Estimate, excess: float) -> Estimate:
    """Return an estimate whose interval is wider by the logarithm ``excess`` at either end."""
    if estimate.low is None or estimate.high is None:
        return estimate
    factor = bounded_exp(excess)
    return Estimate(estimate.value, estimate.low / factor, estimate.high * factor)


def excess(control: Estimate) -> float:
    """Return how far an A/A control's interval lies from 1, as a logarithm; 0 if it holds 1."""
    if control.low is None or control.high is None:
        return 0.0
    return max(0.0, math.log(control.low), -math.log(control.high))


def holm(p_values: Sequence[float], tests: int, level: float = 0.05) -> list[bool]:
    """Reject hypotheses by Holm's procedure.

    Parameters
    ----------
    p_values : sequence of float
        The p-values.
    tests : int
        Number of hypotheses in the family, at least ``len(p_values)``. Hypotheses without a p-value
        here count as the last to be tested.
    level : float
        The probability, at most, of any false rejection.

    Returns
    -------
    list of bool
        Whether each hypothesis is rejected.

    Notes
    -----
    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6 (1979).
    """
    rejected = [False] * len(p_values)
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] > level / (tests - rank):
            break
        rejected[index] = True
    return rejected


def minimum_detectable_effect(
    error: Error, different: float, comparisons: int = 1, confidence: float = 0.95
) -> Estimate:
    """Return the smallest true difference that 80 % of runs would detect.

    Parameters
    ----------
    error : Error
        The error of such a run's log-ratio.
    different : float
        The margin of :func:`verdict`, as a share.
    comparisons, confidence
        As for :func:`compare`.

    Returns
    -------
    Estimate
        The difference as a share, with the range that follows from the 95 % interval of the true
        standard error: few launches tell it within a factor of two.

    Notes
    -----
    The logarithm of 1 + the result is ln(1 + different) + (t(1 - alpha / 2) + t(0.8)) · standard
    error. Bloom, "Minimum detectable effects", Evaluation Review 19 (1995).
    """
    tail = (1 - confidence) / comparisons / 2
    needed = student_quantile(1 - tail, error.freedom) + student_quantile(POWER, error.freedom)

    def effect(standard_error: float) -> float:
        return bounded_exp(math.log1p(different) + needed * standard_error) - 1

    return Estimate(effect(error.standard_error), *map(effect, error.range))


def launches_needed(difference: float, sd: float, different: float) -> int | None:
    """Return how many launches are needed to detect a true difference in 80 % of runs.

    Parameters
    ----------
    difference : float
        The true difference, as a share.
    sd : float
        Standard deviation between launches' means: see :class:`aebench.reports.launches.Spread`.
    different : float
        The margin of :func:`verdict`, as a share.

    Returns
    -------
    int or None
        At least 2; None if 10,000 launches are too few.
    """

    def enough(launches: int) -> bool:
        error = Error(sd / math.sqrt(launches), launches - 1)
        return minimum_detectable_effect(error, different).value <= difference

    if not enough(_MOST_LAUNCHES):
        return None
    return bisect_left(range(_MOST_LAUNCHES), True, lo=2, key=enough)


def verdict(interval: Estimate, different: float, same: float) -> str:
    """Return the verdict that an interval allows.

    Parameters
    ----------
    interval : Estimate
        The ratio of a contender's seconds to the reference's.
    different : float
        Smallest difference that counts, as a share.
    same : float
        Largest difference between contenders that count as the same, as a share.

    Returns
    -------
    str
        ``faster`` or ``slower`` if the whole interval is farther from 1 than ``different``, else
        ``same`` if the whole interval is nearer to 1 than ``same``, else ``inconclusive``. It is
        ``inconclusive`` too if the estimate has no interval.
    """
    if interval.low is None or interval.high is None:
        return "inconclusive"
    if interval.low > 1 + different:
        return "slower"
    if interval.high < 1 / (1 + different):
        return "faster"
    if interval.low > 1 / (1 + same) and interval.high < 1 + same:
        return "same"
    return "inconclusive"


def noise_floor(control: Estimate) -> float | None:
    """Return the largest difference (a share) in an A/A control's interval; None without one."""
    if control.low is None or control.high is None:
        return None
    return max(control.high, 1 / control.low) - 1


def drift(launches: Sequence[ArrayLike], tests: int = 1, tolerance: float = 0.02) -> float | None:
    """Compare the last third of the blocks of every launch with its first third.

    Parameters
    ----------
    launches : sequence of array_like, shapes (blocks,)
        For each launch, the ratios of a contender's seconds to the block's (geometric) mean over
        the contenders, in the order of measuring: what slows the whole machine isn't in them.
    tests : int
        Number of such tests in a run, of which all together shall find a drift by chance in 5 % of
        runs (Bonferroni).
    tolerance : float
        A change below this share counts as no drift.

    Returns
    -------
    float or None
        The mean change over launches as a share, positive if the last third is slower. None if
        the change is within the tolerance, if Student's interval over launches, adjusted for the
        number of tests, holds zero, or with fewer than two launches of three blocks.
    """
    logs = [np.log(np.asarray(each, dtype=float)) for each in launches]
    changes = [
        float(np.mean(each[-(len(each) // 3) :]) - np.mean(each[: len(each) // 3]))
        for each in logs
        if len(each) >= 3
    ]
    if len(changes) < 2:
        return None
    error = mean_error(spread(changes), len(changes))
    change = estimate(float(np.mean(changes)), error, 1 - 0.05 / max(1, tests))
    if change.low is None or change.high is None or change.low <= 1 <= change.high:
        return None
    return change.value - 1 if abs(math.log(change.value)) > tolerance else None


def pair_sd(launches: Sequence[Sequence[float]]) -> float | None:
    """Return the standard deviation, within launches, of the log-ratio of a pair of rounds.

    It is None if no launch has two blocks.
    """
    freedom = squares = 0.0
    for launch in launches:
        logs = list(map(math.log, launch))
        found = spread(logs)
        if found:
            freedom += found.freedom
            squares += found.freedom * found.sd**2
    return math.sqrt(squares / freedom) if freedom else None
