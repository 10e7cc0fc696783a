"""PyTorch: eager by default, asynchronous on an accelerator only."""

from pathlib import Path
from typing import Any

DISTRIBUTIONS = ("torch",)
EPOCH_END_POLLS_SECONDS: tuple[float, ...] = ()


def environment(scratch: Path) -> dict[str, str]:
    """Return the variables to set before the interpreter starts.

    Parameters
    ----------
    scratch : Path
        An empty folder of the worker's own, so that a cold start is cold.
    """
    return {
        "TORCHINDUCTOR_CACHE_DIR": str(scratch / "inductor-cache"),
        "TRITON_CACHE_DIR": str(scratch / "triton-cache"),
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }


def wait(value: Any) -> None:
    """Block until every array in ``value`` has been computed."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()
    elif torch.backends.mps.is_available():
        torch.mps.synchronize()


def settings() -> dict[str, str]:
    """Return what is in force, beside what Keras knows of its model."""
    import torch

    cuda = torch.cuda.is_available()
    return {
        "device": torch.cuda.get_device_name() if cuda else "cpu",
        "platform": "gpu" if cuda else "cpu",
        "matmul_precision": torch.get_float32_matmul_precision(),
        "threads": f"{torch.get_num_threads()} intra-op, "
        f"{torch.get_num_interop_threads()} inter-op",
    }


def precision() -> str:
    """Tell how precise products in float32 are here: ``float32`` or ``tf32``."""
    import torch

    highest = torch.get_float32_matmul_precision() == "highest"
    return "float32" if highest or not torch.cuda.is_available() else "tf32"


def full_float32() -> None:
    """Have products in float32 be just that, on any device."""
    import torch

    torch.set_float32_matmul_precision("highest")


def device_peak_bytes() -> int | None:
    """Return the framework's own peak on an accelerator, in bytes."""
    import torch

    return int(torch.cuda.max_memory_allocated()) if torch.cuda.is_available() else None
