"""JAX: compiled by XLA on every device, dispatched asynchronously on the CPU too."""

from pathlib import Path
from typing import Any

DISTRIBUTIONS = ("jax",)
EPOCH_END_POLLS_SECONDS: tuple[float, ...] = ()


def environment(scratch: Path) -> dict[str, str]:
    """Return the variables to set before the interpreter starts.

    Parameters
    ----------
    scratch : Path
        An empty folder of the worker's own, so that a cold start is cold.
    """
    return {
        "JAX_COMPILATION_CACHE_DIR": str(scratch / "jax-cache"),
        "JAX_ENABLE_COMPILATION_CACHE": "false",
        # Reserving most of a GPU would hide what the model needs.
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }


def wait(value: Any) -> None:
    """Block until every array in ``value`` has been computed."""
    import jax

    jax.block_until_ready(value)


def settings() -> dict[str, str]:
    """Return what is in force, beside what Keras knows of its model."""
    import jax

    return {
        "device": str(jax.devices()[0].device_kind),
        "platform": str(jax.default_backend()),
        "matmul_precision": str(jax.config.jax_default_matmul_precision or "default"),
    }


def precision() -> str:
    """Tell how precise products in float32 are here: ``float32`` or ``tf32``."""
    import jax

    chosen = jax.config.jax_default_matmul_precision
    on_gpu = jax.default_backend() == "gpu"
    return "tf32" if on_gpu and chosen not in ("highest", "float32") else "float32"


def full_float32() -> None:
    """Have products in float32 be just that, on any device."""
    import jax

    jax.config.update("jax_default_matmul_precision", "highest")


def device_peak_bytes() -> int | None:
    """Return the framework's own peak on an accelerator, in bytes."""
    import jax

    statistics = jax.devices()[0].memory_stats()
    return None if statistics is None else int(statistics["peak_bytes_in_use"])
