"""Statistics as pure functions on arrays. They know nothing of records or backends."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import special


@dataclass(frozen=True)
class Estimate:
    """A value with its interval; ``low`` and ``high`` are None if no interval can be given."""

    value: float
    low: float | None = None
    high: float | None = None

    @classmethod
    def spanning(cls, values: Sequence[float]) -> "Estimate":
        """Return the median of values, with their range in place of an interval.

        A single value has no range.
        """
        middle = median(values).value
        return cls(middle, min(values), max(values)) if len(values) > 1 else cls(middle)

    def scaled(self, factor: float) -> "Estimate":
        """Return the estimate times a positive factor."""
        return Estimate(
            self.value * factor,
            None if self.low is None else self.low * factor,
            None if self.high is None else self.high * factor,
        )

    def inverted(self) -> "Estimate":
        """Return the estimate of 1 / value; the new ``low`` is 1 / ``high``, and vice versa."""
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
        largest l for which P(B < l) <= (1 - confidence) / 2, B being binomial(n, 1/2). There is no
        interval if there is no such l: 95 % needs 6 values.

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
    # As np.median has it, which takes longer than all else here.
    value = float((ordered[(count - 1) // 2] + ordered[count // 2]) / 2)
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
        The sample mean ± t(1 - (1 - confidence) / 2, n - 1) standard errors; no interval for a
        single value.

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


def one_more(values: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Estimate a mean, with the interval in which one more observation lies.

    Parameters
    ----------
    values : array_like, shape (n,)
        Independent normal observations, n at least 1.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Estimate
        The sample mean ± t(1 - (1 - confidence) / 2, n - 1) · s · sqrt(1 + 1 / n); no interval for
        a single value.

    Raises
    ------
    ValueError
        If ``values`` is empty.

    Notes
    -----
    Hahn and Meeker, *Statistical Intervals*, chapter 4.
    """
    found = mean(values, confidence)
    if found.high is None:
        return found
    # The mean's interval is t · s / sqrt(n).
    half = (found.high - found.value) * math.sqrt(np.size(values) + 1)
    return Estimate(found.value, found.value - half, found.value + half)


def standard_error(values: ArrayLike) -> tuple[float, int]:
    """Return the standard error of a mean and its degrees of freedom; both 0 for one value."""
    observed = np.asarray(values, dtype=float)
    count = len(observed)
    if count < 2:
        return 0.0, 0
    return float(np.std(observed, ddof=1)) / math.sqrt(count), count - 1


@lru_cache(10_000)
def student_quantile(probability: float, freedom: float) -> float:
    """Return the quantile of Student's t distribution with ``freedom`` degrees of freedom."""
    return float(special.stdtrit(freedom, probability))


def growth(
    values: ArrayLike, blocks: int = 10, confidence: float = 0.95, breaks: Sequence[int] = ()
) -> Estimate | None:
    """Estimate how much a series grows from one value to the next.

    Parameters
    ----------
    values : array_like, shape (n,)
        The series in the order of measuring; at least two values per stretch are needed.
    blocks : int
        Number of stretches of equal length that the series is cut into; values left over at the
        beginning are not used.
    confidence : float
        Between 0 and 1.
    breaks : sequence of int
        Indices before which something else changed the level. The pieces between them have equal
        numbers of stretches, and no difference across a break is used.

    Returns
    -------
    Estimate or None
        The mean difference between neighbouring stretches' means, divided by their length, with
        Student's interval over the differences; None if there are too few values.

    Notes
    -----
    A fitted line would treat all values as independent, and would take a single jump for a trend.
    Among the differences a jump is a single outlier, and the interval still contains zero. With
    noise about a constant level, neighbouring differences cancel: the interval is too wide then,
    not too narrow.
    """
    pieces = np.split(np.asarray(values, float), list(breaks))
    count = blocks // len(pieces)
    length = min(map(len, pieces)) // count
    if length < 2:
        return None
    cut = (piece[len(piece) - count * length :].reshape(count, length) for piece in pieces)
    differences = [np.diff(stretches.mean(axis=1)) for stretches in cut]
    return mean(np.concatenate(differences) / length, confidence)


def pareto_front(costs: Sequence[float], losses: Sequence[float]) -> list[int]:
    """Find the points that no other point beats.

    Parameters
    ----------
    costs, losses : sequence of float, length n
        The cost and the loss of every point; less is better in both.

    Returns
    -------
    list of int
        Indices of the points that no other point beats, the cheapest first. A point beats another
        if neither its cost nor its loss is larger, and one of them is smaller. Of equal points only
        the first is listed.
    """
    front: list[int] = []
    for index in sorted(range(len(costs)), key=lambda each: (costs[each], losses[each])):
        if not front or losses[index] < losses[front[-1]]:
            front.append(index)
    return front


@dataclass(frozen=True)
class EpochEnd:
    """The time that the end of an epoch takes in addition to its steps.

    Parameters
    ----------
    base_seconds : float
        The part that the end of every epoch takes.
    waits : float
        Share of the epochs that wait until the input path's next poll.
    polls_seconds : tuple of float
        Times, since the begin of the epoch, at which a waiting input path polls and can end.
        Empty if the input path never waits.
    """

    base_seconds: float
    waits: float
    polls_seconds: tuple[float, ...]

    def expected_seconds(self, work_seconds: float) -> float:
        """Return the expected seconds of an epoch's end, if its steps take ``work_seconds``.

        The result is base + waits · (t - work - base). The input path could end at work + base, and
        t is the first poll after that.
        """
        return self.base_seconds + self.waits * self.wait_seconds(work_seconds)

    def wait_seconds(self, work_seconds: float) -> float:
        """Return how many seconds an epoch that waits is kept waiting for the next poll."""
        dropped = work_seconds + self.base_seconds
        return next_poll(self.polls_seconds, dropped) - dropped


def next_poll(polls_seconds: tuple[float, ...], age_seconds: float) -> float:
    """Return the time of the first poll after ``age_seconds``; without a later poll, that time.

    The times since the begin of the epoch are in ascending order.
    """
    later = bisect_right(polls_seconds, age_seconds)
    return polls_seconds[later] if later < len(polls_seconds) else age_seconds


def epoch_end(
    age_seconds: ArrayLike,
    extra_seconds: ArrayLike,
    polls_seconds: tuple[float, ...] = (),
) -> EpochEnd:
    """Estimate the time of the end of an epoch from short epochs.

    Parameters
    ----------
    age_seconds : array_like, shape (n,)
        For every short epoch, the time from the begin of its first step to the end of its last.
    extra_seconds : array_like, shape (n,)
        Time from the end of that last step to the begin of the next epoch's second step, less the
        time of an ordinary step.
    polls_seconds : tuple of float
        Times, since the begin of an epoch, at which the backend's input path polls; empty if the
        input path ends without waiting.

    Returns
    -------
    EpochEnd
        An epoch counts as waiting if its end took longer than the shortest end by more than half
        of the time to the next poll. Epochs whose next poll comes too soon to decide (sooner than
        the shortest end takes) are left out. The base is the mean over the epochs that did not
        wait.
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
