"""Is one contender faster than another? Paired blocks in, an interval and a verdict out."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aebench.reports.statistics import Estimate, standard_error, student_quantile

POWER = 0.8
_MOST_LAUNCHES = 10_000
_LARGEST = 600.0


@dataclass(frozen=True)
class Comparison:
    """The ratio of a contender's time to the reference's.

    Parameters
    ----------
    ratio : Estimate
        At the confidence asked for, for this comparison alone.
    adjusted : Estimate
        The same, all comparisons of the family holding together: what verdicts go by.
    pair_sd : float or None
        Standard deviation of the log-ratio of a pair of rounds within a launch; None from less than
        two blocks.
    launch_sd : float or None
        Standard deviation between launches beyond what their pairs' explains; None from less than
        two launches.
    """

    ratio: Estimate
    adjusted: Estimate
    pair_sd: float | None
    launch_sd: float | None


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
    Kalibera and Jones, *Rigorous benchmarking in reasonable time*, 2013, for the levels. The
    launches' variance is that of their means less what pairs explain, pair_sd² / blocks (the
    moments' estimate of a one-way random-effects model), or 0 if that is less.
    """
    logs = [np.log(np.asarray(launch, dtype=float)) for launch in launches if np.size(launch)]
    if not logs:
        raise ValueError("a comparison needs at least one block")
    means = np.array([float(np.mean(each)) for each in logs])
    value = float(np.mean(means))
    told = [
        (error, freedom)
        for error, freedom in map(standard_error, (means, np.concatenate(logs)))
        if freedom
    ]

    def interval(level: float) -> Estimate:
        if not told:
            return Estimate(_exp(value), None, None)
        half = max(
            student_quantile(1 - (1 - level) / 2, freedom) * error for error, freedom in told
        )
        return Estimate(_exp(value), _exp(value - half), _exp(value + half))

    adjusted = interval(1 - (1 - confidence) / comparisons)
    return Comparison(interval(confidence), adjusted, *_spreads(logs, means))


def detectable(
    pair_sd: float,
    launch_sd: float,
    launches: int,
    blocks: int,
    different: float,
    comparisons: int = 1,
    confidence: float = 0.95,
) -> float:
    """Tell the smallest true difference that runs of a size call in 80 % of cases.

    Parameters
    ----------
    pair_sd, launch_sd : float
        Standard deviations of the log-ratio: see :class:`Comparison`.
    launches, blocks : int
        Number of launches, and of blocks in a launch.
    different : float
        The margin of :func:`verdict`, as a share.
    comparisons, confidence
        As for :func:`compare`.

    Returns
    -------
    float
        As a share; infinite if no interval can be given.

    Notes
    -----
    ln(1 + different) + (t(1 - alpha / 2) + t(0.8)) times the standard error, the larger of that
    over launches, sqrt((launch_sd² + pair_sd² / blocks) / launches) with launches - 1 degrees of
    freedom, and that over blocks, sqrt((launch_sd² + pair_sd²) / (launches · blocks)). Bloom,
    "Minimum detectable effects", Evaluation Review 19 (1995).
    """
    count = launches * blocks
    errors = [
        (math.sqrt((launch_sd**2 + pair_sd**2 / blocks) / launches), launches - 1),
        (math.sqrt((launch_sd**2 + pair_sd**2) / count), count - 1),
    ]
    tail = (1 - confidence) / comparisons / 2
    needed = [
        error * (student_quantile(1 - tail, freedom) + student_quantile(POWER, freedom))
        for error, freedom in errors
        if freedom
    ]
    return _exp(math.log1p(different) + max(needed)) - 1 if needed else math.inf


def launches_needed(
    difference: float,
    pair_sd: float,
    launch_sd: float,
    blocks: int,
    different: float,
) -> int | None:
    """Tell how many launches call a true difference in 80 % of cases.

    Parameters
    ----------
    difference : float
        As a share.
    pair_sd, launch_sd, blocks, different
        As for :func:`detectable`.

    Returns
    -------
    int or None
        At least 2; None if no number below 10,000 does.
    """

    def enough(launches: int) -> bool:
        return detectable(pair_sd, launch_sd, launches, blocks, different) <= difference

    if not enough(_MOST_LAUNCHES):
        return None
    return bisect_left(range(_MOST_LAUNCHES), True, lo=2, key=enough)


def verdict(interval: Estimate, different: float, same: float) -> str:
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


def noise_floor(control: Estimate) -> float | None:
    """Return the largest difference, a share, that an A/A control's interval allows, or None."""
    if control.low is None or control.high is None:
        return None
    return max(control.high, 1 / control.low) - 1


def drift(seconds: Sequence[ArrayLike], tolerance: float = 0.02) -> float | None:
    """Compare the last third of the rounds of all launches with the first.

    Parameters
    ----------
    seconds : sequence of array_like, shapes (rounds,)
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


def _spreads(
    logs: Sequence[np.ndarray[tuple[int], np.dtype[np.float64]]],
    means: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> tuple[float | None, float | None]:
    """Return the standard deviations of a pair within its launch, and of a launch beside that."""
    freedom = sum(len(each) - 1 for each in logs)
    if not freedom:
        return None, None
    pair = sum(float(np.sum((each - np.mean(each)) ** 2)) for each in logs) / freedom
    if len(logs) < 2:
        return math.sqrt(pair), None
    explained = pair * float(np.mean([1 / len(each) for each in logs]))
    return math.sqrt(pair), math.sqrt(max(0.0, float(np.var(means, ddof=1)) - explained))


def _exp(value: float) -> float:
    """Return exp, of what is far beyond any measurement the most that can be told."""
    return math.exp(min(_LARGEST, max(-_LARGEST, value)))
