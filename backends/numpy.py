"""Describe NumPy: Keras's backend without a framework predicts and evaluates, and can't train.

Keras runs operations one after the other on the processor, with NumPy's linear algebra library.
Keras's NumPy backend imports JAX for convolutions: JAX must be installed too.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aebench.backends.contract import Costs

KERAS_BACKEND = FRAMEWORK = "numpy"
REQUIRES = ("numpy", "jax")
DISTRIBUTIONS = ("numpy",)
INSTALL = "pip install -c constraints.txt -e '.[numpy]'"
BY_DEFAULT = False
UNSUPPORTED = {"train": "Keras's NumPy backend has no fit"}
BASELINE = LADDER = PROFILER = PROFILE_NOTE = ""
PRODUCTS = "aebench.backends.products.numpy"
COSTS = Costs(
    start_seconds=4.0,
    cold_start_seconds=6.0,
    parity_seconds=5.0,
    step_seconds={"predict": 0.004},
)
KEEPS_FLOAT64 = False
TUNING: tuple[str, ...] = ()
SWITCHES: dict[str, dict[str, str]] = {}
COMPILE_CACHE: dict[str, str] = {}
EPOCH_END_POLLS_SECONDS: tuple[float, ...] = ()


def settings_obstacle(asked: Mapping[str, str]) -> str:
    """Return the reason why the backend can't use settings; empty if it can."""
    if "jit" in asked:
        return "NumPy compiles nothing: leave jit and nojit out."
    if asked.get("precision", "float32") != "float32":
        return "NumPy multiplies numbers of 16 bits one by one: leave precision out."
    return ""


def environment(scratch: Path) -> dict[str, str]:
    """Return no environment variables: the backend needs none."""
    return {}


def prepare() -> None:
    """Do nothing: NumPy has no settings that the benchmark changes."""


def wait(value: Any) -> None:
    """Return at once: NumPy returns an array only when it has been computed."""


def settings() -> dict[str, str]:
    """Return the settings in force that only the framework knows, such as its device."""
    import numpy as np

    built_with = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    return {
        "device": "cpu",
        "platform": "cpu",
        "linear_algebra": f"{built_with.get('name', 'unknown')} {built_with.get('version', '')}",
    }


def precision(model: Any) -> str:
    """Return ``float32``: NumPy multiplies float32 matrices in no other precision."""
    return "float32"


def full_float32() -> None:
    """Do nothing: NumPy always multiplies float32 matrices in float32."""


def full_float64() -> str:
    """Return no reason: NumPy computes in float64 without a setting."""
    return ""


def device_peak_bytes() -> int | None:
    """Return None: NumPy uses no accelerator."""
    return None


def allocated_bytes() -> int | None:
    """Return None: NumPy keeps no list of its arrays, and Python's collector has none."""
    return None


def arrays_alive() -> int | None:
    """Return None: NumPy keeps no list of its arrays, and Python's collector has none."""
    return None
