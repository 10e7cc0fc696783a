"""NumPy: Keras's backend without a framework, which predicts and evaluates, and can't train.

Keras runs each operation as it is met, on the processor, through NumPy's own linear algebra
library. Its NumPy backend takes convolutions from JAX and imports it, so that JAX must be there.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aebench.backends import Costs

KERAS_BACKEND = FRAMEWORK = "numpy"
REQUIRES = ("numpy", "jax")
DISTRIBUTIONS = ("numpy",)
INSTALL = "pip install -c constraints.txt -e '.[numpy]'"
BY_DEFAULT = False
UNSUPPORTED = {"train": "Keras's NumPy backend has no fit"}
BASELINE = PROFILER = PROFILE_NOTE = ""
COSTS = Costs(
    start_seconds=4.0,
    cold_start_seconds=6.0,
    parity_seconds=5.0,
    step_seconds={"predict": 0.004},
)
EPOCH_END_POLLS_SECONDS: tuple[float, ...] = ()


def settings_obstacle(asked: Mapping[str, str]) -> str:
    """Return the reason why settings can't be had; empty if they can."""
    if "jit" in asked:
        return "NumPy compiles nothing: leave jit and nojit out."
    if asked.get("precision", "float32") != "float32":
        return "NumPy multiplies numbers of 16 bits one by one: leave precision out."
    return ""


def environment(scratch: Path) -> dict[str, str]:
    """Return the variables to set before the interpreter starts: none."""
    return {}


def prepare() -> None:
    """Set nothing."""


def wait(value: Any) -> None:
    """Wait for nothing: NumPy returns when an array has been computed."""


def settings() -> dict[str, str]:
    """Return what is in force, beside what Keras knows of its model."""
    import numpy as np

    built_with = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    return {
        "device": "cpu",
        "platform": "cpu",
        "linear_algebra": f"{built_with.get('name', 'unknown')} {built_with.get('version', '')}",
    }


def precision() -> str:
    """Return the precision of products in float32: NumPy has no other for them."""
    return "float32"


def full_float32() -> None:
    """Change nothing: products in float32 are computed in float32."""


def device_peak_bytes() -> int | None:
    """Return nothing: NumPy uses no accelerator."""
    return None
