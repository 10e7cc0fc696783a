"""Judge a change between runs: its interval holds what launches, and what runs, differ by."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from scipy import special

from aebench.reports.changes.run_values import RunValue
from aebench.reports.comparison import Comparison, widened
from aebench.reports.launches import Error, Spread, combined, estimate
from aebench.reports.statistics import student_quantile

# With so many degrees of freedom between runs, their own spread alone is used.
LEAST_FREEDOM = 4
_MOST_RUNS = 100
# The level at which a spread between runs refutes that they differ as launches do.
_REFUTED = 0.25


@dataclass(frozen=True)
class Judged:
    """The ratio of what is new to what there was.

    Parameters
    ----------
    compared : Comparison
        The ratio with its 95 % interval and error.
    single : Error or None
        The error that one run on either side would give.
    measured : bool
        Whether the spread between runs was measured; else runs are taken to differ as launches do.
    """

    compared: Comparison
    single: Error | None
    measured: bool

    def runs_needed(self, threshold: float) -> int | None:
        """Return how many such runs on either side would tell the ratio from a threshold.

        None if that isn't known, or if more than 100 would be needed.
        """
        if self.single is None:
            return None
        distance = abs(math.log(self.compared.ratio.value) - math.log(threshold))
        distance -= self.compared.excess
        for runs in range(1, _MOST_RUNS + 1):
            freedom = self.single.freedom * runs
            reach = student_quantile(0.975, freedom) * self.single.standard_error / math.sqrt(runs)
            if reach < distance:
                return runs
        return None


def judge(
    base: Sequence[RunValue],
    new: Sequence[RunValue],
    between: Spread | None = None,
    assume: bool = True,
    excess: float = 0.0,
    spent: float = 1.0,
) -> Judged:
    """Return the ratio of the new runs' quantity to the base's.

    Parameters
    ----------
    base, new : sequence of RunValue
        The quantity in each run, at least one on either side.
    between : Spread or None
        The spread between runs of one question on one machine, what launches add to it included.
    assume : bool
        Whether runs may be taken to differ as launches do, where ``between`` has fewer than
        :data:`LEAST_FREEDOM` degrees of freedom.
    excess : float
        By how much A/A controls lie off 1: both ends are moved out.
    spent : float
        The share of the probability of error that runs may spend which looked at their verdicts.

    Returns
    -------
    Judged
        With L launches of standard deviation s in a run and k runs on a side, a side's variance is
        s² (1 + 1 / L) / k where runs are taken to differ as launches do, with the spread's degrees
        of freedom. With ``between`` the variance of the ratio is its square times (1 / k + 1 / k'),
        with its degrees of freedom. ``between`` counts where it has enough of these, and where it
        is too large for runs that differ as launches do (F test at 25 %). The error is never below
        what the launches of the runs alone give. There is no interval where an error isn't known.

    Notes
    -----
    Satterthwaite's degrees of freedom, see :func:`aebench.reports.launches.combined`.
    """
    value = fmean(each.log for each in new) - fmean(each.log for each in base)
    sides = [_assumed(side) for side in (base, new)] if assume else []
    single, error = _of_both([each for each in sides if each], (len(base), len(new)))
    measured = between is not None and (
        not assume or between.freedom >= LEAST_FREEDOM or _refuted(single, between)
    )
    if between is not None and measured:
        single = Error(between.sd * math.sqrt(2), between.freedom)
        runs = math.sqrt(1 / len(base) + 1 / len(new))
        error = Error(between.sd * runs, between.freedom)
    error = _wider(error, _own(base, new)) if error else None
    ratio = widened(estimate(value, error, 1 - 0.05 * spent), excess)
    return Judged(Comparison(ratio, ratio, error, None, excess, spent), single, measured)


def _of_both(sides: Sequence[Error], counts: tuple[int, int]) -> tuple[Error | None, Error | None]:
    """Return the error of the ratio of two runs, and of that of as many runs as there are."""
    if len(sides) < 2:
        return None, None
    of_means = (
        Error(each.standard_error / math.sqrt(count), each.freedom)
        for each, count in zip(sides, counts, strict=True)
    )
    return combined(*sides), combined(*of_means)


def _refuted(single: Error | None, between: Spread) -> bool:
    """Return whether runs differ by more than launches allow them to."""
    if single is None or not single.standard_error:
        return False
    ratio = 2 * (between.sd / single.standard_error) ** 2
    return bool(ratio > special.fdtri(between.freedom, single.freedom, 1 - _REFUTED))


def _assumed(side: Sequence[RunValue]) -> Error | None:
    """Return the error of one run of a side, where runs are taken to differ as launches do."""
    known = [(each.spread, each.error) for each in side if each.spread and each.error]
    if len(known) < len(side):
        return None
    variance = fmean(found.sd**2 + error.standard_error**2 for found, error in known)
    return Error(math.sqrt(variance), sum(found.freedom for found, _ in known))


def _own(base: Sequence[RunValue], new: Sequence[RunValue]) -> Error | None:
    """Return the error by the launches within the runs alone; None if a run has a single one."""
    errors = []
    for side in (base, new):
        known = [each.error for each in side if each.error]
        if len(known) < len(side):
            return None
        mean = combined(*known)
        errors.append(Error(mean.standard_error / len(side), mean.freedom))
    return combined(*errors)


def _wider(one: Error, other: Error | None) -> Error:
    if other is None:
        return one
    return max(
        one, other, key=lambda each: student_quantile(0.975, each.freedom) * each.standard_error
    )


def between_runs(groups: Sequence[Sequence[float]]) -> Spread | None:
    """Return the spread within groups of runs, pooled; None if no group has two runs.

    Parameters
    ----------
    groups : sequence of sequence of float
        For each question, a quantity's logarithm in each of its runs.
    """
    several = [each for each in groups if len(each) > 1]
    freedom = sum(len(each) - 1 for each in several)
    if not freedom:
        return None
    squares = sum(float(np.var(each)) * len(each) for each in several)
    return Spread(math.sqrt(squares / freedom), freedom)
