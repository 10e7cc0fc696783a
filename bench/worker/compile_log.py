"""Log every trace and compilation in the first steps, with the call that caused it."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from aebench.backends.contract import Backend
from aebench.backends.profilers import CompilationEvent, Profiler
from aebench.bench.protocol import trees
from aebench.bench.protocol.messages.profile import CompileLogEntry
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker.stepping import replaced_step, steps_per_call

FULL_BATCHES = 4


class _Call(NamedTuple):
    """One call of the step function: its batch (samples, dtype), and when it began and ended."""

    batch: tuple[int, str]
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """Return the seconds that the call took."""
        return self.ended - self.began


def log_first_steps(
    model: Any,
    backend: Backend,
    profiler: Profiler,
    samples: Samples,
    batch_size: int,
    workloads: Sequence[str],
) -> list[CompileLogEntry]:
    """Train or predict for the first time, or both, and return what was compiled meanwhile.

    The data are four full batches and a smaller last batch.

    Parameters
    ----------
    model : keras.Model
        A model that was compiled by Keras and never called.
    backend, profiler : module
        The modules of the model's backend: its description and its profiler.
    samples : Samples
        The samples, more than four calls take.
    batch_size : int
        Number of samples per call of the model's step function.
    workloads : sequence of str
        What is done: ``train``, ``predict`` or both.

    Returns
    -------
    list of CompileLogEntry
        One entry per event, by workload and call; the graph breaks of a workload come last. Some
        frameworks report tracing but not compiling. An entry is then added for a first call: the
        call's seconds less its tracing and less the seconds of a warm call. Its stage is
        ``compile``, or ``build`` if no compiler is on.
    """
    size = batch_size // steps_per_call(model)
    data = samples.first(FULL_BATCHES * batch_size + max(1, size // 2))
    rows: list[CompileLogEntry] = []
    for workload in workloads:
        found: list[CompilationEvent] = []
        calls: list[_Call] = []
        with profiler.compilations(model, found.append):
            run = _watched(data, batch_size, backend, calls)
            with replaced_step(model, f"{workload}_function", run):
                if workload == "train":
                    model.fit(
                        data.x,
                        data.y,
                        size,
                        sample_weight=data.weights,
                        shuffle=False,
                        verbose=0,
                    )
                else:
                    model.predict(data.x, size, verbose=0)
        rows += _with_calls(workload, calls, found, bool(model.jit_compile))
    return rows


def _watched(
    data: Samples, batch_size: int, backend: Backend, calls: list[_Call]
) -> Callable[..., Any]:
    left = data.total
    kinds = " ".join(dict.fromkeys(str(each.dtype) for each in trees.leaves(data.x)))

    def around(step: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal left
        samples = min(left, batch_size)
        left -= samples
        began = time.time()
        result = step(*arguments)
        backend.wait(result)
        calls.append(_Call((samples, kinds), began, time.time()))
        return result

    return around


def _with_calls(
    workload: str, calls: Sequence[_Call], found: Sequence[CompilationEvent], compiles: bool
) -> list[CompileLogEntry]:
    """Return the events with their causes; ``compiles`` is whether a compiler is on."""
    silent = not any(event.stage == "compile" for event in found)
    rows: list[CompileLogEntry] = []
    before: list[tuple[int, str]] = []
    for call in calls:
        mine = _within(call, found)
        if silent and (mine or (compiles and call.batch not in before)):
            # This framework does not report compiling: a first call's extra time counts as such.
            warm = [other.seconds for other in calls if not _is_cold(other, calls, found)]
            if warm:
                traced = sum(event.seconds for event in mine)
                rest = call.seconds - statistics.median(warm) - traced
                stage = "compile" if compiles else "build"
                mine = [*mine, CompilationEvent(stage, "", max(0.0, rest), call.ended)]
        rows += [_row(workload, event, call, cause(call.batch, before)) for event in mine]
        before.append(call.batch)
    # Graph breaks are reported for all calls together, so that the first call gets them.
    broken = [event for event in found if event.stage == "graph break"]
    return [*rows, *(_row(workload, event, calls[0], event.why) for event in broken)]


def _is_cold(call: _Call, calls: Sequence[_Call], found: Sequence[CompilationEvent]) -> bool:
    """Return whether a call compiled something, or has the first batch of its size and dtype."""
    first = next(other for other in calls if other.batch == call.batch)
    return call is first or bool(_within(call, found))


def _row(workload: str, event: CompilationEvent, call: _Call, why: str) -> CompileLogEntry:
    return CompileLogEntry(
        stage=event.stage,
        function=event.function or f"{workload}_step",
        seconds=event.seconds,
        cause=why,
        workload=workload,
        samples=call.batch[0],
    )


def cause(batch: tuple[int, str], before: Sequence[tuple[int, str]]) -> str:
    """Return why a call compiles: ``first call``, ``new type``, ``new shape`` or ``unknown``.

    Parameters
    ----------
    batch : (int, str)
        Number of samples and their dtype in this call.
    before : sequence of (int, str)
        The number of samples and the dtype of each earlier call of the function.
    """
    if not before:
        return "first call"
    if batch in before:
        return "unknown"
    return "new type" if batch[1] not in {dtype for _, dtype in before} else "new shape"


def _within(call: _Call, found: Sequence[CompilationEvent]) -> list[CompilationEvent]:
    return [event for event in found if call.began <= event.ended_seconds <= call.ended]
