"""Describe JAX: XLA compiles its code for every device, and calls return before results exist.

Calls return early on the CPU too. A measurement must therefore wait for the results.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aebench.backends import accelerators
from aebench.backends.contract import Costs

KERAS_BACKEND = FRAMEWORK = "jax"
REQUIRES = ("jax",)
DISTRIBUTIONS = ("jax",)
INSTALL = "pip install -c constraints.txt -e '.[jax]'"
BY_DEFAULT = True
UNSUPPORTED: dict[str, str] = {}
BASELINE = "aebench.backends.native.jax"
PRODUCTS = "aebench.backends.products.jax"
LADDER = "aebench.backends.ladders.jax"
PROFILER = "aebench.backends.profilers.jax"
PROFILE_NOTE = ""
COSTS = Costs(
    start_seconds=4.0,
    cold_start_seconds=6.0,
    parity_seconds=5.0,
    step_seconds={"train": 0.0008, "predict": 0.0004},
)
KEEPS_FLOAT64 = False
TUNING = (
    *("steps=8", "steps=32", "input=pydataset", "input=tf-data", "steps=32,input=tf-data"),
    *("switch=single-thread-eigen", "switch=wide-vectors"),
)
SWITCHES = {
    # Eigen's matrix products by one thread: of a small model they take longer to divide.
    "single-thread-eigen": {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"},
    # By default XLA compiles for 256 bits, since wider ones once slowed the processor's clock.
    "wide-vectors": {"XLA_FLAGS": "--xla_cpu_prefer_vector_width=512"},
}
COMPILE_CACHE = {
    "JAX_COMPILATION_CACHE_DIR": "{folder}",
    "JAX_ENABLE_COMPILATION_CACHE": "true",
    # By default only what takes long to compile is kept.
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
EPOCH_END_POLLS_SECONDS: tuple[float, ...] = ()
# What JAX's names for precisions mean on a GPU; a name that isn't here is a class of its own.
# BF16_BF16_F32 and its like are algorithms of single products.
_ON_GPU = {
    **dict.fromkeys(("default", "fastest", "bfloat16", "high", "tensorfloat32"), "tf32"),
    **dict.fromkeys(("highest", "float32", "f32_f32_f32"), "float32"),
    "tf32_tf32_f32": "tf32",
    "bf16_bf16_f32": "bfloat16",
    "bf16_bf16_bf16": "bfloat16",
}


def settings_obstacle(asked: Mapping[str, str]) -> str:
    """Return no reason: the backend can use all settings."""
    return ""


def environment(scratch: Path) -> dict[str, str]:
    """Return the environment variables of a worker, set before its interpreter starts.

    Parameters
    ----------
    scratch : Path
        An empty folder of the worker's own for caches: a cold start must not find old caches.
    """
    return {
        "JAX_COMPILATION_CACHE_DIR": str(scratch / "jax-cache"),
        "JAX_ENABLE_COMPILATION_CACHE": "false",
        # By default JAX reserves most of a GPU's memory, which hides how much a model needs.
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }


def prepare() -> None:
    """Do nothing: :func:`environment` has set everything that is needed."""


def wait(value: Any) -> None:
    """Block until every array in ``value`` has been computed."""
    import jax

    jax.block_until_ready(value)


def settings() -> dict[str, str]:
    """Return the settings in force that only the framework knows, such as its device."""
    import jax

    return {
        "device": str(jax.devices()[0].device_kind),
        "platform": str(jax.default_backend()),
        "matmul_precision": str(jax.config.jax_default_matmul_precision or "default"),
    }


def precision(model: Any) -> str:
    """Return the precision in which float32 matrices are multiplied, such as ``tf32``."""
    import jax

    if jax.default_backend() != "gpu":
        return "float32"
    chosen = str(jax.config.jax_default_matmul_precision or "default").lower()
    # XLA computes some products by kernels of its own.
    capability = getattr(jax.devices()[0], "compute_capability", None)
    return accelerators.in_force(_ON_GPU.get(chosen, chosen), capability, by_nvidia=False)


def full_float32() -> None:
    """Set the framework to multiply float32 matrices in float32, on any device."""
    import jax

    jax.config.update("jax_default_matmul_precision", "highest")


def full_float64() -> str:
    """Let JAX make arrays of float64: by default it makes them float32, and says nothing."""
    import jax

    jax.config.update("jax_enable_x64", True)
    return ""


def device_peak_bytes() -> int | None:
    """Return the peak of JAX's memory on an accelerator in bytes; None if JAX doesn't count it."""
    import jax

    # None on the processor. Without the key for allocators that count nothing, such as "platform".
    peak = (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use")
    return None if peak is None else int(peak)


def allocated_bytes() -> int | None:
    """Return the bytes in use on an accelerator, or of the arrays alive where none are counted."""
    import jax

    used = (jax.devices()[0].memory_stats() or {}).get("bytes_in_use")
    return sum(array.nbytes for array in jax.live_arrays()) if used is None else int(used)


def arrays_alive() -> int | None:
    """Return how many arrays JAX lists as alive."""
    import jax

    return len(jax.live_arrays())
