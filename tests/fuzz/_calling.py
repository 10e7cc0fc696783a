"""What is called, and what came of it. Standard library only: the zygote uses it."""

from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 20.0
ADDRESS_SPACE_BYTES = 6 * 2**30


@dataclass(frozen=True)
class Call:
    """One command.

    ``stdout`` and ``stderr`` are ``kept``, ``full`` (a full disk), ``unread`` (a pipe whose reader
    is gone) or ``closed``. A ``fresh`` one is a Python of its own; else it is forked from one that
    has imported everything, which is quicker, and sees which programs it would run.
    """

    arguments: tuple[str, ...]
    environment: dict[str, str]
    folder: str
    room: str
    may_run: tuple[str, ...] = ()
    stdout: str = "kept"
    stderr: str = "kept"
    folder_gone: bool = False
    fresh: bool = False
    seconds: float = SECONDS


@dataclass
class Outcome:
    """What came of a call.

    ``code`` is negative for a signal, None where it took too long. ``error`` and ``where`` are of
    an exception that nothing caught; ``where`` also of what took too long.
    """

    code: int | None
    out: bytes
    err: bytes
    seconds: float
    peak_bytes: int
    error: str = ""
    where: str = ""
    ran: list[str] = field(default_factory=list)
    wrote: list[str] = field(default_factory=list)
    survivors: bool = False
