"""Define a command to run and its outcome.

Only the standard library is imported here, since the zygote imports this file.
"""

from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 20.0
ADDRESS_SPACE_BYTES = 6 * 2**30


@dataclass(frozen=True)
class Call:
    """Hold a command to run.

    ``stdout`` and ``stderr`` are ``kept``, ``full`` (a full disk), ``unread`` (a pipe whose reader
    is gone) or ``closed``. A ``fresh`` call starts a new Python. Other calls are forked from a
    process that has imported everything: that is quicker, and the programs that the command would
    start are seen.
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
    """Hold what came of a call.

    ``code`` is the exit code, negative for a signal, None if the call took too long. ``error`` is
    an exception that was never caught. ``where`` is the place of that exception, or the place at
    which a call was that took too long.
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
