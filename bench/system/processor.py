"""What the cores have done so far, as the operating system counts it."""

from typing import NamedTuple

import psutil

# What psutil and the kernel's files may answer with, beside an answer.
UNTOLD = (OSError, ValueError, LookupError, NotImplementedError, psutil.Error)


class CpuUsage(NamedTuple):
    """What all cores did between two readings, in seconds.

    ``steal`` is the time that the hypervisor gave to others; None where the system doesn't
    report it.
    """

    total: float
    busy: float
    steal: float | None


def core_seconds() -> dict[str, float]:
    """Look at what all cores have done so far, by kind; nothing if the system doesn't tell."""
    try:
        return dict(psutil.cpu_times()._asdict())
    except UNTOLD:
        return {}


def spent(before: dict[str, float], after: dict[str, float]) -> CpuUsage | None:
    """Tell what all cores did between two looks; None if the system counts nothing."""
    kinds = {kind: after[kind] - before[kind] for kind in before if kind in after}
    # A guest's time is counted in its host's too.
    total = sum(kinds.values()) - kinds.get("guest", 0.0) - kinds.get("guest_nice", 0.0)
    if total <= 0:  # some sandboxes count nothing
        return None
    steal = max(0.0, kinds["steal"]) if "steal" in kinds else None
    idle = kinds.get("idle", 0.0) + kinds.get("iowait", 0.0)
    return CpuUsage(total, total - idle - (steal or 0.0), steal)
