"""The messages of the memory pass's loops."""

from dataclasses import dataclass, field

from aebench.bench.protocol.messages.cold_start import ColdStartJob


@dataclass(frozen=True)
class LoopJob(ColdStartJob):
    """Repeat a loop, answer after each repeat, then describe what is left.

    Parameters
    ----------
    loop : str
        The loop's name; see :data:`aebench.bench.protocol.loops.LOOPS`.
    repeats : int
        Number of repeats after those that warm up.
    """

    PASS = "memory_loop"
    loop: str = field(kw_only=True)
    repeats: int = field(kw_only=True)


@dataclass(frozen=True)
class LoopReading:
    """The process's memory after a repeat of a loop."""

    anonymous_bytes: int
    resident_bytes: int


@dataclass(frozen=True)
class LoopEnd:
    """What a loop left behind: anonymous memory before and after, and how many more objects."""

    collecting: bool
    before_bytes: int
    after_bytes: int
    held: dict[str, int]
