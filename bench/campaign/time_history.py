"""Keep what passes took on this machine, so that later runs are forecast from it."""

import hashlib
import statistics
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from aebench.bench.campaign import user_cache
from aebench.bench.plan.forecast import ForecastRange
from aebench.bench.system import machine
from aebench.reports.files import read_plain

_FORMAT = 1
# Ranges come from the latest runs: a machine changes, and its frameworks too.
_KEPT_RUNS = 10
# Below three runs a range is widened: the same work differs by a factor of 2 between two days.
_ENOUGH_RUNS, _WIDENED = 3, 1.5
# Shorter passes tell the start of a process, and nothing of a pace.
_LEAST_SECONDS = 2.0
_MOST_BYTES = 2**16

_Ratio = Annotated[float, Meta(gt=0, lt=1e4)]


class _Kept(msgspec.Struct, frozen=True):
    """The latest ratios of each pass, oldest first, as a file holds them."""

    ratios: dict[str, Annotated[list[_Ratio], Meta(min_length=1, max_length=_KEPT_RUNS)]]
    format: int = _FORMAT


class TimeHistory:
    """The times of passes on this machine, divided by their estimates.

    A file that can't be read, or isn't what was written, counts as missing. A file that can't be
    written is left out. Nothing is raised: without the file a forecast has a wider range.

    Parameters
    ----------
    environment : mapping of str to str
        The environment's variables, which name the user's folder of caches.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        folder = user_cache.folder(environment, "times")
        named = repr((sorted(machine.identity().items()), machine.usable_cores()))
        name = hashlib.sha256(named.encode()).hexdigest()[:16]
        self._path = folder / f"{name}.json" if folder else None

    def ratios(self) -> dict[str, ForecastRange]:
        """Return the ratio of each pass that was measured here: median, and range of all runs."""
        found = {}
        for name, ratios in self._read().items():
            wider = _WIDENED if len(ratios) < _ENOUGH_RUNS else 1.0
            low, high = min(ratios) / wider, max(ratios) * wider
            found[name] = ForecastRange(low, statistics.median(ratios), high)
        return found

    def keep(self, pass_name: str, estimated: float, seconds: float) -> None:
        """Keep what a pass took.

        Parameters
        ----------
        pass_name : str
            The pass.
        estimated : float
            The estimate of the tasks that were measured, at a pace of 1, in seconds.
        seconds : float
            What they took, in seconds.
        """
        if self._path is None or min(estimated, seconds) < _LEAST_SECONDS:
            return
        kept = self._read()
        kept[pass_name] = [*kept.get(pass_name, []), seconds / estimated][-_KEPT_RUNS:]
        user_cache.write(self._path, msgspec.json.encode(_Kept(kept)))

    def _read(self) -> dict[str, list[float]]:
        if self._path is None:
            return {}
        try:
            found = msgspec.json.decode(read_plain(self._path, _MOST_BYTES), type=_Kept)
        except (OSError, ValueError, RecursionError):  # msgspec's errors are ValueErrors
            return {}
        return dict(found.ratios) if found.format == _FORMAT else {}
