"""Time a round without garbage collection, which would take time at a moment of its own choice."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from aebench.bench.protocol.messages.speed import RoundTimes

R = TypeVar("R")


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Collect garbage once, then not again until the ``with`` block ends."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def time_round(run: Callable[[int], R], steps: int, discarded_steps: int) -> tuple[RoundTimes, R]:
    """Time one round without garbage collection.

    Parameters
    ----------
    run : callable
        Runs a number of steps, and returns when they are computed.
    steps : int
        Number of timed steps.
    discarded_steps : int
        Number of discarded steps before them: the first steps after a pause are slow.

    Returns
    -------
    (RoundTimes, object)
        Times of the round, and what ``run`` returned for the timed steps.
    """
    with no_garbage_collection():
        called = time.perf_counter()
        run(discarded_steps)
        began = time.perf_counter()
        cpu_began = time.process_time()
        result = run(steps)
        seconds = time.perf_counter() - began
        cpu_seconds = time.process_time() - cpu_began
    return RoundTimes(seconds, cpu_seconds, discarded_seconds=began - called), result
