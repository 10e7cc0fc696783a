"""Sample the memory of another process over time, with memory_profiler."""

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aebench.bench.system import proc_memory

# The pause between two samples. Taking a sample takes a few milliseconds more.
PAUSE_SECONDS = 0.02
_MOST_SAMPLES = 2000
_MIB = 2**20


@dataclass
class Curve:
    """The samples of one process's memory.

    Parameters
    ----------
    began_seconds : float
        The time at which sampling began, on the clock of :func:`time.time`.
    seconds : list of float
        The times of the samples, counted from the beginning.
    proportional_bytes : list of int
        The proportional set size (PSS) in the samples.
    anonymous : list of (float, int)
        The times of samples of anonymous memory, and their bytes; empty if the system doesn't show
        them.
    reason : str
        Why there are no samples, or why sampling ended early; empty after complete sampling.
    """

    began_seconds: float
    seconds: list[float] = field(default_factory=list)
    proportional_bytes: list[int] = field(default_factory=list)
    anonymous: list[tuple[float, int]] = field(default_factory=list)
    reason: str = ""

    def now(self) -> float:
        """Return the seconds since sampling began."""
        return time.time() - self.began_seconds

    def highest_anonymous_bytes(self, since_seconds: float, at_end: int | None) -> int | None:
        """Return the most anonymous bytes since a time, by the samples and by the worker itself.

        Parameters
        ----------
        since_seconds : float
            The beginning of the phase, in seconds since sampling began.
        at_end : int or None
            The anonymous bytes that the worker read at the phase's end; None if it can't.

        Returns
        -------
        int or None
            A lower bound of the peak, which a short peak between two samples may exceed; None if
            the system shows no anonymous memory, or nothing was sampled.
        """
        samples = [size for when, size in self.anonymous if when >= since_seconds]
        return None if at_end is None or not self.anonymous else max([*samples, at_end])

    def event_fields(self) -> dict[str, Any]:
        """Return the fields of the record's event, with at most 2000 samples.

        A longer curve is cut into stretches of equally many samples, and the highest sample of
        each stretch is kept.
        """
        samples = list(zip(self.seconds, self.proportional_bytes, strict=True))
        length = -(-len(samples) // _MOST_SAMPLES) or 1
        kept = [
            max(samples[begin : begin + length], key=lambda sample: sample[1])
            for begin in range(0, len(samples), length)
        ]
        return {
            "seconds": [sample[0] for sample in kept],
            "proportional_bytes": [sample[1] for sample in kept],
            "reason": self.reason,
        }


@contextmanager
def sampling(pid: int) -> Iterator[Curve]:
    """Sample the memory of a process in a thread while the ``with`` block runs; yield the samples.

    memory_profiler gets the process id. If it got a function, it would fork and might run the
    function twice.
    """
    curve = Curve(time.time())
    done = threading.Event()
    thread = threading.Thread(target=_sample, args=(pid, curve, done))
    thread.start()
    try:
        yield curve
    finally:
        done.set()
        thread.join()


def _sample(pid: int, curve: Curve, done: threading.Event) -> None:
    try:
        from memory_profiler import memory_usage
    except ImportError as error:
        curve.reason = f"memory-profiler can't be used here: {error}"
        return
    while not done.is_set():
        with contextlib.suppress(OSError):
            curve.anonymous.append((curve.now(), proc_memory.anonymous_bytes(pid)))
        try:
            # A call without a timeout takes one sample, and returns after the pause.
            ((mebibytes, when),) = memory_usage(
                pid, PAUSE_SECONDS, timestamps=True, backend="psutil_pss"
            )
        except Exception as error:  # errors of psutil, or of memory_profiler
            curve.reason = f"sampling ended: {type(error).__name__}: {error}"
            return
        curve.seconds.append(when - curve.began_seconds)
        curve.proportional_bytes.append(round(mebibytes * _MIB))
