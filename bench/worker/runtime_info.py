"""Runtime info: what is in force in a worker process, for the record."""

import math
import os
import sys
from typing import Any

from aebench.bench.protocol.messages import RuntimeInfo


def loaded_frameworks() -> list[str]:
    """Name the frameworks that this process has imported, for whatever reason."""
    return [
        name
        for name in ("jax", "tensorflow", "torch")
        if getattr(sys.modules.get(name), "__file__", None)
    ]


def runtime_info(backend: Any, model: Any, more: dict[str, str] | None = None) -> RuntimeInfo:
    """Describe this process: package versions, device, effective settings.

    Parameters
    ----------
    backend : Backend
        The file of the backend.
    model : keras.Model or None
        A compiled model, if it is one of Keras's.
    more : dict, optional
        Settings that neither the backend nor the model knows.
    """
    import numpy as np

    affinity = getattr(os, "sched_getaffinity", None)
    settings, versions = dict(more or {}), {"python": sys.version.split()[0]}
    precision = backend.precision()
    if model is not None:
        import keras

        versions["keras"] = keras.__version__
        settings["jit_compile"] = str(model.jit_compile)
        settings["steps_per_execution"] = str(model.steps_per_execution)
        policy = keras.config.dtype_policy().name
        precision = precision if policy == "float32" else policy
    return RuntimeInfo(
        settings={**settings, "precision": precision, **backend.settings()},
        versions={
            **versions,
            "numpy": np.__version__,
            **{name: sys.modules[name].__version__ for name in loaded_frameworks()},
        },
        frameworks_held=loaded_frameworks(),
        cores=len(affinity(0)) if affinity else os.cpu_count() or 1,
        epoch_end_polls_seconds=list(backend.EPOCH_END_POLLS_SECONDS[:20]),
    )


def finite(what: str, value: Any) -> Any:
    """Return a value, unless it is infinite or not a number.

    Raises
    ------
    ArithmeticError
        If it is; the message names ``what``.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ArithmeticError(f"{what} is {value}")
    return value
