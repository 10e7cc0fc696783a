"""Read a value again and again in a thread, while the program waits for something else."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PAUSE_SECONDS = 0.02


@contextmanager
def sampled(read: Callable[[], int]) -> Iterator[list[int]]:
    """Call a function every 20 ms while the ``with`` block runs; yield the list of its results."""
    values: list[int] = []
    done = threading.Event()

    def sample() -> None:
        while not done.wait(_PAUSE_SECONDS):
            values.append(read())

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield values
    finally:
        done.set()
        sampler.join()
