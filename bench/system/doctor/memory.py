"""Checks of memory: whether there is enough, and how its peaks are measured."""

from pathlib import Path

from aebench.bench.system.doctor.finding import Finding
from aebench.bench.system.doctor.sampling import Sample
from aebench.bench.system.doctor.system import control_groups, number, read

WORKER_BYTES = int(1.5 * 2**30)
WORKERS_AT_ONCE = 3
NEEDED_BYTES = WORKERS_AT_ONCE * WORKER_BYTES
MOST_SWAPPED_BYTES = 100 * 2**20
_UNLIMITED_BYTES = 2**60


def free_memory(seen: Sample) -> Finding:
    """Compare the available memory with what a run needs."""
    if seen.available_bytes is None:
        return Finding("memory", None, "this system doesn't tell what is available")
    says = f"{_gib(seen.available_bytes)} available; a run needs about {_gib(NEEDED_BYTES)}"
    if seen.available_bytes >= NEEDED_BYTES:
        return Finding("memory", True, says)
    return Finding("memory", False, says, f"{_why_needed()} Free some, or use fewer --backend.")


def swap(seen: Sample) -> Finding:
    """Look whether swap is in use."""
    if seen.swapped_bytes is None:
        return Finding("swap", None, "this system doesn't tell")
    says = f"{_gib(seen.swapped_bytes)} in use"
    if seen.swapped_bytes <= MOST_SWAPPED_BYTES:
        return Finding("swap", True, says)
    advice = (
        "Memory was short. What is swapped out counts in no footprint and stalls when it is "
        "needed: end what holds much memory, or turn swap off and on again (swapoff -a)."
    )
    return Finding("swap", False, says, advice)


def memory_limit(root: Path = Path("/")) -> Finding:
    """Look for a limit on memory in this process's control group and its parents."""
    name = "memory limit"
    groups = control_groups(root, "memory")
    if not groups:
        return Finding(name, None, "no control groups can be seen from here")
    files = ("memory.max", "memory.limit_in_bytes")
    found = [number(read(group / file)) for group in groups for file in files]
    limits = [each for each in found if each is not None and 0 <= each < _UNLIMITED_BYTES]
    if not limits:
        return Finding(name, True, "none")
    says = f"a control group allows {_gib(min(limits))}; a run needs about {_gib(NEEDED_BYTES)}"
    if min(limits) >= NEEDED_BYTES:
        return Finding(name, True, says)
    advice = f"{_why_needed()} Beyond the limit they are killed: raise it, or use fewer --backend."
    return Finding(name, False, says, advice)


def memory_peaks(exact: bool) -> Finding:
    """Tell how a run measures the peaks of memory here."""
    name = "memory peaks"
    if exact:
        return Finding(name, True, "exact: the kernel keeps them and resets them on request")
    says = "sampled: the kernel's own mark (/proc/self/clear_refs) can't be reset here"
    advice = (
        "The footprint misses peaks shorter than 20 ms. Exact ones need Linux, and a container "
        "that lets a process write that file."
    )
    return Finding(name, False, says, advice)


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / 2**30:.1f} GiB"


def _why_needed() -> str:
    return (
        f"The speed pass holds a worker per backend, {WORKERS_AT_ONCE} at once, with about "
        f"{_gib(WORKER_BYTES)} each."
    )
