"""Memory over time, sampled by memory_profiler from outside the process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

# Between a sample and the next one; reading takes a few milliseconds more.
PAUSE_SECONDS = 0.02
_MOST_SAMPLES = 2000
_MIB = 2**20


@dataclass
class Curve:
    """What was sampled.

    Parameters
    ----------
    began_seconds : float
        When sampling began, on the clock of :func:`time.time`.
    seconds, proportional_bytes : list
        Of each sample: when, counted from the beginning, and how much (PSS).
    reason : str
        Why there is nothing, or nothing more.
    """

    began_seconds: float
    seconds: list[float] = field(default_factory=list)
    proportional_bytes: list[int] = field(default_factory=list)
    reason: str = ""

    def now(self) -> float:
        """Tell how long ago sampling began, in seconds."""
        return time.time() - self.began_seconds

    def thinned(self) -> dict[str, Any]:
        """Return what is recorded: of a long curve the highest sample of each stretch."""
        samples = list(zip(self.seconds, self.proportional_bytes, strict=True))
        length = -(-len(samples) // _MOST_SAMPLES) or 1
        kept = [
            max(samples[begin : begin + length], key=lambda each: each[1])
            for begin in range(0, len(samples), length)
        ]
        return {
            "seconds": [each[0] for each in kept],
            "proportional_bytes": [each[1] for each in kept],
            "reason": self.reason,
        }


@contextmanager
def sampled(pid: int) -> Iterator[Curve]:
    """Sample a process meanwhile, in a thread of this one.

    Only by process id: given a function, memory_profiler forks, and may run it twice.
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
        try:
            # One sample, and the pause after it, are what a call without a timeout is.
            ((mebibytes, when),) = memory_usage(
                pid, PAUSE_SECONDS, timestamps=True, backend="psutil_pss"
            )
        except Exception as error:  # it raises whatever psutil does, and errors of its own
            curve.reason = f"sampling ended: {type(error).__name__}: {error}"
            return
        curve.seconds.append(when - curve.began_seconds)
        curve.proportional_bytes.append(round(mebibytes * _MIB))
