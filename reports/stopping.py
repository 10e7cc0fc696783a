"""Stop a run when it knows enough, without peeking: levels of looks, and launches for a width."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from aebench.reports.launches import Error, Spread, combined, mean_error
from aebench.reports.record import Cell, Look, StoppingRule
from aebench.reports.statistics import student_quantile

# Beyond so many launches a width counts as out of reach.
_MOST_LAUNCHES = 10_000


def spent_share(rule: StoppingRule | None, launches: int) -> float:
    """Return the share of the probability of error that a run may spend at a look.

    Parameters
    ----------
    rule : StoppingRule or None
        The rule; None for a run of fixed size.
    launches : int
        Number of launches at the look.

    Returns
    -------
    float
        For the rule ``decided``, f(t) less the f of the look before, with f(t) = ln(1 + (e - 1) t)
        and t = ``launches`` / most launches. The shares of all looks add up to 1. For a run of
        fixed size, and for the rule ``width``, whose looks see no ratio, 1.

    Notes
    -----
    Lan and DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70 (1983),
    whose function of Pocock's type this is. It spends evenly, so that clear differences end early,
    at wider intervals for those who go on; one of O'Brien and Fleming's type would hardly let
    anyone stop before half of the launches, and most differences between backends are clear.

    A look has the level alpha · share itself. By Bonferroni's inequality the intervals of all
    looks are right together, whatever the rule by which one stops: they are repeated confidence
    intervals (Jennison and Turnbull, "Interim analyses: the repeated confidence interval approach",
    Journal of the Royal Statistical Society B 51, 1989). Boundaries by the joint distribution of
    the looks would be narrower. But they hold for Brownian motion: here there are few launches,
    Student's t, and spreads that are pooled anew at every look.
    """
    if rule is None or rule.by_width:
        return 1.0
    at = min(max(launches, rule.first_look), max(rule.most_launches, rule.first_look))
    before = at - 1 if at > rule.first_look else 0
    return _spent(at / rule.most_launches) - _spent(before / rule.most_launches)


def _spent(fraction: float) -> float:
    return math.log1p((math.e - 1) * fraction)


def enough(looks: Iterable[Look]) -> dict[Cell, int]:
    """Return the number of launches that suffice, for each cell of which looks tell it."""
    found: dict[Cell, int] = {}
    for look in looks:
        if look.enough is not None:
            cell = Cell(look.model, look.workload, look.batch_size)
            found[cell] = min(look.enough, found.get(cell, look.enough))
    return found


def launches_for(
    width: float, known: Spread, further: Sequence[Error] = (), least: int = 2
) -> int | None:
    """Return how many launches make a 95 % interval as narrow as a width.

    Parameters
    ----------
    width : float
        The interval's upper end over its value, less 1.
    known : Spread
        The spread between launches, from the first stage.
    further : sequence of Error
        Errors that all launches share.
    least : int
        The launches of the first stage.

    Returns
    -------
    int or None
        At least ``least``; None if 10,000 launches are too few.

    Notes
    -----
    Without further errors it is (t · sd / ln(1 + width))², rounded up. The mean over all launches
    doesn't depend on the spread of the first: with that spread and its degrees of freedom the
    interval covers exactly. Stein, "A two-sample test for a linear hypothesis whose power is
    independent of the variance", Annals of Mathematical Statistics 16 (1945).
    """

    def narrow(launches: int) -> bool:
        own = mean_error(known, launches)
        assert own
        error = combined(own, *further)
        reach = student_quantile(0.975, error.freedom) * error.standard_error
        return reach <= math.log1p(width)

    if not narrow(_MOST_LAUNCHES):
        return None
    return bisect_left(range(_MOST_LAUNCHES), True, lo=least, key=narrow)
