"""Combine the results of several runs. A run has an effect of its own: only runs are independent.

A run is a stratum: ratios are taken within runs, where rounds are paired, and combined afterwards.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np
from scipy import special

from aebench.reports.comparison import Comparison, widened
from aebench.reports.launches import Error, combined, estimate, mean_error, spread
from aebench.reports.statistics import Estimate


@dataclass(frozen=True)
class RunsComparison(Comparison):
    """A ratio over several runs, or over several machines.

    Parameters
    ----------
    ratio, adjusted, error, spread, excess, spent
        See :class:`aebench.reports.comparison.Comparison`; ``error`` gives the wider interval.
    values : tuple of float
        The ratio of every run.
    between_sd : float or None
        Standard deviation between runs of the ratio's logarithm, without what launches within a
        run explain. None if a run's own error isn't known.
    errors : tuple of Error
        All errors that the interval holds.
    """

    values: tuple[float, ...] = ()
    between_sd: float | None = None
    errors: tuple[Error, ...] = field(default=())

    def p_value(self, different: float) -> float:
        """Return the largest p-value by any of the errors, see :meth:`Comparison.p_value`."""
        by_error = (
            Comparison(self.ratio, self.adjusted, error, None, self.excess, self.spent)
            for error in self.errors
        )
        return max((each.p_value(different) for each in by_error), default=1.0)


def over_runs(
    runs: Sequence[Comparison],
    comparisons: int = 1,
    confidence: float = 0.95,
    excess: float = 0.0,
) -> RunsComparison:
    """Combine a ratio of several runs: a random-effects mean.

    Parameters
    ----------
    runs : sequence of Comparison
        The ratio of each run, from pairs within it; at least one.
    comparisons : int
        Number of comparisons in the family, for Bonferroni's adjustment.
    confidence : float
        Between 0 and 1.
    excess : float
        The logarithm by which an A/A control was beyond its interval: both ends are moved out.

    Returns
    -------
    RunsComparison
        The value is exp of the plain mean m of the k runs' log-ratios y. The interval is Student's
        over runs, m ± t(k - 1) · SD(y) / √k. It is never narrower than the runs' own errors s
        make it, √(Σ s²) / k with Satterthwaite's degrees of freedom: runs may agree by chance.
        With a single run its own interval is left.

        The variance between runs is max(0, SD(y)² - mean of s²).

    Raises
    ------
    ValueError
        If there is no run.

    Notes
    -----
    With two runs t(1) is 12.7: two runs tell little about how runs differ, and the interval says
    so. Where all s are equal, this is the interval of Hartung, Knapp, Sidik and Jonkman ("A refined
    method for the meta-analysis of controlled clinical trials", Statistics in Medicine 20, 2001).
    Theirs weights runs by 1 / (s² + variance between runs) as DerSimonian and Laird estimate it.
    Weights that are themselves estimated, of few launches, cover too seldom where runs differ in
    size; see ``tests/reports/test_random_effects.py``. Equal weights always cover: Ibragimov and
    Müller, "t-statistic based correlation and heterogeneity robust inference", Journal of Business
    & Economic Statistics 28 (2010), by Bakirov and Székely's theorem that Student's t is
    conservative at 5 % for normal values of unequal variances. The variance between runs is that
    of Hedges, "A random effects model for effect sizes", Psychological Bulletin 93 (1983).
    Spreads between runs aren't pooled over cells: a day that is bad for one cell is for others too.
    """
    if not runs:
        raise ValueError("a mean over runs needs at least one run")
    logs = [math.log(each.ratio.value) for each in runs]
    known = [each.error for each in runs if each.error]
    errors = _errors(logs, known)
    value = fmean(logs)
    # Runs that were looked at may each spend a share of the probability of error: the least.
    spent = min(each.spent for each in runs)
    allowed = (1 - confidence) * spent
    ratio, adjusted = (
        widened(_widest(value, errors, level), excess)
        for level in (1 - allowed, 1 - allowed / max(1, comparisons))
    )
    between = None
    if len(runs) > 1 and len(known) == len(runs):
        within = fmean(error.standard_error**2 for error in known)
        between = math.sqrt(max(0.0, float(np.var(logs, ddof=1)) - within))
    widest = max(errors, key=lambda error: _reach(estimate(0.0, error)), default=None)
    values = tuple(each.ratio.value for each in runs)
    return RunsComparison(
        ratio, adjusted, widest, None, excess, spent, values, between, tuple(errors)
    )


@dataclass(frozen=True)
class MachinesComparison:
    """A ratio over several machines.

    Parameters
    ----------
    mean : Estimate
        The mean over machines, with its 95 % interval.
    prediction : Estimate or None
        The mean, with the interval in which the ratio measured on one more machine lies; None for
        fewer than three machines.
    between_sd : float or None
        Standard deviation between machines of the ratio's logarithm, without what the machines' own
        errors explain. None if a machine's error isn't known.
    p_equal : float or None
        The p-value of the hypothesis that machines have one ratio; None likewise.
    """

    mean: Estimate
    prediction: Estimate | None
    between_sd: float | None
    p_equal: float | None


# Two machines predict nothing: Student's quantile is 12.7 there.
LEAST_MACHINES = 3


def over_machines(
    ratios: Sequence[float], errors: Sequence[Error | None], confidence: float = 0.95
) -> MachinesComparison:
    """Combine a ratio of several machines, and predict it on one more machine like these.

    The model is log-ratio = mean + machine + launch + block. Blocks and launches, and runs where a
    machine has several, are combined within machines before.

    Parameters
    ----------
    ratios : sequence of float
        The ratio of each of k machines, at least two.
    errors : sequence of Error or None
        The error s of each ratio's logarithm y; None where it isn't known.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    MachinesComparison
        The mean's interval is m ± t(k - 1) · SD(y) / √k, with the plain mean m.

        The prediction's is m ± t(k - 1) · √(SD(y)² + SD(y)² / k).

        The variance between machines is max(0, SD(y)² - mean of s²).

        Machines are tested by SD(y)² / mean of s². If they have one ratio, that has the F
        distribution with k - 1 and Satterthwaite's degrees of freedom.

    Notes
    -----
    The prediction interval is that of Higgins, Thompson and Spiegelhalter, "A re-evaluation of
    random-effects meta-analysis", Journal of the Royal Statistical Society A 172 (2009), section
    4.1, m ± t(k - 2) · √(between² + SE²), but for two things. SE is that of equal weights, with
    k - 1 degrees of freedom. And SD(y)² takes the place of between²: the machines' own errors stay
    in it. Partlett and Riley, "Random effects meta-analysis: coverage performance of 95%
    confidence and prediction intervals following REML estimation", Statistics in Medicine 36
    (2017), found that such intervals hold too seldom where machines differ by less than their
    errors. So they do here: with between² they hold 84 % of new machines in the worst case, with
    SD(y)² 94 % or more (``tests/reports/test_random_effects.py``). This is the interval of one
    more normal observation: Hahn and Meeker, *Statistical Intervals*, chapter 4.

    The test is that of Brown and Forsythe, "The small sample behavior of some statistics which test
    the equality of several means", Technometrics 16 (1974), with equal weights. Cochran's Q takes
    errors of three launches for known: it finds differences in 80 % of twenty equal machines.
    Welch's test finds them in 27 %, this one in at most 5 %.
    """
    logs = [math.log(each) for each in ratios]
    count, middle = len(logs), fmean(logs)
    found = spread(logs)
    known = [each for each in errors if each]
    between = p_equal = None
    if found and len(known) == count:
        within = fmean(each.standard_error**2 for each in known)
        between = math.sqrt(max(0.0, found.sd**2 - within))
        if within:
            freedom = combined(*known).freedom
            p_equal = float(special.fdtrc(count - 1, freedom, found.sd**2 / within))
    one_more = Error(found.sd * math.sqrt(1 + 1 / count), found.freedom) if found else None
    return MachinesComparison(
        estimate(middle, mean_error(found, count), confidence),
        estimate(middle, one_more, confidence) if count >= LEAST_MACHINES else None,
        between,
        p_equal,
    )


def _errors(logs: Sequence[float], known: Sequence[Error]) -> list[Error]:
    """Return the error over runs, and the error that the runs' own errors give."""
    count = len(logs)
    errors = []
    if count > 1:
        errors.append(Error(float(np.std(logs, ddof=1)) / math.sqrt(count), count - 1))
    if len(known) == count:
        own = combined(*known)
        errors.append(Error(own.standard_error / count, own.freedom))
    return errors


def _widest(value: float, errors: Sequence[Error], confidence: float) -> Estimate:
    found = [estimate(value, error, confidence) for error in errors]
    return max(found, key=_reach, default=estimate(value, None))


def _reach(found: Estimate) -> float:
    return found.high or 0.0
