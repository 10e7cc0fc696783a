"""Time the two machine controls: work of the parent that shows what state the machine is in.

One computes in a core's own cache, without calls of a mathematics library, whose speed differs by
a factor of twenty between processors. The other streams memory, with all cores that a run may use:
a neighbour that takes memory's bandwidth or the shared cache slows it, and is in no steal.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

import numpy as np
import psutil

from aebench.bench.system.caches import last_level_bytes
from aebench.bench.system.machine import usable_cores
from aebench.reports.record import ControlSizes
from aebench.reports.record.bounds import (
    MOST_ARRAY_BYTES,
    MOST_PASSES,
    MOST_STREAMED_BYTES,
    MOST_THREADS,
)

# What the controls take when they are calibrated: long beside the clock's resolution and the start
# of threads (0.1 ms), short beside a block.
COMPUTE_SECONDS, STREAMING_SECONDS = 0.005, 0.010
# 64 KiB: they stay in a core's own cache, and a call takes long beside Python's part of it.
_VALUES = 2**14
_FLOAT_BYTES = 4
# The two streamed arrays together are so many times as large as the last-level cache, since some
# caches keep half of what is streamed through twice their size.
_TIMES_THE_CACHE = 4
# The cache's size where the system doesn't show it: larger than most desktops have.
ASSUMED_CACHE_BYTES = 64 * 2**20
# Both arrays take at least so much, and at most this share of the machine's memory.
_LEAST_BYTES, MOST_MEMORY_SHARE = 64 * 2**20, 1 / 16
_TIMES = 9


class MachineControls:
    """The machine controls of one run. They hold memory and threads, which sleep between uses.

    Parameters
    ----------
    sizes : ControlSizes
        How much work a control is: the same all along a run.
    """

    def __init__(self, sizes: ControlSizes) -> None:
        self.sizes = sizes
        self._values = np.full(_VALUES, 0.5, np.float32)
        length = sizes.array_bytes // _FLOAT_BYTES
        # Values are written, since pages that never were are all the same page of zeros.
        self._weights = np.full(length, 1.0, np.float32)
        self._gradients = np.full(length, 0.0, np.float32)
        self._at = 0
        self._pool = ThreadPoolExecutor(sizes.threads, initializer=_keep_to, initargs=(sizes,))

    def __enter__(self) -> "MachineControls":
        """Return the controls themselves."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the threads."""
        self._pool.shutdown()

    def compute_seconds(self) -> float:
        """Return the seconds of products and sums in a core's own cache, on a single core."""
        values, half, quarter = self._values, np.float32(0.5), np.float32(0.25)
        began = time.perf_counter()
        for _ in range(self.sizes.compute_passes):
            np.multiply(values, half, out=values)
            np.add(values, quarter, out=values)
        return time.perf_counter() - began

    def streaming_seconds(self) -> float:
        """Return the seconds of an update of many weights: read, read, write, on all cores.

        Every call goes on where the last one ended, so that what it reads isn't in the cache.
        """
        parts: list[list[tuple[int, int]]] = [[] for _ in range(self.sizes.threads)]
        for begin, end in self._next_stretches():
            edges = np.linspace(begin, end, len(parts) + 1).astype(int).tolist()
            for part, low, high in zip(parts, edges, edges[1:], strict=False):
                part.append((low, high))
        began = time.perf_counter()
        for done in self._pool.map(self._stream, parts):
            assert done
        return time.perf_counter() - began

    def _next_stretches(self) -> Iterator[tuple[int, int]]:
        """Yield the ends of the stretches to stream: to the arrays' end, then from their begin."""
        left = self.sizes.streamed_bytes // 3 // _FLOAT_BYTES
        while left > 0:
            end = min(self._at + left, len(self._weights))
            yield self._at, end
            left -= end - self._at
            self._at = end % len(self._weights)

    def _stream(self, stretches: list[tuple[int, int]]) -> bool:
        for begin, end in stretches:
            weights = self._weights[begin:end]
            np.add(weights, self._gradients[begin:end], out=weights)
        return True


def calibrated(threads: int = 0) -> MachineControls:
    """Return controls that take some 5 and some 10 ms on this machine now.

    Parameters
    ----------
    threads : int
        Number of cores that a run may use; 0 for all cores that this process may use.
    """
    cores = _cores(threads)
    cache_bytes = last_level_bytes(cores)
    size = array_bytes(cache_bytes, psutil.virtual_memory().total)
    # More threads than that stream no faster, and take long to start.
    used = min(len(cores), MOST_THREADS)

    def sizes(passes: int, streamed_bytes: int) -> ControlSizes:
        return ControlSizes(passes, streamed_bytes, size, used, cache_bytes)

    controls = MachineControls(sizes(1, 3 * 2**20))

    def compute(passes: int) -> float:
        controls.sizes = sizes(passes, controls.sizes.streamed_bytes)
        return controls.compute_seconds()

    def stream(streamed_bytes: int) -> float:
        controls.sizes = sizes(controls.sizes.compute_passes, streamed_bytes)
        return controls.streaming_seconds()

    passes = _amount(compute, COMPUTE_SECONDS, 1, MOST_PASSES)
    streamed_bytes = _amount(stream, STREAMING_SECONDS, 3 * 2**20, MOST_STREAMED_BYTES)
    controls.sizes = sizes(passes, streamed_bytes)
    return controls


def array_bytes(cache_bytes: int | None, memory_bytes: int) -> int:
    """Return the bytes of each of the two streamed arrays.

    Parameters
    ----------
    cache_bytes : int or None
        Size of the last-level cache; None if unknown.
    memory_bytes : int
        The machine's memory.
    """
    wanted = max(_LEAST_BYTES, _TIMES_THE_CACHE * (cache_bytes or ASSUMED_CACHE_BYTES))
    most = min(2 * MOST_ARRAY_BYTES, int(memory_bytes * MOST_MEMORY_SHARE))
    return max(2**20, min(wanted, most) // 2)


def _amount(work: Callable[[int], float], seconds: float, least: int, most: int) -> int:
    """Return the amount of some work that usually takes about so many seconds."""
    amount = least
    # A single moment that other work made long must not end this.
    while 2 * amount <= most and min(work(amount) for _ in range(3)) < seconds / 2:
        amount *= 2
    usual = statistics.median(work(amount) for _ in range(_TIMES))
    return max(1, min(most, round(amount * min(4.0, seconds / max(usual, 1e-9)))))


def _cores(threads: int) -> list[int]:
    """Return the numbers of the cores that a run's workers may use."""
    if hasattr(os, "sched_getaffinity"):
        found = sorted(os.sched_getaffinity(0))
    else:
        found = list(range(usable_cores()))
    return found[: threads or len(found)]


def _keep_to(sizes: ControlSizes) -> None:
    """Keep the calling thread to the cores of the workers, where the system can."""
    if hasattr(os, "sched_setaffinity") and sizes.threads < MOST_THREADS:
        os.sched_setaffinity(0, _cores(sizes.threads))
