"""What each library does of a cell's matrix products alone, launch by launch."""

from collections.abc import Sequence
from math import log
from statistics import median

from aebench.reports import record
from aebench.reports.summary.cell_rounds import Key, LaunchKey
from aebench.reports.summary.shared import ContenderView

JIT = ":jit"


class Libraries:
    """The seconds that each library takes for the products of a step, by launch.

    Parameters
    ----------
    views : sequence of ContenderView
        All contenders. The baseline ``gemm`` times all libraries, or a contender its own.
    key : tuple
        The cell: model, workload, batch size.
    """

    def __init__(self, views: Sequence[ContenderView], key: Key) -> None:
        model, workload, batch_size = key
        found: dict[str, dict[LaunchKey, list[float]]] = {}
        for view in views:
            for each in view.of_batch(record.Library, model, batch_size):
                if each.workload == workload:
                    timed = each.library_step_seconds.items()
                    for library, seconds in ((name, took) for name, took in timed if took > 0):
                        of_library = found.setdefault(library, {})
                        of_library.setdefault((view.run, each.launch), []).append(seconds)
        self._seconds = {
            library: {launch: median(each) for launch, each in of_library.items()}
            for library, of_library in found.items()
        }

    def samples_per_second(self, batch_size: int) -> dict[str, float]:
        """Return each library's samples per second, the median over launches, fastest first."""
        found = {
            name: batch_size / median(seconds.values()) for name, seconds in self._seconds.items()
        }
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))

    def name_of(self, info: record.ContenderInfo) -> str:
        """Return the name of the library that a contender computes with; empty if not timed."""
        compiled = info.computes_with + JIT
        if info.settings.get("jit") == "on" and compiled in self._seconds:
            return compiled
        return info.computes_with if info.computes_with in self._seconds else ""

    def ratio_means(self, name: str, against: str) -> list[float]:
        """Return for each launch the log-ratio of two libraries' seconds."""
        mine, other = (self._seconds.get(each, {}) for each in (name, against))
        return [log(mine[at]) - log(other[at]) for at in sorted(mine.keys() & other.keys())]
