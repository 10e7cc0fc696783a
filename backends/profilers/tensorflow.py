"""Profile TensorFlow with its own profiler, whose trace names operations by the model's scopes."""

import functools
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from aebench.backends.profilers import (
    CONVOLUTION,
    DATA,
    ELEMENT_WISE,
    FUSED,
    LOSS,
    MATRIX_PRODUCT,
    OPTIMISER,
    OTHER,
    WAIT,
    WAITING,
    CompilationEvent,
    Span,
    kernel,
    measured_lines,
    xla,
)
from aebench.backends.profilers.layer_kinds import kinds_of_layers

# ``scope/of/the/model/operation:Type``
_OPERATION = re.compile(r"^(?P<path>[\w./>-]+):(?P<type>_?[A-Z]\w*)$")
_AGAIN = re.compile(r"_\d+$")
_DATA = ("Iterator", "MakeIterator", "Prefetch", "ParallelMap", "InstantiatedCapturedFunction")
# Spans of the executor itself, which enclose the spans of operations.
_AROUND = ("ExecutorState", "ExecutorDoneCallback", "ThreadpoolListener", "FunctionRun")
# In these spans the calling thread only waits for a TensorFlow function's operations to finish.
_CALLS = ("EagerLocalExecute: __inference", "KernelAndDeviceFunc")


def prepare(model: Any) -> None:
    """Do nothing: TensorFlow's trace names the scopes of operations already."""


def annotation(name: str) -> AbstractContextManager[Any]:
    """Return a context manager that adds a span to the trace, from its entry to its exit."""
    import tensorflow as tf

    return tf.profiler.experimental.Trace(name)  # type: ignore[no-any-return]


@contextmanager
def tracing(folder: Path) -> Iterator[None]:
    """Run TensorFlow's profiler inside the context, and write its trace to a folder."""
    import tensorflow as tf

    # TensorFlow doesn't trace operations that it considers cheap: their time is part of the spans
    # of waiting.
    tf.profiler.experimental.start(str(folder))
    try:
        yield
    finally:
        tf.profiler.experimental.stop()


def spans(folder: Path, model: Any) -> list[Span]:
    """Read the spans of a trace."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    (path,) = folder.rglob("*.xplane.pb")
    space = xplane_pb2.XSpace()
    space.ParseFromString(path.read_bytes())
    optimiser = re.compile(rf"(^|/){re.escape(str(model.optimizer.name))}(_\d+)?/")
    layers = kinds_of_layers(model)
    found = []
    for plane in space.planes:
        on_host = "CPU" in plane.name
        names = {key: str(known.name) for key, known in plane.event_metadata.items()}
        of_xla = next(
            (key for key, known in plane.stat_metadata.items() if known.name == "hlo_op"), -1
        )
        for number, line in enumerate(measured_lines(plane)):
            thread = f"{line.name.partition('/')[0]} {number}"
            thread = thread if on_host else f"{plane.name} {thread}"
            in_pipeline = line.name.startswith("tf_data")
            for event in line.events:
                name = names[event.metadata_id]
                compiled = any(stat.metadata_id == of_xla for stat in event.stats)
                operation, category = _kind(name, in_pipeline, compiled, (optimiser, layers))
                if not on_host and not category:
                    category = kernel(name)
                begin = line.timestamp_ns / 1e9 + event.offset_ps / 1e12
                end = begin + event.duration_ps / 1e12
                found.append(Span(thread, name, operation, category, begin, end))
    return found


def _kind(
    name: str,
    in_pipeline: bool,
    compiled: bool,
    scopes: tuple[re.Pattern[str], dict[str, str]],
) -> tuple[str, str]:
    optimiser, layers = scopes
    if name.startswith(_AROUND):
        return name, ""
    if compiled:
        return xla.kind(name, {}, "")
    match = _OPERATION.match(name)
    if in_pipeline or name.startswith(_DATA):
        return match["type"] if match else name.partition("[")[0], DATA
    if match is None:
        if name == WAIT:
            return "waiting for the last step", WAITING
        if name.startswith(_CALLS):
            return "the executor", WAITING
        return name, OTHER if "/" in name else ""
    path, operation = match["path"], match["type"]
    if "compile_loss/" in path:
        return operation, LOSS
    if optimiser.search(path):
        return operation, OPTIMISER
    # A layer that is used again has a number behind its name.
    names = (part for scope in path.split("/") for part in (scope, _AGAIN.sub("", scope)))
    of_layer = next((layers[each] for each in names if each in layers), "")
    if of_layer:
        return operation, of_layer
    if "Conv" in operation:
        return operation, CONVOLUTION
    if "MatMul" in operation:
        return operation, MATRIX_PRODUCT
    if operation.startswith(("_Fused", "_Xla", "Xla")):
        return operation, FUSED
    return operation, DATA if operation.startswith(("Iterator", "Optional")) else ELEMENT_WISE


@contextmanager
def compilations(model: Any, report: Callable[[CompilationEvent], None]) -> Iterator[None]:
    """Report the traces of the model's steps. A call of a step's Python code is a trace.

    TensorFlow then optimises and compiles the graph inside the same call, where Python can't time
    it. The caller estimates that time from the duration of the whole call.
    """
    names = ("train_step", "predict_step")
    steps = {name: getattr(model, name) for name in names}

    def watched(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(step)
        def traced(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            result = step(*arguments, **named)
            report(CompilationEvent("trace", name, time.perf_counter() - began, time.time()))
            return result

        return traced

    for name, step in steps.items():
        setattr(model, name, watched(name, step))
    try:
        yield
    finally:
        for name, step in steps.items():
            setattr(model, name, step)
