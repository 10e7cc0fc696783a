"""Read the memory of this process, and the exact peak of a phase.

Linux keeps a high-water mark of resident memory per process, and resets it on request. A phase's
peak is therefore exact and needs no sampling. ``ru_maxrss`` can't be used: in a spawned process
it starts at the parent's peak. Only the standard library is imported: workers import this file
before they are measured.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")
_ROLLUP = Path("/proc/self/smaps_rollup")
_CLEAR_REFS = Path("/proc/self/clear_refs")
_MEMINFO = Path("/proc/meminfo")
_SHARES = ("proportional_bytes", "private_bytes", "anonymous_bytes")


def exact_peaks() -> bool:
    """Return whether this system can reset the high-water mark."""
    try:
        reset_peak()
    except OSError:
        return False
    return True


def reset_peak() -> None:
    """Reset the high-water mark to the memory that is resident now."""
    _CLEAR_REFS.write_text("5")


def resident_bytes() -> int:
    """Return the resident bytes; 0 if this process can't read them: its parent then reads them."""
    try:
        return _status_bytes("VmRSS")
    except OSError:
        return 0


def peak_bytes() -> int:
    """Return the most bytes that were resident since :func:`reset_peak`."""
    return _status_bytes("VmHWM")


def available_bytes() -> int:
    """Return the bytes that processes can take before the system swaps.

    Raises
    ------
    OSError
        If the system doesn't show them.
    """
    return _bytes(_MEMINFO, "MemAvailable")


def anonymous_bytes(pid: int | None = None) -> int:
    """Return the resident bytes that aren't mapped from files, such as the heap.

    Parameters
    ----------
    pid : int, optional
        The process; this one if left out.

    Raises
    ------
    OSError
        If the system doesn't show them.
    """
    return _bytes(_STATUS if pid is None else Path(f"/proc/{pid}/status"), "RssAnon")


def shares() -> dict[str, int | None]:
    """Return the memory of this process with shared pages divided or left out.

    The system looks at every page for it, which takes milliseconds: it is read between phases.

    Returns
    -------
    dict
        ``proportional_bytes``: a page that n processes share counts as 1/n of a page.
        ``private_bytes``: pages that no other process maps. ``anonymous_bytes``: see
        :func:`anonymous_bytes`. Each is None if the system doesn't show it.
    """
    found: dict[str, int | None] = dict.fromkeys(_SHARES)
    with contextlib.suppress(OSError):
        found["anonymous_bytes"] = anonymous_bytes()
    with contextlib.suppress(OSError):
        text = _ROLLUP.read_text()
        proportional, *private = (
            _field(text, name) for name in ("Pss", "Private_Clean", "Private_Dirty")
        )
        found |= {"proportional_bytes": proportional, "private_bytes": sum(private)}
    return found


def measured(phase: Callable[[], None], exact: bool) -> dict[str, Any]:
    """Run a phase, and return its time and memory.

    Parameters
    ----------
    phase : callable
        The code to run.
    exact : bool
        Whether the exact peak can be read here; see :func:`exact_peaks`.

    Returns
    -------
    dict
        ``seconds``, ``resident_bytes`` at the phase's end, and ``peak_bytes``, which is None if
        the exact peak can't be read.
    """
    if exact:
        reset_peak()
    began = time.perf_counter()
    phase()
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "resident_bytes": resident_bytes(),
        "peak_bytes": peak_bytes() if exact else None,
    }


def _status_bytes(field: str) -> int:
    return _bytes(_STATUS, field)


def _bytes(file: Path, field: str) -> int:
    return _field(file.read_text(), field)


def _field(text: str, field: str) -> int:
    """Return a field of a ``/proc`` file's text in bytes; the file gives KiB."""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise OSError(f"the system shows no {field}")
