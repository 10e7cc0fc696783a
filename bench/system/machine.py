"""Describe this machine for the record."""

import hashlib
import os
import platform
import re
from pathlib import Path

import psutil

from aebench.bench.system import accelerators
from aebench.reports.record import MachineInfo
from aebench.reports.record.bounds import MOST_TEXT
from aebench.reports.sanitize import encodable

# Variables that change what frameworks do. Only these are recorded: others may be private.
_OF_FRAMEWORKS = re.compile(
    r"(OMP|MKL|OPENBLAS|BLAS|KMP|XLA|TF|JAX|TORCH|PYTORCH|KERAS|CUDA|NVIDIA)_\w+|MALLOC_\w+"
)
# Variables that match the pattern above but don't change frameworks: those of Terraform begin like
# TensorFlow's, and container images with CUDA set paths and versions.
_OF_OTHER_PROGRAMS = re.compile(
    r"TF_(CLI_\w+|VAR_\w+|LOG\w*|DATA_DIR|IGNORE|INPUT|IN_AUTOMATION|PLUGIN_\w+|REGISTRY_\w+"
    r"|WORKSPACE)|CUDA_(HOME|PATH|VERSION)|NVIDIA_(DRIVER_CAPABILITIES|PRODUCT_NAME|REQUIRE_\w+)"
)

_VECTOR = re.compile("sse4|avx|fma|f16c|amx|asimd|sve")
_FACTS = {"family": "cpu family", "model": "model", "stepping": "stepping"}


def describe() -> MachineInfo:
    """Describe the machine, its load, and the variables that change what frameworks do."""
    return MachineInfo(
        processor=_processor(),
        cores=usable_cores(),
        memory_bytes=psutil.virtual_memory().total,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        load_before=_load(),
        environment={
            name: encodable(value)[:MOST_TEXT]
            for name, value in sorted(os.environ.items())
            if changes_frameworks(name)
        },
        identity=identity(),
        boot=_text(Path("/proc/sys/kernel/random/boot_id")),
    )


def identity() -> dict[str, str]:
    """Return what tells processors of one name apart, as far as the system shows it.

    "AMD EPYC" was the name of two chips, of which one had no AVX-512: figures of the two don't
    compare.
    """
    processor = _processor_facts()
    flags = processor.get("flags", "").split()
    found = {name: processor.get(key, "") for name, key in _FACTS.items()}
    found["vector instructions"] = " ".join(sorted(filter(_VECTOR.match, flags)))
    found["flags"] = hashlib.sha256(" ".join(sorted(flags)).encode()).hexdigest()[:12] * bool(flags)
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = (_text(index / name) for name in ("level", "type", "size"))
        if size:
            found[f"L{level} {kind}".lower()] = size
    found["hypervisor"] = _text(Path("/sys/hypervisor/type")) or _text(
        Path("/sys/class/dmi/id/sys_vendor")
    )
    found["accelerators"] = "; ".join(_accelerators())
    return {name: encodable(text)[:MOST_TEXT] for name, text in found.items() if text}


def _accelerators() -> list[str]:
    """Return the accelerators that ``nvidia-smi`` lists: name, driver, power limit, MIG."""
    columns = "name,driver_version,power.limit,mig.mode.current"
    return [", ".join(row) for row in accelerators.query("gpu", columns)]


def _processor_facts() -> dict[str, str]:
    """Return the first processor's entries in ``/proc/cpuinfo``; empty on other systems."""
    first = _text(Path("/proc/cpuinfo")).partition("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _text(path: Path) -> str:
    """Return a small file's text; empty if it can't be read."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def changes_frameworks(variable: str) -> bool:
    """Return whether an environment variable changes what frameworks do."""
    of_frameworks = bool(_OF_FRAMEWORKS.fullmatch(variable))
    return of_frameworks and not _OF_OTHER_PROGRAMS.fullmatch(variable)


def can_limit_cores() -> bool:
    """Return whether this system can restrict a process to some of the cores."""
    return hasattr(os, "sched_setaffinity")


def usable_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def first_cores(count: int) -> list[int]:
    """Return the numbers of the cores that a worker with ``count`` threads gets, in order."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))[:count]
    return []


def _load() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):  # systems without a load average
        return None


def _processor() -> str:
    name = _processor_facts().get("model name", "")
    return name or platform.processor() or platform.machine()
