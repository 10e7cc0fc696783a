"""Describe this machine for the record."""

import os
import platform
import re
from pathlib import Path

import psutil

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
    )


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


def _load() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):  # systems without a load average
        return None


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
