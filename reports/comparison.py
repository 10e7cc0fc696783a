"""Compare two contenders: from paired blocks to an interval and a verdict."""

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
        The ratio, with an interval for this comparison alone, at the requested confidence.
    adjusted : Estimate
        The same ratio with a wider interval: at the requested confidence the intervals of all
        comparisons of the family are right together. Verdicts use it.
    pair_sd : float or None
        Standard deviation, within a launch, of the log-ratio of a pair of rounds; None if there
        are fewer than two blocks.
    launch_sd : float or None
        Standard deviation between launches beyond what ``pair_sd`` explains; None if there are
        fewer than two launches.
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
        Number of comparisons in the family, for Bonferroni's adjustment.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Comparison
        The value is exp of the mean over launches of their mean log-ratio. The interval is the
        wider of two Student's intervals: over the means of launches (from two launches on), and
        over all blocks. Processes differ by chance, and more blocks do not average that out.

    Raises
    ------
    ValueError
        If there is no block.

    Notes
    -----
    The levels (launches, blocks) follow Kalibera and Jones, *Rigorous benchmarking in reasonable
    time*, 2013. The variance between launches is that of their means minus pair_sd² / blocks, at
    least 0: the moment estimate of a one-way random-effects model.
    """
    logs = [np.log(np.asarray(launch, dtype=float)) for launch in launches if np.size(launch)]
    if not logs:
        raise ValueError("a comparison needs at least one block")
    means = np.array([float(np.mean(launch)) for launch in logs])
    value = float(np.mean(means))
    errors = [
        (error, freedom)
        for error, freedom in map(standard_error, (means, np.concatenate(logs)))
        if freedom
    ]

    def interval(level: float) -> Estimate:
        if not errors:
            return Estimate(_exp(value), None, None)
        half = max(
            student_quantile(1 - (1 - level) / 2, freedom) * error for error, freedom in errors
        )
        return Estimate(_exp(value), _exp(value - half), _exp(value + half))

    adjusted = interval(1 - (1 - confidence) / comparisons)
    return Comparison(interval(confidence), adjusted, *_spreads(logs, means))


def minimum_detectable_effect(
    pair_sd: float,
    launch_sd: float,
    launches: int,
    blocks: int,
    different: float,
    comparisons: int = 1,
    confidence: float = 0.95,
) -> float:
    """Return the smallest true difference that 80 % of runs of a given size would detect.

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
        The difference as a share; infinite if the run is too small for an interval.

    Notes
    -----
    The logarithm of 1 + the result is ln(1 + different) + (t(1 - alpha / 2) + t(0.8)) · error, for
    the error with the larger product. Over launches the error is
    sqrt((launch_sd² + pair_sd² / blocks) / launches), with launches - 1 degrees of freedom. Over
    blocks it is sqrt((launch_sd² + pair_sd²) / (launches · blocks)), with launches · blocks - 1.
    Bloom, "Minimum detectable effects", Evaluation Review 19 (1995).
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
    """Return how many launches are needed to detect a true difference in 80 % of runs.

    Parameters
    ----------
    difference : float
        The true difference, as a share.
    pair_sd, launch_sd, blocks, different
        As for :func:`minimum_detectable_effect`.

    Returns
    -------
    int or None
        At least 2; None if 10,000 launches are too few.
    """

    def enough(launches: int) -> bool:
        effect = minimum_detectable_effect(pair_sd, launch_sd, launches, blocks, different)
        return effect <= difference

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


def drift(seconds: Sequence[ArrayLike], tolerance: float = 0.02) -> float | None:
    """Compare the last third of the rounds of all launches with the first third.

    Parameters
    ----------
    seconds : sequence of array_like, shapes (rounds,)
        For each launch, a contender's seconds per step in the order of measuring.
    tolerance : float
        A change below this share counts as no drift.

    Returns
    -------
    float or None
        The change of the median as a share, positive if the last third is slower. None if the
        change is within the tolerance or within twice its standard error, or if values are too few.
    """
    logs = [np.log(np.asarray(each, dtype=float)) for each in seconds]
    first = np.concatenate([each[: len(each) // 3] for each in logs])
    last = np.concatenate([each[len(each) - len(each) // 3 :] for each in logs])
    if len(first) < 2:
        return None
    change = float(np.median(last) - np.median(first))
    # For normal values the standard error of the median is sqrt(pi / 2) times that of the mean.
    error = math.sqrt(math.pi / 2) * math.hypot(
        *(float(np.std(each, ddof=1)) / math.sqrt(len(each)) for each in (first, last))
    )
    return math.expm1(change) if abs(change) > max(tolerance, 2 * error) else None


def _spreads(
    logs: Sequence[np.ndarray[tuple[int], np.dtype[np.float64]]],
    means: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> tuple[float | None, float | None]:
    """Return ``pair_sd`` and ``launch_sd``: see :class:`Comparison`."""
    freedom = sum(len(each) - 1 for each in logs)
    if not freedom:
        return None, None
    pair = sum(float(np.sum((each - np.mean(each)) ** 2)) for each in logs) / freedom
    if len(logs) < 2:
        return math.sqrt(pair), None
    explained = pair * float(np.mean([1 / len(each) for each in logs]))
    return math.sqrt(pair), math.sqrt(max(0.0, float(np.var(means, ddof=1)) - explained))


def _exp(value: float) -> float:
    """Return exp(value), with the value kept within ±600 so that the result is finite."""
    return math.exp(min(_LARGEST, max(-_LARGEST, value)))
