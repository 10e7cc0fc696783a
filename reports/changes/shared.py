"""Parts that all quantities' changes use: sides' values, and why seconds don't compare."""

from collections.abc import Callable, Sequence

from aebench.reports.changes.run_values import RunValue, RunValues
from aebench.reports.changes.sides import Sides
from aebench.reports.launches import estimate
from aebench.reports.statistics import Estimate

MOST_CELLS = 5_000
MACHINES = "the machines differ"
Value = Callable[[RunValues], RunValue | None]


def seconds_obstacle(found: Sides, value: Value) -> str:
    """Return why seconds of both sides can't be compared; empty if they can."""
    if not found.one_machine:
        return MACHINES
    if found.controls_apart:
        return found.controls_apart
    between = found.between(value)
    if between is None or between.freedom < 2:
        return "how much this machine's runs differ isn't known: give --history"
    return ""


def of_side(known: Sequence[RunValue]) -> Estimate:
    """Return a quantity on one side, with the interval of a single run's launches."""
    middle = sum(each.log for each in known) / len(known)
    return estimate(middle, known[0].error if len(known) == 1 else None)


def shared(found: Sides, of: Callable[[RunValues], object]) -> list:  # type: ignore[type-arg]
    """Return the keys that a run on either side has, in the order of the first run."""
    base, new = (
        dict.fromkeys(key for run in runs for key in of(run))  # type: ignore[attr-defined]
        for runs in (found.base, found.new)
    )
    return [key for key in base if key in new][:MOST_CELLS]
