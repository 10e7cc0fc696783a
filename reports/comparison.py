"""Is one contender faster than another? Paired blocks in, an interval and a verdict out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from reports.statistics import Estimate

DIFFERENT = 0.01
SAME = 0.03
POWER = 0.8


@dataclass(frozen=True)
class Comparison:
    """How many times as long as the reference a contender takes.

    Parameters
    ----------
    ratio : Estimate
        At the confidence asked for, for this comparison alone.
    adjusted : Estimate
        The same, all comparisons of the family holding together: what verdicts go by.
    detectable : float
        The smallest difference, as a share, that a run like this calls in 80 % of cases; infinite
        where no interval could be given.
    """

    ratio: Estimate
    adjusted: Estimate
    detectable: float


def compare(
    launches: Sequence[ArrayLike], comparisons: int = 1, confidence: float = 0.95
) -> Comparison:
    """Compare a contender with the reference.

    Parameters
    ----------
    launches : sequence of array_like, shapes (blocks,)
        For each launch, the ratios of the contender's seconds to the reference's, block by block.
    comparisons : int
        The size of the family for Bonferroni's adjustment.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Comparison
        The value is exp of the mean over launches of their mean log-ratio. The interval is the
        wider of Student's over the launches' means (from two launches on), since processes differ
        by luck that more blocks don't average out, and Student's over all blocks.

    Raises
    ------
    ValueError
        If there is no block.

    Notes
    -----
    Kalibera and Jones, *Rigorous benchmarking in reasonable time*, 2013, for the levels; the
    detectable difference is (t(1 - alpha / 2) + t(power)) times the standard error.
    """
    logs = [np.log(np.asarray(launch, dtype=float)) for launch in launches]
    means = np.array([float(np.mean(each)) for each in logs if len(each)])
    if not len(means):
        raise ValueError("a comparison needs at least one block")
    value = float(np.mean(means))
    errors = [_standard_error(each) for each in (means, np.concatenate(logs))]
    told = [(error, freedom) for error, freedom in errors if freedom]

    def interval(level: float) -> Estimate:
        if not told:
            return Estimate(math.exp(value), None, None)
        half = max(_quantile(1 - (1 - level) / 2, freedom) * error for error, freedom in told)
        return Estimate(math.exp(value), math.exp(value - half), math.exp(value + half))

    adjusted = 1 - (1 - confidence) / comparisons
    quantiles = (1 - (1 - adjusted) / 2, POWER)
    seen = max(
        (error * sum(_quantile(each, freedom) for each in quantiles) for error, freedom in told),
        default=math.inf,
    )
    return Comparison(
        interval(confidence), interval(adjusted), math.expm1(seen) if told else math.inf
    )


def verdict(interval: Estimate, different: float = DIFFERENT, same: float = SAME) -> str:
    """Say what an interval allows to be said.

    Parameters
    ----------
    interval : Estimate
        Of a ratio of seconds to the reference's.
    different : float
        A difference counts from this share on.
    same : float
        Up to this share two are the same.

    Returns
    -------
    str
        ``faster`` or ``slower`` if the interval lies wholly beyond ``different``, else ``same`` if
        it lies wholly within ``same``, else ``inconclusive``.
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


def drift(seconds: Sequence[ArrayLike], tolerance: float = 0.02) -> float | None:
    """Compare the last third of the slices of all launches with the first.

    Parameters
    ----------
    seconds : sequence of array_like, shapes (slices,)
        For each launch, a contender's seconds per step in the order of measuring.
    tolerance : float
        A smaller change, as a share, is none.

    Returns
    -------
    float or None
        The change of the median as a share, or None where it is within the tolerance or twice its
        standard error.
    """
    logs = [np.log(np.asarray(each, dtype=float)) for each in seconds]
    first = np.concatenate([each[: len(each) // 3] for each in logs])
    last = np.concatenate([each[len(each) - len(each) // 3 :] for each in logs])
    if len(first) < 2:
        return None
    change = float(np.median(last) - np.median(first))
    # The standard error of a median of normal values is sqrt(pi / 2) that of their mean.
    error = math.sqrt(math.pi / 2) * math.hypot(
        *(float(np.std(each, ddof=1)) / math.sqrt(len(each)) for each in (first, last))
    )
    return math.expm1(change) if abs(change) > max(tolerance, 2 * error) else None


def _standard_error(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, int]:
    """Return the mean's standard error and its degrees of freedom."""
    count = len(values)
    if count < 2:
        return 0.0, 0  # no error can be told from one value
    return float(np.std(values, ddof=1)) / math.sqrt(count), count - 1


def _quantile(probability: float, freedom: int) -> float:
    """Return Student's quantile."""
    return float(special.stdtrit(freedom, probability))
