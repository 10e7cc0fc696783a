"""Describe PyTorch: it runs operations eagerly by default, and asynchronously on GPUs only."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aebench.backends import accelerators
from aebench.backends.contract import Costs
from aebench.backends.profilers import CONVOLUTION, RECURRENT, layer_kinds

KERAS_BACKEND = FRAMEWORK = "torch"
REQUIRES = ("torch",)
DISTRIBUTIONS = ("torch",)
INSTALL = "pip install -c constraints.txt -e '.[torch]'"
BY_DEFAULT = True
UNSUPPORTED: dict[str, str] = {}
BASELINE = "aebench.backends.native.torch"
PRODUCTS = "aebench.backends.products.torch"
LADDER = "aebench.backends.ladders.torch"
PROFILER = "aebench.backends.profilers.torch"
PROFILE_NOTE = ""
COSTS = Costs(
    start_seconds=6.0,
    cold_start_seconds=8.0,
    parity_seconds=5.0,
    step_seconds={"train": 0.0085, "predict": 0.0035},
    jit_seconds=30.0,
)
KEEPS_FLOAT64 = False
TUNING = (
    *("jit", "input=pydataset", "input=dataloader"),
    *("jit,switch=cpp-wrapper", "jit,switch=max-autotune", "jit,switch=cuda-graphs"),
    *("switch=mkl-avx2", "switch=onednn-avx2"),
)
SWITCHES = {
    # The code that calls the compiled kernels is C++ then, not Python.
    "cpp-wrapper": {"TORCHINDUCTOR_CPP_WRAPPER": "1"},
    # As torch.compile does with mode="max-autotune-no-cudagraphs".
    "max-autotune": {"TORCHINDUCTOR_MAX_AUTOTUNE": "1"},
    # As torch.compile does with mode="reduce-overhead".
    "cuda-graphs": {"TORCHINDUCTOR_CUDAGRAPHS": "1"},
    # Products by vectors of 256 bits, also where the processor has 512: these may slow its clock.
    "mkl-avx2": {"MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "onednn-avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
}
_OF_COMPILER = ("cpp-wrapper", "max-autotune", "cuda-graphs")
COMPILE_CACHE = {"TORCHINDUCTOR_CACHE_DIR": "{folder}"}
EPOCH_END_POLLS_SECONDS: tuple[float, ...] = ()
# What PyTorch's names for precisions mean, those of before 2.9 too.
_MEANING = {
    **dict.fromkeys(("ieee", "none", "highest"), "float32"),
    "high": "tf32",
    "bf16": "bfloat16",
}


def settings_obstacle(asked: Mapping[str, str]) -> str:
    """Return the reason why the backend can't use settings; empty if it can."""
    if "steps" in asked:
        return "Keras runs one step per call on PyTorch: leave steps out."
    if "cache" in asked and asked.get("jit") != "on":
        return "PyTorch compiles nothing without jit: use torch:jit,cache."
    switch = asked.get("switch", "")
    if switch in _OF_COMPILER and asked.get("jit") != "on":
        return f"{switch} is for torch.compile: use torch:jit,switch={switch}."
    if switch == "cuda-graphs" and not shutil.which("nvidia-smi"):
        return "CUDA graphs need a GPU of NVIDIA, and nvidia-smi isn't there: leave it out."
    compiler = os.environ.get("CXX") or next(filter(shutil.which, ("g++", "clang++")), "")
    if asked.get("jit") == "on" and not compiler:
        return "torch.compile needs a C++ compiler (g++ or clang++): install one, or leave jit."
    return ""


def environment(scratch: Path) -> dict[str, str]:
    """Return the environment variables of a worker, set before its interpreter starts.

    Parameters
    ----------
    scratch : Path
        An empty folder of the worker's own for caches: a cold start must not find old caches.
    """
    return {
        "TORCHINDUCTOR_CACHE_DIR": str(scratch / "inductor-cache"),
        "TRITON_CACHE_DIR": str(scratch / "triton-cache"),
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }


def prepare() -> None:
    """Do nothing: :func:`environment` has set everything that is needed."""


