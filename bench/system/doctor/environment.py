"""Check for environment variables that change what the frameworks do."""

import re
from collections.abc import Mapping
from pathlib import Path

from aebench import backends
from aebench.bench.system.doctor.finding import Finding
from aebench.bench.system.machine import changes_frameworks

_SHOWN_CHARACTERS = 40
# What variables change, by a pattern of their names; the first pattern that matches counts.
_EFFECTS = {
    r"(OMP|MKL|OPENBLAS|BLAS)_\w*(THREAD|DYNAMIC)\w*": "the threads of some backends only",
    r"(KMP|OMP)_\w+": "where OpenMP's threads run, and how long they spin after their work",
    r"TF_NUM_\w+": "TensorFlow's threads only",
    r"TF_ENABLE_ONEDNN_OPTS": "which kernels TensorFlow uses",
    r"TF_\w+": "how TensorFlow computes",
    r"XLA_\w+": "what XLA compiles, JAX's programs above all",
    r"JAX_\w+": "how, and on what device, JAX computes",
    r"(PY)?TORCH_\w+": "how PyTorch computes",
    r"KERAS_\w+": "what Keras does",
    r"(CUDA|NVIDIA)_VISIBLE_DEVICES": "which GPUs the backends see",
    r"(CUDA|NVIDIA)_\w+": "how GPUs are used",
    r"MALLOC_\w+": "how memory is allocated, which changes the footprint",
    r"\w+": "how matrices are multiplied",
}


def variables(environment: Mapping[str, str]) -> Finding:
    """Check for variables that change what the frameworks do, and that aebench doesn't set."""
    name = "environment"
    ours = _set_by_aebench()
    found = {
        variable: value
        for variable, value in sorted(environment.items())
        if changes_frameworks(variable) and variable not in ours
    }
    if not found:
        return Finding(name, True, "no variable is set that changes what the backends do")
    effects: dict[str, list[str]] = {}
    for variable in found:
        effect = next(text for pattern, text in _EFFECTS.items() if re.fullmatch(pattern, variable))
        effects.setdefault(effect, []).append(variable)
    says = ", ".join(f"{variable}={_short(value)}" for variable, value in found.items())
    changed = "; ".join(f"{effect} ({', '.join(names)})" for effect, names in effects.items())
    advice = (
        f"They can change {changed}. To measure without them: "
        f"env {' '.join(f'-u {variable}' for variable in found)} aebench run. "
        "To use fewer cores, give --threads: it holds for all backends alike."
    )
    return Finding(name, False, says, advice)


def _short(value: str) -> str:
    return value if len(value) <= _SHOWN_CHARACTERS else f"{value[: _SHOWN_CHARACTERS - 1]}…"


def _set_by_aebench() -> set[str]:
    """Return the variables that aebench itself sets in all workers."""
    given = (backends.load(name).environment(Path()) for name in backends.NAMES)
    return {"KERAS_BACKEND", "KERAS_HOME"}.union(*given)
