"""Time fixed work in the parent when a run begins or goes on, to see if the machine is as fast.

Unlike the machine controls, this work is the same in every run, so that runs can be compared.
"""

import statistics
import time

import numpy as np

# With this many passes the work takes about 20 ms on one core: much longer than the clock's
# resolution.
_PASSES = 240
_VALUES = np.linspace(0.1, 1.0, 2**16, dtype=np.float32)


def seconds() -> float:
    """Return the seconds of element-wise NumPy work, which always runs on a single core."""
    began = time.perf_counter()
    values = _VALUES.copy()
    for _ in range(_PASSES):
        np.exp(values, out=values)
        np.log1p(values, out=values)
    return time.perf_counter() - began


def usual_seconds(times: int = 5) -> float:
    """Time the fixed work several times, and return the median seconds."""
    return statistics.median(seconds() for _ in range(times))
