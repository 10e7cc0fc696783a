"""Check whether there is enough memory, and how peaks of memory are measured."""

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
    """Check that the available memory is enough for a run."""
    if seen.available_bytes is None:
        return Finding("memory", None, "this system doesn't show what is available")
    says = f"{_gib(seen.available_bytes)} available; a run needs about {_gib(NEEDED_BYTES)}"
    if seen.available_bytes >= NEEDED_BYTES:
        return Finding("memory", True, says)
    return Finding("memory", False, says, f"{_why_needed()} Free some, or use fewer --backend.")


def swap(seen: Sample) -> Finding:
    """Check that hardly any swap is in use."""
    if seen.swapped_bytes is None:
        return Finding("swap", None, "this system doesn't show it")
    says = f"{_gib(seen.swapped_bytes)} in use"
    if seen.swapped_bytes <= MOST_SWAPPED_BYTES:
        return Finding("swap", True, says)
    advice = (
        "Memory was short. Swapped memory is missing in footprints, and reading it back takes "
        "time: end what holds much memory, or turn swap off and on again (swapoff -a; swapon -a)."
    )
    return Finding("swap", False, says, advice)


def memory_limit(root: Path = Path("/")) -> Finding:
    """Check for a limit on memory in this process's control group and the group's parents."""
    name = "memory limit"
    groups = control_groups(root, "memory")
    if not groups:
        return Finding(name, None, "this process can't see its control group")
    files = ("memory.max", "memory.limit_in_bytes")
    found = [number(read(group / file)) for group in groups for file in files]
    limits = [limit for limit in found if limit is not None and 0 <= limit < _UNLIMITED_BYTES]
    if not limits:
        return Finding(name, True, "none")
    says = f"a control group allows {_gib(min(limits))}; a run needs about {_gib(NEEDED_BYTES)}"
    if min(limits) >= NEEDED_BYTES:
        return Finding(name, True, says)
    advice = (
        f"{_why_needed()} Workers beyond the limit are killed: raise the limit, or use fewer "
        "--backend."
    )
    return Finding(name, False, says, advice)


def memory_peaks(exact: bool) -> Finding:
    """Check that the kernel can measure peaks of memory exactly."""
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
