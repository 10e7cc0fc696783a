"""Estimate over launches. Rounds of a launch share its processes: only launches are independent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from scipy import special

from aebench.reports.statistics import Estimate, student_quantile

# Spreads of several cells are pooled unless Bartlett's test finds them different at this level.
_POOLING_LEVEL = 0.25
# Beyond these logarithms exp would overflow.
_LARGEST = 600.0


@dataclass(frozen=True)
class Spread:
    """The standard deviation between launches.

    Parameters
    ----------
    sd : float
        Standard deviation of a launch's mean of logarithms.
    freedom : int
        Degrees of freedom of ``sd``, at least 1.
    """

    sd: float
    freedom: int


def spread(means: Sequence[float]) -> Spread | None:
    """Return the spread of launches' means; None for fewer than two launches."""
    if len(means) < 2:
        return None
    # NumPy would take ten times as long for so few numbers.
    middle = fmean(means)
    squares = math.fsum((each - middle) ** 2 for each in means)
    return Spread(math.sqrt(squares / (len(means) - 1)), len(means) - 1)


def spreads(groups: Sequence[Sequence[float]]) -> list[Spread | None]:
    """Return the spreads of several cells, pooled as far as the cells' own allow it.

    Parameters
    ----------
    groups : sequence of sequence of float
        For each cell, the launches' means of logarithms.

    Returns
    -------
    list of Spread or None
        If Bartlett's test doesn't reject equal variances at 25 %, the pooled spread for all cells:
        the root of the mean variance, weighted by degrees of freedom, with their sum as degrees of
        freedom. Otherwise each cell's own, or the pooled one if that gives the wider interval. None
        where a cell has fewer than two launches, and no pooled spread.

    Notes
    -----
    Bartlett, "Properties of sufficiency and statistical tests", Proceedings of the Royal Society
    A 160 (1937). Pooling matters where there are few launches: with three launches Student's
    quantile is 4.30 for one cell, and 2.45 for three cells together. A test at 5 % finds too few of
    the differences, and the own spread alone is too small where chance made it so:
    ``tests/reports/test_coverage.py`` has the simulation.
    """
    own = [spread(each) for each in groups]
    known = [each for each in own if each]
    if len(known) < 2 or not all(each.sd for each in known):
        return list(own)
    freedom = sum(each.freedom for each in known)
    variance = sum(each.freedom * each.sd**2 for each in known) / freedom
    pooled = Spread(math.sqrt(variance), freedom)
    if equal_variances(known, variance) >= _POOLING_LEVEL:
        return [pooled] * len(groups)
    return [each and max(each, pooled, key=_reach) for each in own]


def equal_variances(known: Sequence[Spread], variance: float) -> float:
    """Return the p-value of Bartlett's test; ``variance`` is the pooled variance."""
    freedom = sum(each.freedom for each in known)
    statistic = freedom * math.log(variance) - sum(
        each.freedom * math.log(each.sd**2) for each in known
    )
    inverses = sum(1 / each.freedom for each in known) - 1 / freedom
    correction = 1 + inverses / (3 * (len(known) - 1))
    # Equal variances make it 0 but for rounding, and of a negative number there is no p-value.
    return float(special.chdtrc(len(known) - 1, max(0.0, statistic) / correction))


def _reach(spread: Spread) -> float:
    """Return the half-width of a 95 % interval by a spread, for a single launch."""
    return student_quantile(0.975, spread.freedom) * spread.sd


@dataclass(frozen=True)
class Error:
    """The standard error of a logarithm.

    Parameters
    ----------
    standard_error : float
        The standard error.
    freedom : float
        Its degrees of freedom; they need not be whole.
    """

    standard_error: float
    freedom: float

    @property
    def range(self) -> tuple[float, float]:
        """Return the ends of the 95 % interval of the true standard error.

        They are the standard error times sqrt(f / q), with f degrees of freedom and the two
        quantiles q of the chi-squared distribution. Snedecor and Cochran, *Statistical Methods*,
        section 5.11.
        """
        high, low = (special.chdtri(self.freedom, tail) for tail in (0.025, 0.975))
        return (
            self.standard_error * math.sqrt(self.freedom / high),
            self.standard_error * math.sqrt(self.freedom / low),
        )


def mean_error(spread: Spread | None, launches: int) -> Error | None:
    """Return the error of a mean over launches; None if the spread isn't known."""
    return None if spread is None else Error(spread.sd / math.sqrt(launches), spread.freedom)


def combined(*errors: Error) -> Error:
    """Return the error of a sum of independent terms.

    Notes
    -----
    The variances add up. The degrees of freedom are (sum v)² / sum(v² / freedom). Satterthwaite,
    "An approximate distribution of estimates of variance components", Biometrics Bulletin 2 (1946).
    """
    variances = [each.standard_error**2 for each in errors]
    total = sum(variances)
    if not total:
        return errors[0]
    parts = zip(variances, errors, strict=True)
    return Error(
        math.sqrt(total), 1 / sum((part / total) ** 2 / each.freedom for part, each in parts)
    )


def estimate(logarithm: float, error: Error | None, confidence: float = 0.95) -> Estimate:
    """Return a positive quantity with Student's interval of its logarithm.

    Parameters
    ----------
    logarithm : float
        The estimate's logarithm, such as a mean over launches.
    error : Error or None
        Its error; None gives no interval.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        exp of the logarithm, and of it ± t(1 - (1 - confidence) / 2) · standard error. More rounds
        in a launch don't narrow it by themselves, since they share what makes launches differ.

    Notes
    -----
    Kalibera and Jones, *Rigorous benchmarking in reasonable time*, 2013.
    """
    value = bounded_exp(logarithm)
    if error is None:
        return Estimate(value, None, None)
    half = student_quantile(1 - (1 - confidence) / 2, error.freedom) * error.standard_error
    return Estimate(value, bounded_exp(logarithm - half), bounded_exp(logarithm + half))


def bounded_exp(value: float) -> float:
    """Return exp(value), with the value kept within ±600 so that the result is finite."""
    return math.exp(min(_LARGEST, max(-_LARGEST, value)))
