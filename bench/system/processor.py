"""Read how the operating system counts the processor time of all cores."""

from typing import NamedTuple

import psutil

# The errors that psutil and the kernel's files raise if a system doesn't show a number.
CORE_ERRORS = (OSError, ValueError, LookupError, NotImplementedError, psutil.Error)


class CpuUsage(NamedTuple):
    """The seconds of all cores together between two readings: in total, busy, and steal.

    ``steal`` is the time that the hypervisor gave to other virtual machines; None if the system
    doesn't count it.
    """

    total: float
    busy: float
    steal: float | None


def core_seconds() -> dict[str, float]:
    """Return the seconds of all cores since the system's start, by kind; empty if unknown."""
    try:
        return dict(psutil.cpu_times()._asdict())
    except CORE_ERRORS:
        return {}


def spent(before: dict[str, float], after: dict[str, float]) -> CpuUsage | None:
    """Return the seconds of all cores between two readings; None if the system counts nothing."""
    kinds = {kind: after[kind] - before[kind] for kind in before if kind in after}
    # Guest time is already in user time, so it is subtracted, not counted twice.
    total = sum(kinds.values()) - kinds.get("guest", 0.0) - kinds.get("guest_nice", 0.0)
    if total <= 0:  # some sandboxes count nothing
        return None
    steal = max(0.0, kinds["steal"]) if "steal" in kinds else None
    idle = kinds.get("idle", 0.0) + kinds.get("iowait", 0.0)
    return CpuUsage(total, total - idle - (steal or 0.0), steal)
