"""What this machine is, for the record."""

import os
import platform
import re
from pathlib import Path

import psutil

from aebench.reports.record import MachineInfo
from aebench.reports.record.bounds import MOST_TEXT
from aebench.reports.sanitize import encodable

# Variables that change what frameworks do; anything else in the environment is nobody's business.
_TELLING = re.compile(
    r"(OMP|MKL|OPENBLAS|BLAS|KMP|XLA|TF|JAX|TORCH|PYTORCH|KERAS|CUDA|NVIDIA)_\w+|MALLOC_\w+"
)
# Terraform's variables begin like TensorFlow's, and CUDA's images name their versions.
_NOBODYS = re.compile(
    r"TF_(CLI_\w+|VAR_\w+|LOG\w*|DATA_DIR|IGNORE|INPUT|IN_AUTOMATION|PLUGIN_\w+|REGISTRY_\w+"
    r"|WORKSPACE)|CUDA_(HOME|PATH|VERSION)|NVIDIA_(DRIVER_CAPABILITIES|PRODUCT_NAME|REQUIRE_\w+)"
)


def describe() -> MachineInfo:
    """Describe the machine and what is set on it."""
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
            if is_telling(name)
        },
    )


def is_telling(variable: str) -> bool:
    """Tell whether a variable of the environment changes what frameworks do."""
    return bool(_TELLING.fullmatch(variable)) and not _NOBODYS.fullmatch(variable)


def can_limit_cores() -> bool:
    """Tell whether a process can be kept to some of the cores."""
    return hasattr(os, "sched_setaffinity")


def usable_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _load() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):  # a system without it, one that can't tell
        return None


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
