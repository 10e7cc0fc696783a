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
    """The process's memory after a repeat of a loop, and what the framework says it holds."""

    anonymous_bytes: int
    resident_bytes: int
    allocated_bytes: int | None = None


@dataclass(frozen=True)
class LoopEnd:
    """What a loop left behind.

    Parameters
    ----------
    collecting : bool
        Whether Python collected garbage meanwhile.
    before, half, after : LoopReading
        The memory before the first repeat, at half-time and after the last repeat, each after a
        collection. Without collection there is none at half-time, and none before ``after``.
    held : dict of str to int
        How many more objects there are, by type.
    arrays_before, arrays_after : int, optional
        How many of the framework's arrays are alive.
    """

    collecting: bool
    before: LoopReading
    half: LoopReading | None
    after: LoopReading
    held: dict[str, int]
    arrays_before: int | None = None
    arrays_after: int | None = None
