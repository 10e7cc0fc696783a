"""Statistics as pure functions on arrays. They know nothing of records or backends."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

# Two intervals at this confidence hold together in 95 % of cases.
TOGETHER = (1 + 0.95) / 2


@dataclass(frozen=True)
class Estimate:
    """A value with its interval; ``low`` and ``high`` are None where none can be given."""

    value: float
    low: float | None
    high: float | None

    def scaled(self, factor: float) -> "Estimate":
        """Multiply by a positive factor."""
        return Estimate(
            self.value * factor,
            None if self.low is None else self.low * factor,
            None if self.high is None else self.high * factor,
        )

    def inverted(self) -> "Estimate":
        """Return the reciprocal: the interval's ends change places."""
        return Estimate(
            1 / self.value,
            None if self.high is None else 1 / self.high,
            None if self.low is None else 1 / self.low,
        )


def median(values: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Estimate a median, with an interval that assumes no distribution.

    Parameters
    ----------
    values : array_like, shape (n,)
        Independent observations, n at least 1.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        The sample median, and the order statistics l and n - l + 1 (counted from 1) with the
        largest l for which P(B < l) <= (1 - confidence) / 2, B being binomial(n, 1/2). No interval
        if there is no such l: 95 % needs 6 values.

    Raises
    ------
    ValueError
        If ``values`` is empty.

    Notes
    -----
    David and Nagaraja, *Order Statistics*, 3rd edition, section 7.1.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    count = len(ordered)
    if count == 0:
        raise ValueError("a median needs at least one value")
    value = float(np.median(ordered))
    tail = (1 - confidence) / 2
    ranks = np.arange(1, count // 2 + 1)
    rank = int(np.sum(special.bdtr(ranks - 1, count, 0.5) <= tail))
    if rank == 0:
        return Estimate(value, None, None)
    return Estimate(value, float(ordered[rank - 1]), float(ordered[count - rank]))


def mean(values: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Estimate a mean, with Student's interval.

    Parameters
    ----------
    values : array_like, shape (n,)
        Independent observations, n at least 1.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        The sample mean ± t(1 - (1 - confidence) / 2, n - 1) standard errors; no interval of one
        value.

    Raises
    ------
    ValueError
        If ``values`` is empty.

    Notes
    -----
    Student, "The probable error of a mean", Biometrika 6 (1908).
    """
    observed = np.asarray(values, dtype=float)
    if not observed.size:
        raise ValueError("a mean needs at least one value")
    value = float(np.mean(observed))
    error, freedom = standard_error(observed)
    if not freedom:
        return Estimate(value, None, None)
    half = student_quantile(1 - (1 - confidence) / 2, freedom) * error
    return Estimate(value, value - half, value + half)


def standard_error(values: ArrayLike) -> tuple[float, int]:
    """Return the standard error of a mean, and its degrees of freedom: 0 if it can't be told."""
    observed = np.asarray(values, dtype=float)
    count = len(observed)
    if count < 2:
        return 0.0, 0
    return float(np.std(observed, ddof=1)) / math.sqrt(count), count - 1


def student_quantile(probability: float, freedom: int) -> float:
    """Return Student's quantile."""
    return float(special.stdtrit(freedom, probability))


def growth(values: ArrayLike, blocks: int = 10, confidence: float = 0.95) -> Estimate | None:
    """Estimate by how much a series grows from one value to the next.

    Parameters
    ----------
    values : array_like, shape (n,)
        In the order of their measuring; two at least in each block.
    blocks : int
        Into how many stretches of equal length they are cut; what is left over at the beginning
        isn't used.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate or None
        The mean difference between neighbouring stretches' means, divided by their length, with
        Student's interval over the differences; None if there are too few values.

    Notes
    -----
    A line fitted to such a series would take each value for independent, and one jump for a trend.
    The differences take a jump for what it is, one of them, so that the interval holds zero; noise
    about a level makes neighbouring differences cancel, and the interval too wide rather than too
    narrow.
    """
    series = np.asarray(values, float)
    length = len(series) // blocks
    if length < 2:
        return None
    means = series[len(series) - blocks * length :].reshape(blocks, length).mean(axis=1)
    return mean(np.diff(means) / length, confidence)


def pareto_front(costs: Sequence[float], losses: Sequence[float]) -> list[int]:
    """Find the points that no other one beats.

    Parameters
    ----------
    costs, losses : sequence of float, length n
        Of each point; less is better in both.

    Returns
    -------
    list of int
        Indices of the points for which no other one is at most as costly and at most as bad, and
        less in one of them; the cheapest first. Of equal points the first alone is there.
    """
    front: list[int] = []
    for index in sorted(range(len(costs)), key=lambda each: (costs[each], losses[each])):
        if not front or losses[index] < losses[front[-1]]:
            front.append(index)
    return front


def unpaired_ratio(seconds: ArrayLike, reference: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Estimate how many times as long as the reference something takes, blocks not shared.

    Parameters
    ----------
    seconds, reference : array_like, shapes (n,) and (m,)
        Positive; measured apart from each other.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        The ratio of the medians. Its interval reaches from the lower end over the upper to the
        upper over the lower, both medians being estimated at (1 + confidence) / 2, so that both
        hold together (Bonferroni). What changed between the two measurements isn't in it.
    """
    level = (1 + confidence) / 2
    return ratio_of_medians(median(seconds, level), median(reference, level))


def ratio_of_medians(above: Estimate, below: Estimate) -> Estimate:
    """Divide two medians; with intervals at :data:`TOGETHER` see :func:`unpaired_ratio`."""
    value = above.value / below.value
    if above.low is None or above.high is None or below.low is None or below.high is None:
        return Estimate(value, None, None)
    return Estimate(value, above.low / below.high, above.high / below.low)


@dataclass(frozen=True)
class EpochEnd:
    """What the end of an epoch costs beside its steps.

    Parameters
    ----------
    base_seconds : float
        Always paid.
    waits : float
        Share of the epochs that wait until the input path's next poll.
    polls_seconds : tuple of float
        Ages at which a waiting input path lets go; empty if it never waits.
    """

    base_seconds: float
    waits: float
    polls_seconds: tuple[float, ...]

    def expected_seconds(self, work_seconds: float) -> float:
        """Expect the fixed cost of an epoch whose steps take ``work_seconds``.

        base + waits · (t - work - base), t being the first poll after work + base, which is when
        the input path is dropped.
        """
        return self.base_seconds + self.waits * self.wait_seconds(work_seconds)

    def wait_seconds(self, work_seconds: float) -> float:
        """Tell how long an epoch waits, if it does."""
        dropped = work_seconds + self.base_seconds
        return next_poll(self.polls_seconds, dropped) - dropped


def next_poll(polls_seconds: tuple[float, ...], age_seconds: float) -> float:
    """Return the first poll after an age; the age itself if there is none. The polls ascend."""
    later = bisect_right(polls_seconds, age_seconds)
    return polls_seconds[later] if later < len(polls_seconds) else age_seconds


def epoch_end(
    age_seconds: ArrayLike,
    extra_seconds: ArrayLike,
    polls_seconds: tuple[float, ...] = (),
) -> EpochEnd:
    """Estimate what the end of an epoch costs from short epochs.

    Parameters
    ----------
    age_seconds : array_like, shape (n,)
        Each epoch's age when its last step was done.
    extra_seconds : array_like, shape (n,)
        What came between that and the second step of the next epoch, less one ordinary step.
    polls_seconds : tuple of float
        The ages of a backend's polls; empty if its input path lets go at once.

    Returns
    -------
    EpochEnd
        An epoch counts as having waited if it took more than half of the wait that it would have
        had; those dropped too near a poll to tell (less than the cheapest end before it) are left
        out. The base is the mean over those that didn't wait.
    """
    ages = np.asarray(age_seconds, dtype=float)
    extras = np.asarray(extra_seconds, dtype=float)
    if not polls_seconds:
        return EpochEnd(float(np.mean(extras)), 0.0, ())
    cheapest = float(np.min(extras))
    waits = np.array([next_poll(polls_seconds, age + cheapest) - (age + cheapest) for age in ages])
    telling = waits > cheapest
    waited = extras - cheapest > waits / 2
    free = extras[telling & ~waited]
    base = float(np.mean(free)) if len(free) else cheapest
    share = float(np.mean(waited[telling])) if telling.any() else 0.0
    return EpochEnd(base, share, polls_seconds)
