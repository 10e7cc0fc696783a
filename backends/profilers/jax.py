"""Profile JAX with jax.profiler, and map XLA's names in its trace to the model's operations."""

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from aebench.backends.profilers import (
    DATA,
    OTHER,
    WAIT,
    WAITING,
    CompilationEvent,
    Span,
    measured_lines,
    xla,
)
from aebench.backends.profilers.layer_kinds import kinds_of_layers

_TRACE_EVENT = "/jax/core/compile/jaxpr_trace_duration"
_COMPILE_EVENT = "/jax/core/compile/backend_compile_duration"
_STAGES = {_TRACE_EVENT: "trace", _COMPILE_EVENT: "compile"}
# Spans of the runtime itself, which enclose the spans of operations.
_AROUND = (
    "CommonPjRt",
    "PythonRefManager",
    "ThunkExecutor",
    "ThreadpoolListener",
    "SlinkyThreadPool",
    "Wait for",
    "end: ",
)
_COPIES = ("DevicePut", "MemcpyH2D", "MemcpyD2H", "TransferLiteral", "BufferFromHost")
# XLA's name for many kernels that it starts at once, as one CUDA graph.
_COMMAND_BUFFER = "command_buffer"
_SHAPES = "_aebench_shapes"


def prepare(model: Any) -> None:
    """Make the training step store the shapes for which JAX traces it.

    With these shapes :func:`spans` compiles the step again, to get the text of the compiled step.
    Only that text shows to which of the model's operations a name in XLA's trace belongs.
    """
    import jax

    if not model.jit_compile:
        return
    step = model.train_step
    shapes: list[Any] = []

    @functools.wraps(step)
    def traced(state: Any, data: Any) -> Any:
        shapes.append(
            jax.tree.map(
                lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, weak_type=leaf.weak_type),
                (state, data),
            )
        )
        return step(state, data)

    # A plain assignment would go through Keras, which wraps and tracks the attributes of a model.
    object.__setattr__(model, _SHAPES, (step, shapes))
    model.train_step = traced


def annotation(name: str) -> AbstractContextManager[Any]:
    """Return a context manager that adds a span to the trace, from its entry to its exit."""
    import jax

    return jax.profiler.TraceAnnotation(name)  # type: ignore[no-any-return]


@contextmanager
def tracing(folder: Path) -> Iterator[None]:
    """Run jax.profiler inside the context, and write its trace to a folder."""
    import jax

    options = jax.profiler.ProfileOptions()
    # Tracing Python's calls would slow the steps down several times.
    options.python_tracer_level = 0
    jax.profiler.start_trace(str(folder), profiler_options=options)
    try:
        yield
    finally:
        jax.profiler.stop_trace()


def spans(folder: Path, model: Any) -> list[Span]:
    """Read the spans of a trace, with operations looked up in the text of the training step."""
    import jax

    (path,) = folder.rglob("*.xplane.pb")
    known = _instructions(model)
    kernels = xla.kernels(known)
    optimiser, layers = str(model.optimizer.name), kinds_of_layers(model)
    found = []
    for plane in jax.profiler.ProfileData.from_file(str(path)).planes:
        for number, line in enumerate(measured_lines(plane)):
            thread = f"{line.name} {number}" if "CPU" in plane.name else f"{plane.name} {line.name}"
            for event in line.events:
                operation, category = _kind(event, line.name, known, kernels, (optimiser, layers))
                begin = event.start_ns / 1e9
                end = begin + event.duration_ns / 1e9
                found.append(Span(thread, event.name, operation, category, begin, end))
    return found


def _kind(
    event: Any,
    line: str,
    known: dict[str, xla.Instruction],
    kernels: dict[str, str],
    scopes: tuple[str, dict[str, str]],
) -> tuple[str, str]:
    name = str(event.name)
    if name.startswith(_AROUND):
        return name, ""
    operation = next((str(value) for key, value in event.stats if key == "hlo_op"), "")
    if operation.startswith(_COMMAND_BUFFER):
        # The span's own name is the kernel's.
        operation = kernels.get(name, name)
    if operation:
        return xla.kind(operation, known, *scopes)
    if name == WAIT:
        return "waiting for the last step", WAITING
    if name.startswith(_COPIES):
        return name, DATA
    # Lines named tf_… are thread pools: their other spans count as OTHER. Spans of Python threads
    # only enclose others, so they get no category.
    return name, OTHER if line.startswith("tf_") else ""


def _instructions(model: Any) -> dict[str, xla.Instruction]:
    import jax

    step, shapes = getattr(model, _SHAPES, (None, None))
    if not shapes:
        return {}
    compiled = jax.jit(step, donate_argnums=0).lower(*shapes[0]).compile()
    return xla.instructions(compiled.as_text())


@contextmanager
def compilations(model: Any, report: Callable[[CompilationEvent], None]) -> Iterator[None]:
    """Report what JAX traces and XLA compiles inside the context, when the context ends.

    JAX reports an inner trace before the trace around it. Only the outermost trace is passed on.
    """
    import jax

    pending: list[tuple[float, float, str, str]] = []

    def span(event: str, begin: float, end: float, **more: Any) -> None:
        stage = _STAGES.get(event)
        if stage is None:
            return
        pending[:] = [
            earlier for earlier in pending if not (earlier[2] == stage and earlier[0] >= begin)
        ]
        pending.append((begin, end, stage, str(more.get("fun_name", ""))))

    jax.monitoring.register_event_time_span_listener(span)
    try:
        yield
    finally:
        jax.monitoring.unregister_event_time_span_listener(span)
        for begin, end, stage, function in pending:
            name = function.removeprefix("jit(").removesuffix(")")
            report(CompilationEvent(stage, name, end - begin, end))
