"""What is in force in a worker process, for the record."""

import math
import os
import sys
from typing import Any

from aebench.bench.protocol.channel import Message


def loaded_frameworks() -> list[str]:
    """Tell which frameworks this process holds, whoever imported them."""
    return [
        name
        for name in ("jax", "tensorflow", "torch")
        if getattr(sys.modules.get(name), "__file__", None)
    ]


def facts(backend: Any, model: Any, told: dict[str, str] | None = None) -> Message:
    """Collect what is in force in this process, for the record.

    Parameters
    ----------
    backend : Backend
        The file of the backend.
    model : keras.Model or None
        A compiled model, if it is one of Keras's.
    told : dict, optional
        What else to tell among the settings.
    """
    import numpy as np

    affinity = getattr(os, "sched_getaffinity", None)
    settings, versions = dict(told or {}), {"python": sys.version.split()[0]}
    precision = backend.precision()
    if model is not None:
        import keras

        versions["keras"] = keras.__version__
        settings["jit_compile"] = str(model.jit_compile)
        settings["steps_per_execution"] = str(model.steps_per_execution)
        policy = keras.config.dtype_policy().name
        precision = precision if policy == "float32" else policy
    return {
        "settings": {**settings, "precision": precision, **backend.settings()},
        "versions": {
            **versions,
            "numpy": np.__version__,
            **{name: sys.modules[name].__version__ for name in loaded_frameworks()},
        },
        "frameworks_held": loaded_frameworks(),
        "cores": len(affinity(0)) if affinity else os.cpu_count() or 1,
        "epoch_end_polls_seconds": list(backend.EPOCH_END_POLLS_SECONDS[:20]),
    }


def finite(what: str, value: Any) -> Any:
    """Return a value, unless it is infinite or not a number.

    Raises
    ------
    ArithmeticError
        Then.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ArithmeticError(f"{what} is {value}")
    return value
