"""The steady part of whole calls: seconds of the steps inside them, launch by launch."""

from collections.abc import Sequence
from math import log
from statistics import fmean, median

from aebench.reports import record
from aebench.reports.summary.cell_rounds import Key, LaunchKey
from aebench.reports.summary.shared import ContenderView


class SteadySteps:
    """The rounds of steps inside a cell's calls; there are none where rounds are of steps anyway.

    Parameters
    ----------
    views : sequence of ContenderView
        All contenders.
    key : tuple
        The cell: model, workload, batch size.
    """

    def __init__(self, views: Sequence[ContenderView], key: Key) -> None:
        model, workload, batch_size = key
        self._logs: dict[str, dict[LaunchKey, dict[int, float]]] = {}
        for view in views:
            for row in view.of_batch(record.SteadyRound, model, batch_size):
                if row.workload == workload:
                    of_launch = self._logs.setdefault(view.name, {})
                    rounds = of_launch.setdefault((view.run, row.launch), {})
                    rounds[row.number] = log(row.seconds / row.steps)

    def step_means(self, name: str) -> list[float]:
        """Return for each launch the logarithm of a contender's median seconds per step."""
        return [median(rounds.values()) for _, rounds in sorted(self._logs.get(name, {}).items())]

    def ratio_means(self, name: str, against: str) -> list[float]:
        """Return for each launch the mean log-ratio of two contenders' rounds of one number."""
        mine, other = self._logs.get(name, {}), self._logs.get(against, {})
        found = []
        for launch in sorted(mine.keys() & other.keys()):
            numbers = mine[launch].keys() & other[launch].keys()
            if numbers:
                found.append(
                    fmean(mine[launch][each] - other[launch][each] for each in sorted(numbers))
                )
        return found
