"""Forecast the time of a plan: a middle and a range, from estimates and from earlier runs here."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from aebench.bench.plan.estimate import task_seconds
from aebench.bench.plan.plan import Plan
from aebench.reports.formatting import duration
from aebench.reports.record import Task


class ForecastRange(NamedTuple):
    """A figure with its range: seconds, or a ratio of seconds."""

    low: float
    middle: float
    high: float

    def times(self, factor: float) -> "ForecastRange":
        """Return the range multiplied by a factor."""
        return ForecastRange(self.low * factor, self.middle * factor, self.high * factor)

    def __str__(self) -> str:
        """Return the range of seconds as text."""
        if not self.middle:
            return "–"
        return f"{duration(self.middle)} ({duration(self.low)} to {duration(self.high)})"


# The time of a pass divided by its estimate, on a machine on which no run was kept. Of 37 passes in
# committed records, from three machines, 33 were in this range, and none was above it.
UNKNOWN = ForecastRange(0.3, 1.0, 2.0)


@dataclass(frozen=True)
class Forecast:
    """What tasks will take on this machine.

    Parameters
    ----------
    pace : float
        How many times as long matrix products take here as on the machine of the estimates.
    ratios : mapping of str to ForecastRange
        The time that passes took here in earlier runs, divided by their estimates at a pace of 1.
        A pass that no earlier run measured has no entry.
    """

    pace: float = 1.0
    ratios: Mapping[str, ForecastRange] = field(default_factory=dict)

    def seconds(
        self, plan: Plan, task: Task, train_samples: int, test_samples: int
    ) -> ForecastRange:
        """Return the seconds that a task of a plan takes here.

        Parameters
        ----------
        plan : Plan
            The plan.
        task : Task
            A task of the plan.
        train_samples, test_samples : int
            Numbers of training and of test samples.
        """
        known = self.ratios.get(task.pass_name)
        pace = self.pace if known is None else 1.0
        return (known or UNKNOWN).times(task_seconds(plan, task, train_samples, test_samples, pace))


def total(spans: Sequence[ForecastRange]) -> ForecastRange:
    """Return the sum of ranges. Their ends add up: what slows one task slows the others too."""
    return ForecastRange(
        math.fsum(span.low for span in spans),
        math.fsum(span.middle for span in spans),
        math.fsum(span.high for span in spans),
    )
