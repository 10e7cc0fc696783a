"""TensorFlow: its profiler's trace, whose operations bear the scopes of the model."""

import functools
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from aebench.backends.profilers import (
    DATA,
    ELEMENT_WISE,
    FUSED,
    LOSS,
    MATRIX_PRODUCT,
    OPTIMISER,
    OTHER,
    WAIT,
    WAITING,
    Compilation,
    Span,
    kernel,
    xla,
)

# ``scope/of/the/model/operation:Type``
_OPERATION = re.compile(r"^(?P<path>[\w./>-]+):(?P<type>_?[A-Z]\w*)$")
_DATA = ("Iterator", "MakeIterator", "Prefetch", "ParallelMap", "InstantiatedCapturedFunction")
# What the executor says of itself around the operations.
_AROUND = ("ExecutorState", "ExecutorDoneCallback", "ThreadpoolListener", "FunctionRun")
# The thread that called a function is in here until all its operations are done.
_CALLS = ("EagerLocalExecute: __inference", "KernelAndDeviceFunc")


def prepare(model: Any) -> None:
    """Do nothing: what TensorFlow traces names its scopes."""


def annotation(name: str) -> AbstractContextManager[Any]:
    """Mark a stretch of this thread in the trace."""
    import tensorflow as tf

    return tf.profiler.experimental.Trace(name)  # type: ignore[no-any-return]


@contextmanager
def tracing(folder: Path) -> Iterator[None]:
    """Have TensorFlow's profiler run, and leave its trace in a folder."""
    import tensorflow as tf

    # Operations that TensorFlow holds for cheap it doesn't trace at any level: their time is in
    # what waits for them.
    tf.profiler.experimental.start(str(folder))
    try:
        yield
    finally:
        tf.profiler.experimental.stop()


def spans(folder: Path, model: Any) -> list[Span]:
    """Read a trace."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    (path,) = folder.rglob("*.xplane.pb")
    space = xplane_pb2.XSpace()
    space.ParseFromString(path.read_bytes())
    optimiser = re.compile(rf"(^|/){re.escape(str(model.optimizer.name))}(_\d+)?/")
    found = []
    for plane in space.planes:
        on_host = "CPU" in plane.name
        names = {key: str(each.name) for key, each in plane.event_metadata.items()}
        of_xla = next(
            (key for key, each in plane.stat_metadata.items() if each.name == "hlo_op"), -1
        )
        for number, line in enumerate(plane.lines):
            thread = f"{line.name.partition('/')[0]} {number}"
            thread = thread if on_host else f"{plane.name} {thread}"
            in_pipeline = line.name.startswith("tf_data")
            for event in line.events:
                name = names[event.metadata_id]
                compiled = any(each.metadata_id == of_xla for each in event.stats)
                operation, category = _kind(name, in_pipeline, compiled, optimiser)
                if not on_host and not category:
                    category = kernel(name)
                begin = line.timestamp_ns / 1e9 + event.offset_ps / 1e12
                end = begin + event.duration_ps / 1e12
                found.append(Span(thread, name, operation, category, begin, end))
    return found


def _kind(
    name: str, in_pipeline: bool, compiled: bool, optimiser: re.Pattern[str]
) -> tuple[str, str]:
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
    if "MatMul" in operation:
        return operation, MATRIX_PRODUCT
    if operation.startswith(("_Fused", "_Xla", "Xla")):
        return operation, FUSED
    return operation, DATA if operation.startswith(("Iterator", "Optional")) else ELEMENT_WISE


@contextmanager
def compilations(model: Any, told: Callable[[Compilation], None]) -> Iterator[None]:
    """Tell of each trace: the model's steps run as Python only while they are traced.

    What is done to the graph afterwards happens inside the call, out of Python's sight: it is the
    caller's to tell, by how long the call took.
    """
    names = ("train_step", "predict_step")
    steps = {name: getattr(model, name) for name in names}

    def watched(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(step)
        def traced(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            result = step(*arguments, **named)
            told(Compilation("trace", name, time.perf_counter() - began, time.time()))
            return result

        return traced

    for name, step in steps.items():
        setattr(model, name, watched(name, step))
    try:
        yield
    finally:
        for name, step in steps.items():
            setattr(model, name, step)
