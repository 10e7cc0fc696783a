"""Fixed work of the parent's own, timed in every block: its spread is the machine's."""

import statistics
import time

import numpy as np

# About 20 ms on one core: long against the clock, short against a block.
_PASSES = 240
_VALUES = np.linspace(0.1, 1.0, 2**16, dtype=np.float32)


def seconds() -> float:
    """Time element-wise NumPy work, which runs on one core whatever else NumPy was built with."""
    began = time.perf_counter()
    values = _VALUES.copy()
    for _ in range(_PASSES):
        np.exp(values, out=values)
        np.log1p(values, out=values)
    return time.perf_counter() - began


def usual_seconds(times: int = 5) -> float:
    """Time it several times, and return the median."""
    return statistics.median(seconds() for _ in range(times))
