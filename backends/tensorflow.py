"""Describe TensorFlow: it traces a model into a graph, and by default uses XLA on GPUs only.

The end of an epoch can take long for a reason of TensorFlow's own. ``fit`` deletes the epoch's
``tf.data`` iterator. The deletion sometimes waits for the thread that tunes the input pipeline.
That thread wakes up only when the pipeline is 10, 30, 70, 150, … ms old: every sleep is twice as
long as the previous sleep, at most a minute. An epoch of 3 s then ends at 5.11 s. Whether a
deletion waits is chance: about half of the epochs waited on the machine where this was found.
How long it waits follows from the times above. docs/method/epoch-of-fit.md has the measurements.
"""

from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

from aebench.backends import accelerators
from aebench.backends.contract import Costs

KERAS_BACKEND = FRAMEWORK = "tensorflow"
REQUIRES = ("tensorflow",)
DISTRIBUTIONS = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos")
INSTALL = "pip install -c constraints.txt -e '.[tensorflow]'"
BY_DEFAULT = True
UNSUPPORTED: dict[str, str] = {}
BASELINE = "aebench.backends.native.tensorflow"
PRODUCTS = "aebench.backends.products.tensorflow"
LADDER = "aebench.backends.ladders.tensorflow"
PROFILER = "aebench.backends.profilers.tensorflow"
PROFILE_NOTE = (
    "leaves out operations that it takes to be cheap, small matrix products too: their time is in "
    "waiting."
)
COSTS = Costs(
    start_seconds=9.0,
    cold_start_seconds=12.0,
    parity_seconds=8.0,
    step_seconds={"train": 0.0035, "predict": 0.0025},
)
KEEPS_FLOAT64 = True
TUNING = (
    *("jit", "steps=8", "steps=32", "jit,steps=8", "jit,steps=32"),
    *("input=tf-data", "jit,steps=32,input=tf-data", "switch=no-onednn"),
)
# TensorFlow then computes by Eigen what it computes by oneDNN by default.
SWITCHES = {"no-onednn": {"TF_ENABLE_ONEDNN_OPTS": "0"}}
COMPILE_CACHE: dict[str, str] = {}
EPOCH_END_POLLS_SECONDS: tuple[float, ...] = tuple(
    accumulate(min(0.01 * 2**sleep, 60.0) for sleep in range(120))
)


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
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "CUDA_CACHE_PATH": str(scratch / "cuda-cache"),
        # By default TensorFlow reserves all of a GPU's memory, which hides how much a model needs.
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }


def prepare() -> None:
    """Do nothing: :func:`environment` has set everything that is needed."""


def wait(value: Any) -> None:
    """Block until every array in ``value`` has been computed."""
    import tensorflow as tf

    for tensor in tf.nest.flatten(value):
        if tf.is_tensor(tensor):
            # Fetching one element waits until the whole tensor is computed, and copies little.
            tf.reshape(tensor, [-1])[-1].numpy()


def settings() -> dict[str, str]:
    """Return the settings in force that only the framework knows, such as its device."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    details = tf.config.experimental.get_device_details(gpus[0]) if gpus else {}
    threading = tf.config.threading
    return {
        "device": str(details.get("device_name", "gpu")) if gpus else "cpu",
        "platform": "gpu" if gpus else "cpu",
        "tf32": str(tf.config.experimental.tensor_float_32_execution_enabled()),
        "threads": f"{threading.get_intra_op_parallelism_threads() or 'all'} intra-op, "
        f"{threading.get_inter_op_parallelism_threads() or 'all'} inter-op",
    }


def precision(model: Any) -> str:
    """Return the precision in which float32 matrices are multiplied: ``float32`` or ``tf32``."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "float32"
    enabled = tf.config.experimental.tensor_float_32_execution_enabled()
    details = tf.config.experimental.get_device_details(gpus[0])
    # XLA, which Keras uses here on GPUs, computes some products by kernels of its own.
    return accelerators.in_force(
        "tf32" if enabled else "float32", details.get("compute_capability"), by_nvidia=False
    )


def full_float32() -> None:
    """Set the framework to multiply float32 matrices in float32, on any device."""
    import tensorflow as tf

    tf.config.experimental.enable_tensor_float_32_execution(False)


def full_float64() -> str:
    """Return no reason: TensorFlow computes in float64 without a setting."""
    return ""


def device_peak_bytes() -> int | None:
    """Return the peak of the framework's memory on a GPU in bytes; None if it isn't counted."""
    return _counted("peak")


def allocated_bytes() -> int | None:
    """Return the bytes that tensors hold on a GPU now; None if they aren't counted."""
    return _counted("current")


def _counted(figure: str) -> int | None:
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        return None
    try:
        return int(tf.config.experimental.get_memory_info("GPU:0")[figure])
    except (ValueError, KeyError):  # an allocator that doesn't count, such as cuda_malloc_async
        return None


def arrays_alive() -> int | None:
    """Return how many eager tensors Python's collector knows; a graph's tensors hold no data."""
    import gc
    from collections import Counter

    import tensorflow as tf

    return Counter(map(type, gc.get_objects()))[type(tf.constant(0))]
