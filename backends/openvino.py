"""Describe OpenVINO: Keras's backend for inference predicts and evaluates, and can't train.

OpenVINO computes in bfloat16 on processors with instructions for it, and Keras doesn't change
that. Here every model is compiled with a hint to compute in float32. The precision in force is
read back from the compiled model, and a model with any other precision is refused.

Keras compiles a model once, at its first prediction, for all batch sizes. The compiled model keeps
the weights of that time: later changes of the weights have no effect on predictions.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from aebench.backends.contract import Costs

KERAS_BACKEND = FRAMEWORK = "openvino"
REQUIRES = ("openvino",)
DISTRIBUTIONS = ("openvino",)
INSTALL = "pip install -c constraints.txt -e '.[openvino]'"
BY_DEFAULT = False
UNSUPPORTED = {"train": "Keras's OpenVINO backend has no fit"}
BASELINE = PRODUCTS = LADDER = PROFILER = PROFILE_NOTE = ""
COSTS = Costs(
    start_seconds=6.0,
    cold_start_seconds=8.0,
    parity_seconds=5.0,
    step_seconds={"predict": 0.0004},
)
KEEPS_FLOAT64 = False
TUNING: tuple[str, ...] = ()
SWITCHES: dict[str, dict[str, str]] = {}
COMPILE_CACHE: dict[str, str] = {}
EPOCH_END_POLLS_SECONDS: tuple[float, ...] = ()
_HINT = "INFERENCE_PRECISION_HINT"
_PRECISIONS = {"f32": "float32", "bf16": "bfloat16", "f16": "float16"}


def settings_obstacle(asked: Mapping[str, str]) -> str:
    """Return the reason why the backend can't use settings; empty if it can."""
    if "jit" in asked:
        return "OpenVINO compiles all models: leave jit and nojit out."
    if asked.get("precision", "float32") != "float32":
        return "OpenVINO is measured in float32 alone: leave precision out."
    return ""


def environment(scratch: Path) -> dict[str, str]:
    """Return no environment variables: the backend needs none."""
    return {}


def prepare() -> None:
    """Make OpenVINO compile all later models for float32, and refuse another precision."""
    import openvino

    # OpenVINO's function is replaced, since there is no other way: Keras has no parameter for the
    # options, and OpenVINO doesn't read them from the environment.
    if not isinstance(openvino.compile_model, partial):
        openvino.compile_model = partial(_compiled, openvino.compile_model)


def _compiled(
    compile_model: Callable[..., Any],
    model: Any,
    device_name: str = "AUTO",
    config: Mapping[str, Any] | None = None,
) -> Any:
    """Compile a model for float32.

    Raises
    ------
    ArithmeticError
        If the compiled model computes in another precision.
    """
    found = compile_model(model, device_name, {**(config or {}), _HINT: "f32"})
    in_force = _precision_of(found)
    if in_force != "float32":
        raise ArithmeticError(f"OpenVINO computes in {in_force} here, although asked for float32")
    return found


def _precision_of(compiled: Any) -> str:
    """Return the precision in which a compiled model computes, such as ``float32``."""
    name = str(compiled.get_property(_HINT).to_string())
    return _PRECISIONS.get(name, name)


def _small_model() -> Any:
    """Compile a product of two matrices with the same options as Keras's models."""
    import openvino
    from openvino import opset16

    inputs = opset16.parameter([-1, 64], openvino.Type.f32)
    weights = opset16.parameter([64, 64], openvino.Type.f32)
    product = opset16.matmul(inputs, weights, False, False)
    return openvino.compile_model(openvino.Model([product], [inputs, weights]), "CPU")


def wait(value: Any) -> None:
    """Return at once: OpenVINO returns outputs only when they have been computed."""


def settings() -> dict[str, str]:
    """Return the settings in force that only the framework knows, such as its device."""
    compiled = _small_model()
    return {
        "device": ", ".join(map(str, compiled.get_property("EXECUTION_DEVICES"))),
        "platform": "cpu",
        "threads": str(compiled.get_property("INFERENCE_NUM_THREADS")),
    }


def precision(model: Any) -> str:
    """Return the precision in force, read from a small model that is compiled for the purpose."""
    return _precision_of(_small_model())


def full_float32() -> None:
    """Make OpenVINO compile all later models for float32."""
    prepare()


def full_float64() -> str:
    """Return why OpenVINO can't compute in float64."""
    return "OpenVINO computes in float32 at most"


def device_peak_bytes() -> int | None:
    """Return None: Keras runs OpenVINO on the processor alone."""
    return None


def allocated_bytes() -> int | None:
    """Return None: OpenVINO keeps no list of its tensors, and Python's collector has none."""
    return None


def arrays_alive() -> int | None:
    """Return None: OpenVINO keeps no list of its tensors, and Python's collector has none."""
    return None
