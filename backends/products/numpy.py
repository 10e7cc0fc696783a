"""Compute products with NumPy's linear algebra library, and stream memory in threads."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from aebench.backends.products import Array, Chain, Repeatable, Reusing, step


class NumpyProducts:
    """Products of a chain: one call of the linear algebra library after the other.

    Python's part is a call per product, about a microsecond. NumPy has no compiler that could loop.
    """

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._multiply = Reusing(lambda left, right, out: np.matmul(left, right, out=out))

    def run(self, times: int) -> Any:
        """Compute the products of ``times`` steps."""
        chain, start = self._chain, self._chain.start
        kept: list[Any] = []
        for _ in range(times):
            self._multiply.begin_step()
            start, kept = step(start, chain.kernels, chain, self._multiply, np.concatenate)
        return start, kept


class NumpyStream:
    """Passes over memory, on all cores that the process may use: a thread for each of them.

    NumPy adds on one core, and lets other threads run meanwhile.
    """

    def __init__(self, floats: int) -> None:
        affinity = getattr(os, "sched_getaffinity", None)
        cores = len(affinity(0)) if affinity else os.cpu_count() or 1
        sizes = [len(part) for part in np.array_split(np.empty(floats, np.int8), cores)]
        self._parts: list[tuple[Array, Array]] = [
            (np.zeros(size, np.float32), np.full(size, 1e-6, np.float32)) for size in sizes if size
        ]
        self._pool = ThreadPoolExecutor(len(self._parts))

    def run(self, times: int) -> Any:
        """Run ``times`` passes."""

        def add(part: tuple[Array, Array]) -> None:
            to, what = part
            for _ in range(times):
                np.add(to, what, out=to)

        return list(self._pool.map(add, self._parts))


LOOPS: dict[str, Callable[[Chain], Repeatable]] = {"numpy": NumpyProducts}
STREAM = NumpyStream
