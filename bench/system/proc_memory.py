"""Read the memory of this process, and the exact peak of a phase.

Linux keeps a high-water mark of resident memory per process and resets it on request, so a phase's
peak is exact and needs no sampling. ``ru_maxrss`` won't do: a spawned process starts at its
parent's. Standard library only: workers import it before they are measured.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")
_ROLLUP = Path("/proc/self/smaps_rollup")
_CLEAR_REFS = Path("/proc/self/clear_refs")


def exact_peaks() -> bool:
    """Tell whether this system can reset the high-water mark."""
    try:
        reset_peak()
    except OSError:
        return False
    return True


def reset_peak() -> None:
    """Set the high-water mark back to what is resident now."""
    _CLEAR_REFS.write_text("5")


def resident_bytes() -> int:
    """Bytes resident now; 0 where this process can't tell, and its parent has to."""
    try:
        return _status_bytes("VmRSS")
    except OSError:
        return 0


def peak_bytes() -> int:
    """Most bytes resident since :func:`reset_peak`."""
    return _status_bytes("VmHWM")


def anonymous_bytes() -> int:
    """Bytes resident now that no file is behind: what the process made itself."""
    return _status_bytes("RssAnon")


def shares() -> dict[str, int | None]:
    """Tell what of the resident bytes are this process's own.

    Returns
    -------
    dict
        ``proportional_bytes``, a page shared by n processes counting as 1/n of one, and
        ``private_bytes``, of pages that nobody else has; None where the system doesn't tell.
    """
    try:
        return {
            "proportional_bytes": _bytes(_ROLLUP, "Pss"),
            "private_bytes": _bytes(_ROLLUP, "Private_Clean") + _bytes(_ROLLUP, "Private_Dirty"),
        }
    except OSError:
        return {"proportional_bytes": None, "private_bytes": None}


def measured(phase: Callable[[], None], exact: bool) -> dict[str, Any]:
    """Run a phase, and tell what it took.

    Parameters
    ----------
    phase : callable
        What is run.
    exact : bool
        Whether its peak can be read here; see :func:`exact_peaks`.

    Returns
    -------
    dict
        ``seconds``, ``resident_bytes`` at its end, and ``peak_bytes``, None if it isn't exact.
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
    """Read a field that is given in KiB."""
    for line in file.read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise OSError(f"{file} has no {field}")
