"""Describe a worker process for the record: versions, device, effective settings."""

import math
import os
import sys
from typing import Any

from aebench import backends
from aebench.backends import inputs
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.settings import KEEPS_COMPILED, SWITCHED
from aebench.bench.worker import input_paths

# Every worker imports NumPy to read its data: NumPy says nothing about the backend in use.
_OF_ALL_WORKERS = {"numpy"}


def loaded_frameworks(*own: str) -> list[str]:
    """List the frameworks that are imported in this process, NumPy excepted.

    Parameters
    ----------
    *own : str
        Names of frameworks to look for, in addition to those of the built-in backends.
    """
    known = {backends.load(name).FRAMEWORK for name in backends.NAMES}
    return [
        name
        for name in sorted((known | set(own)) - _OF_ALL_WORKERS)
        if getattr(sys.modules.get(name), "__file__", None)
    ]


def runtime_info(backend: Any, model: Any, more: dict[str, str] | None = None) -> RuntimeInfo:
    """Describe this process: package versions, device, effective settings.

    Parameters
    ----------
    backend : Backend
        The backend's module.
    model : keras.Model or None
        A compiled model; None for a worker without Keras.
    more : dict, optional
        Settings to add that neither the backend nor the model reports.
    """
    import numpy as np

    held = loaded_frameworks(*filter(None, [backend.FRAMEWORK]))
    affinity = getattr(os, "sched_getaffinity", None)
    settings, versions = dict(more or {}), {"python": sys.version.split()[0]}
    if KEEPS_COMPILED in os.environ:
        settings["compile_cache"] = "kept"
    for name in os.environ.get(SWITCHED, "").split():
        settings[name] = os.environ.get(name, "")
    precision = backend.precision(model)
    polls = set(backend.EPOCH_END_POLLS_SECONDS)
    if model is not None:
        import keras

        versions["keras"] = keras.__version__
        settings["jit_compile"] = str(model.jit_compile)
        settings["steps_per_execution"] = str(model.steps_per_execution)
        if path := input_paths.in_use(model):
            settings["input"] = path
            # The library that makes the batches frees what is left of an epoch.
            polls |= _polls(inputs.load(path).PACKAGE)
        policy = _lowest_policy(model) or keras.config.dtype_policy().name
        precision = precision if policy == "float32" else policy
    return RuntimeInfo(
        settings={**settings, "precision": precision, **backend.settings()},
        versions={
            **versions,
            "numpy": np.__version__,
            **{name: _version(name) for name in held},
        },
        frameworks_held=held,
        cores=len(affinity(0)) if affinity else os.cpu_count() or 1,
        epoch_end_polls_seconds=sorted(polls)[:20],
    )


def _polls(package: str) -> set[float]:
    return set(backends.load(package).EPOCH_END_POLLS_SECONDS) if package else set()


def _lowest_policy(model: Any) -> str:
    """Return the dtype policy of the layers that compute coarsest; empty if none is below float32.

    A model's file, or a saved model, may give layers a policy of their own.
    """
    policies = [layer.dtype_policy for layer in model._flatten_layers(include_self=False)]
    names = {policy.compute_dtype: str(policy.name) for policy in policies}
    return names.get("bfloat16", names.get("float16", ""))


def _version(framework: str) -> str:
    return str(getattr(sys.modules[framework], "__version__", "unknown version"))


def finite(what: str, value: Any) -> Any:
    """Return a value unchanged; refuse floating-point values that are not finite.

    Raises
    ------
    ArithmeticError
        If the value is infinite or not a number; the message names it as ``what``.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ArithmeticError(f"{what} is {value}")
    return value