def wait(value: Any) -> None:
    """Block until every array in ``value`` has been computed."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()
    elif _on_apples_gpu():
        torch.mps.synchronize()


def settings() -> dict[str, str]:
    """Return the settings in force that only the framework knows, such as its device."""
    import torch

    device = platform = "mps" if _on_apples_gpu() else "cpu"
    if torch.cuda.is_available():
        device, platform = torch.cuda.get_device_name(), "gpu"
    return {
        "device": device,
        "platform": platform,
        "matmul_precision": _allowed(),
        "threads": f"{torch.get_num_threads()} intra-op, "
        f"{torch.get_num_interop_threads()} inter-op",
    }


def precision(model: Any) -> str:
    """Return the precision in which float32 numbers are multiplied, such as ``tf32``.

    On a GPU, convolutions and recurrent layers have switches of their own, and compute in TF32 by
    default.
    """
    import torch

    allowed = _allowed()
    if not torch.cuda.is_available():
        # Processors without TF32 compute in float32 where it is allowed.
        return "bfloat16" if allowed == "bfloat16" else "float32"
    kinds = set(layer_kinds.kinds_of_layers(model).values())
    if allowed == "float32" and any(_allows_tf32(kind) for kind in kinds):
        allowed = "tf32"
    return accelerators.in_force(allowed, torch.cuda.get_device_capability())


def _allows_tf32(kind: str) -> bool:
    """Return whether a GPU may compute a category of layers in TF32."""
    import torch

    cudnn = torch.backends.cudnn
    switches = {CONVOLUTION: "conv", RECURRENT: "rnn"}
    if kind not in switches:
        return False
    try:
        return str(getattr(cudnn, switches[kind]).fp32_precision) == "tf32"
    except AttributeError:  # PyTorch before 2.9
        return bool(cudnn.allow_tf32)


def _allowed() -> str:
    """Return the lowest precision that PyTorch's settings allow in products of float32 matrices."""
    import torch

    on_gpu = torch.cuda.is_available()
    try:
        products = torch.backends.cuda.matmul if on_gpu else torch.backends.mkldnn.matmul
        # get_float32_matmul_precision fails where both of PyTorch's ways of setting were used.
        found = str(products.fp32_precision)
    except AttributeError:  # PyTorch before 2.9
        found = str(torch.get_float32_matmul_precision())
        if found == "medium":
            found = "tf32" if on_gpu else "bf16"
    return _MEANING.get(found, found)


def full_float32() -> None:
    """Set the framework to multiply float32 matrices in float32, on any device."""
    import torch

    torch.set_float32_matmul_precision("highest")
    # Convolutions and recurrent layers have switches of their own, and TF32 is on by default.
    torch.backends.cudnn.allow_tf32 = False


def full_float64() -> str:
    """Return why PyTorch can't compute in float64 here; it needs no setting where it can."""
    return "PyTorch has no float64 on Apple's GPUs" if _on_apples_gpu() else ""


def device_peak_bytes() -> int | None:
    """Return the peak of the framework's memory on a GPU in bytes; None without a GPU."""
    import torch

    return int(torch.cuda.max_memory_allocated()) if torch.cuda.is_available() else None


def allocated_bytes() -> int | None:
    """Return the bytes that tensors hold on a GPU; None without a GPU: no tensors are listed."""
    import torch

    return int(torch.cuda.memory_allocated()) if torch.cuda.is_available() else None


def arrays_alive() -> int | None:
    """Return how many tensors Python's collector knows; those that only C++ holds aren't seen."""
    import gc
    from collections import Counter

    import torch

    # By type, which is fast; isinstance would ask proxies, whose objects may be gone.
    kinds = Counter(map(type, gc.get_objects()))
    return sum(count for kind, count in kinds.items() if issubclass(kind, torch.Tensor))


def _on_apples_gpu() -> bool:
    """Return whether Keras computes on Apple's GPU, which it takes unless it is told otherwise."""
    import torch

    return torch.backends.mps.is_available() and os.environ.get("KERAS_TORCH_DEVICE") != "cpu"
