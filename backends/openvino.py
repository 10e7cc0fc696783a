"""OpenVINO: Keras's backend for inference, which predicts and evaluates, and can't train.

OpenVINO computes in bfloat16 where the processor has instructions for it, and Keras leaves that
choice to OpenVINO. Here each model is compiled with a hint to compute in float32; the precision in
force is read back from the compiled model, and a model with any other precision is refused.

Keras compiles a model at its first prediction, for all batch sizes, with the weights of that
moment: weights that are set later have no effect on what it predicts.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from aebench.backends import Costs

KERAS_BACKEND = FRAMEWORK = "openvino"
REQUIRES = ("openvino",)
DISTRIBUTIONS = ("openvino",)
INSTALL = "pip install -c constraints.txt -e '.[openvino]'"
BY_DEFAULT = False
UNSUPPORTED = {"train": "Keras's OpenVINO backend has no fit"}
BASELINE = PROFILER = PROFILE_NOTE = ""
COSTS = Costs(
    start_seconds=6.0,
    cold_start_seconds=8.0,
    parity_seconds=5.0,
    step_seconds={"predict": 0.0004},
)
EPOCH_END_POLLS_SECONDS: tuple[float, ...] = ()
_HINT = "INFERENCE_PRECISION_HINT"
_PRECISIONS = {"f32": "float32", "bf16": "bfloat16", "f16": "float16"}


def settings_obstacle(asked: Mapping[str, str]) -> str:
    """Return the reason why settings can't be had; empty if they can."""
    if "jit" in asked:
        return "OpenVINO compiles all models: leave jit and nojit out."
    if asked.get("precision", "float32") != "float32":
        return "OpenVINO is measured in float32 alone: leave precision out."
    return ""


def environment(scratch: Path) -> dict[str, str]:
    """Return the variables to set before the interpreter starts: none."""
    return {}


def prepare() -> None:
    """Have models compiled for float32, and refuse those that are not."""
    import openvino

    # Keras passes no options on, and OpenVINO reads none of them from the environment.
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
    """Read the precision in force back from a compiled model."""
    name = str(compiled.get_property(_HINT).to_string())
    return _PRECISIONS.get(name, name)


def _small_model() -> Any:
    """Compile a product of two matrices as Keras's models are compiled here."""
    import openvino
    from openvino import opset16

    inputs = opset16.parameter([-1, 64], openvino.Type.f32)
    weights = opset16.parameter([64, 64], openvino.Type.f32)
    product = opset16.matmul(inputs, weights, False, False)
    return openvino.compile_model(openvino.Model([product], [inputs, weights]), "CPU")


def wait(value: Any) -> None:
    """Wait for nothing: OpenVINO returns when the outputs have been computed."""


def settings() -> dict[str, str]:
    """Return what is in force, beside what Keras knows of its model."""
    compiled = _small_model()
    return {
        "device": ", ".join(map(str, compiled.get_property("EXECUTION_DEVICES"))),
        "platform": "cpu",
        "threads": str(compiled.get_property("INFERENCE_NUM_THREADS")),
    }


def precision() -> str:
    """Return the precision in force, read back from a model that was compiled here."""
    return _precision_of(_small_model())


def full_float32() -> None:
    """Have models compiled for float32."""
    prepare()


def device_peak_bytes() -> int | None:
    """Return nothing: Keras runs OpenVINO on the processor alone."""
    return None
