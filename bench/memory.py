"""How much memory this process holds, and the exact peak of a phase.

Linux keeps a high-water mark of resident memory per process and resets it on request, so a phase's
peak is exact and needs no sampling. ``ru_maxrss`` won't do: a spawned process starts at its
parent's. Standard library only: workers import it before they are measured.
"""

from pathlib import Path

_STATUS = Path("/proc/self/status")
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


def _status_bytes(field: str) -> int:
    for line in _STATUS.read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise OSError(f"{_STATUS} has no {field}")
