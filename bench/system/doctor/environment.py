"""The check of variables that change what the frameworks do."""

import re
from collections.abc import Mapping
from pathlib import Path

from aebench import backends
from aebench.bench.system.doctor.finding import Finding
from aebench.bench.system.machine import is_telling

_SHOWN_CHARACTERS = 40
# The first that matches a variable's name holds.
_EFFECTS = {
    r"(OMP|MKL|OPENBLAS|BLAS)_\w*(THREAD|DYNAMIC)\w*": "the threads of some backends only",
    r"(KMP|OMP)_\w+": "where OpenMP's threads run and how long they spin into the next one's turn",
    r"TF_NUM_\w+": "TensorFlow's threads only",
    r"TF_ENABLE_ONEDNN_OPTS": "which kernels TensorFlow uses",
    r"TF_\w+": "how TensorFlow computes",
    r"XLA_\w+": "what XLA compiles, JAX's programs above all",
    r"JAX_\w+": "how, and on what device, JAX computes",
    r"(PY)?TORCH_\w+": "how PyTorch computes",
    r"KERAS_\w+": "what Keras does",
    r"(CUDA|NVIDIA)_VISIBLE_DEVICES": "which GPUs the backends see",
    r"(CUDA|NVIDIA)_\w+": "how GPUs are used",
    r"MALLOC_\w+": "how memory is allocated, and so the footprint",
    r"\w+": "how matrices are multiplied",
}


def variables(environment: Mapping[str, str]) -> Finding:
    """Look for variables that change what the frameworks do."""
    name = "environment"
    ours = _set_by_aebench()
    found = {
        each: value
        for each, value in sorted(environment.items())
        if is_telling(each) and each not in ours
    }
    if not found:
        return Finding(name, True, "no variable is set that changes what the backends do")
    effects: dict[str, list[str]] = {}
    for each in found:
        effect = next(told for pattern, told in _EFFECTS.items() if re.fullmatch(pattern, each))
        effects.setdefault(effect, []).append(each)
    says = ", ".join(f"{each}={_short(value)}" for each, value in found.items())
    told = "; ".join(f"{effect} ({', '.join(names)})" for effect, names in effects.items())
    advice = (
        f"They can change {told}. Unless that is what you measure: "
        f"env {' '.join(f'-u {each}' for each in found)} aebench run. "
        "To use fewer cores, --threads holds for all backends alike."
    )
    return Finding(name, False, says, advice)


def _short(value: str) -> str:
    return value if len(value) <= _SHOWN_CHARACTERS else f"{value[: _SHOWN_CHARACTERS - 1]}…"


def _set_by_aebench() -> set[str]:
    """Name what each worker is given anyway, whatever the environment says."""
    given = (backends.load(name).environment(Path()) for name in backends.NAMES)
    return {"KERAS_BACKEND", "KERAS_HOME"}.union(*given)
