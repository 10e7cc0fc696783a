"""Time the loops of libraries in short trials."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from aebench import backends
from aebench.backends import products
from aebench.backends.products import Repeatable

# Number of trials per library, and duration of a trial.
_TRIALS = 3
TRIAL_SECONDS = 0.1
# Threads of the last trial's library may keep a core busy for some 10 ms.
_PAUSE_SECONDS = 0.02


class Timed:
    """Work of a library that is done and waited for."""

    def __init__(self, work: Repeatable, wait: Callable[[Any], None]) -> None:
        self._work = work
        self._wait = wait

    def run(self, times: int) -> None:
        """Do the work ``times`` times, and wait for it."""
        self._wait(self._work.run(times))

    def seconds(self, times: int) -> float:
        """Return the seconds of :meth:`run`."""
        began = time.perf_counter()
        self.run(times)
        return time.perf_counter() - began


def fastest_trials(works: Mapping[str, Timed], trial_seconds: float) -> dict[str, float]:
    """Return the seconds that each work takes once, by its fastest trial.

    The works take turns, so that what the machine does meanwhile falls on all of them.
    """
    times = {}
    for name, work in works.items():
        work.run(1)
        count = 1
        # Double until a trial is long enough: few short steps would mostly time how long a result
        # takes to come back.
        while (seconds := work.seconds(count)) < trial_seconds / 4:
            count *= 2
        times[name] = math.ceil(count * trial_seconds / seconds)
    trials: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(_TRIALS):
        for name, work in works.items():
            time.sleep(_PAUSE_SECONDS)
            trials[name].append(work.seconds(times[name]) / times[name])
    return {name: min(seconds) for name, seconds in trials.items()}


def own_step_seconds(
    backend: str, compiled: bool, shapes: list[tuple[int, int]], batch_size: int, workload: str
) -> dict[str, float]:
    """Time a step's products with the library of one backend.

    Parameters
    ----------
    backend : str
        The backend.
    compiled : bool
        Whether the backend was asked to compile: then the library's compiler is used if it has one.
    shapes, batch_size, workload
        See :func:`aebench.backends.products.chain`.

    Returns
    -------
    dict of str to float
        The seconds of a step, by the library's name; empty if the backend has no library.
    """
    if not backends.load(backend).PRODUCTS:
        return {}
    loops = products.load(backend).LOOPS
    name = f"{backend}:jit" if compiled and f"{backend}:jit" in loops else backend
    if name not in loops:
        return {}
    loop = loops[name](products.chain(shapes, batch_size, workload))
    return fastest_trials({name: Timed(loop, backends.load(backend).wait)}, TRIAL_SECONDS)
