"""JAX: jax.profiler's trace, whose operations bear XLA's names, read with what XLA made of them."""

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from aebench.backends.profilers import DATA, OTHER, WAIT, WAITING, Compilation, Span, xla

_TRACE_EVENT = "/jax/core/compile/jaxpr_trace_duration"
_COMPILE_EVENT = "/jax/core/compile/backend_compile_duration"
_STAGES = {_TRACE_EVENT: "trace", _COMPILE_EVENT: "compile"}
# What the runtime says of itself around the operations.
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
_SHAPES = "_aebench_shapes"


def prepare(model: Any) -> None:
    """Note the shapes that the step is traced for: with them it can be compiled once more.

    XLA's names are a compilation's own; its text tells which of the model's operations went
    into each.
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
                lambda each: jax.ShapeDtypeStruct(each.shape, each.dtype, weak_type=each.weak_type),
                (state, data),
            )
        )
        return step(state, data)

    # Not through Keras, which would wrap and track what it is given.
    object.__setattr__(model, _SHAPES, (step, shapes))
    model.train_step = traced


def annotation(name: str) -> AbstractContextManager[Any]:
    """Mark a stretch of this thread in the trace."""
    import jax

    return jax.profiler.TraceAnnotation(name)  # type: ignore[no-any-return]


@contextmanager
def tracing(folder: Path) -> Iterator[None]:
    """Have jax.profiler run, and leave its trace in a folder."""
    import jax

    options = jax.profiler.ProfileOptions()
    # Python's own calls would take several times what they are to explain.
    options.python_tracer_level = 0
    jax.profiler.start_trace(str(folder), profiler_options=options)
    try:
        yield
    finally:
        jax.profiler.stop_trace()


def spans(folder: Path, model: Any) -> list[Span]:
    """Read a trace; the step that is looked up is the one that was traced first."""
    import jax

    (path,) = folder.rglob("*.xplane.pb")
    known = _instructions(model)
    optimiser = str(model.optimizer.name)
    found = []
    for plane in jax.profiler.ProfileData.from_file(str(path)).planes:
        for number, line in enumerate(plane.lines):
            thread = f"{line.name} {number}" if "CPU" in plane.name else f"{plane.name} {line.name}"
            for event in line.events:
                operation, category = _kind(event, line.name, known, optimiser)
                begin = event.start_ns / 1e9
                end = begin + event.duration_ns / 1e9
                found.append(Span(thread, event.name, operation, category, begin, end))
    return found


def _kind(
    event: Any, line: str, known: dict[str, xla.Instruction], optimiser: str
) -> tuple[str, str]:
    name = str(event.name)
    if name.startswith(_AROUND):
        return name, ""
    operation = next((str(value) for key, value in event.stats if key == "hlo_op"), "")
    if operation:
        return xla.kind(operation, known, optimiser)
    if name == WAIT:
        return "waiting for the last step", WAITING
    if name.startswith(_COPIES):
        return name, DATA
    # On a thread of Python's all else is the runtime's part of a call; on a pool's it isn't known.
    return name, OTHER if line.startswith("tf_") else ""


def _instructions(model: Any) -> dict[str, xla.Instruction]:
    import jax

    step, shapes = getattr(model, _SHAPES, (None, None))
    if not shapes:
        return {}
    compiled = jax.jit(step, donate_argnums=0).lower(*shapes[0]).compile()
    return xla.instructions(compiled.as_text())


@contextmanager
def compilations(model: Any, told: Callable[[Compilation], None]) -> Iterator[None]:
    """Tell of whatever JAX traces and XLA compiles meanwhile.

    A trace within a trace is told before the one that it is a part of: only the outermost, which
    ends last and began first, is passed on.
    """
    import jax

    pending: list[tuple[float, float, str, str]] = []

    def span(event: str, begin: float, end: float, **more: Any) -> None:
        stage = _STAGES.get(event)
        if stage is None:
            return
        pending[:] = [each for each in pending if not (each[2] == stage and each[0] >= begin)]
        pending.append((begin, end, stage, str(more.get("fun_name", ""))))

    jax.monitoring.register_event_time_span_listener(span)
    try:
        yield
    finally:
        jax.monitoring.unregister_event_time_span_listener(span)
        for begin, end, stage, function in pending:
            name = function.removeprefix("jit(").removesuffix(")")
            told(Compilation(stage, name, end - begin, end))
