"""What is compiled when: every trace and compilation of a training, and what called for it."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from aebench.backends import Backend
from aebench.backends.profilers import CompilationEvent, Profiler
from aebench.bench.protocol import messages
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker.stepping import replaced_step, steps_per_call

FULL_BATCHES = 4


class _Call(NamedTuple):
    """One call of the model's function: when, in seconds, and with what."""

    batch: tuple[int, str]
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """Seconds that it took."""
        return self.ended - self.began


def keep(
    model: Any, backend: Backend, profiler: Profiler, samples: Samples, batch_size: int
) -> list[messages.Compilation]:
    """Train and predict for the first time, on full batches and on one that isn't.

    Parameters
    ----------
    model : keras.Model
        Compiled, never called.
    backend, profiler : module
        Of its framework.
    samples : Samples
        Four calls' batches at least, and something beyond.
    batch_size : int
        Samples per call of the model's function.

    Returns
    -------
    list of Compilation
        In the order in which they came. Some frameworks report tracing alone. Then the time of a
        call beyond its tracing and beyond a warm call is listed as compiling, or as building where
        no compiler is on. The breaks of a compiled graph belong to the workload, not to a call.
    """
    size = batch_size // steps_per_call(model)
    data = samples.first(FULL_BATCHES * batch_size + max(1, size // 2))
    rows: list[messages.Compilation] = []
    for workload in ("train", "predict"):
        found: list[CompilationEvent] = []
        calls: list[_Call] = []
        with profiler.compilations(model, found.append):
            run = _watched(data.x, batch_size, backend, calls)
            with replaced_step(model, f"{workload}_function", run):
                if workload == "train":
                    model.fit(data.x, data.y, size, shuffle=False, verbose=0)
                else:
                    model.predict(data.x, size, verbose=0)
        rows += _told(workload, calls, found, bool(model.jit_compile))
    return rows


def _watched(
    data: Any, batch_size: int, backend: Backend, calls: list[_Call]
) -> Callable[..., Any]:
    left = len(data)

    def around(step: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal left
        samples = min(left, batch_size)
        left -= samples
        began = time.time()
        result = step(*arguments)
        backend.wait(result)
        calls.append(_Call((samples, str(data.dtype)), began, time.time()))
        return result

    return around


def _told(
    workload: str, calls: Sequence[_Call], found: Sequence[CompilationEvent], compiles: bool
) -> list[messages.Compilation]:
    """Match what was compiled with the calls; ``compiles`` is whether a compiler is on at all."""
    silent = not any(each.stage == "compile" for each in found)
    rows: list[messages.Compilation] = []
    before: list[tuple[int, str]] = []
    for call in calls:
        mine = _within(call, found)
        if silent and (mine or (compiles and call.batch not in before)):
            # A framework that doesn't tell of compiling: what the call took beyond the rest.
            warm = [each.seconds for each in calls if not _is_cold(each, calls, found)]
            if warm:
                rest = call.seconds - statistics.median(warm) - sum(each.seconds for each in mine)
                stage = "compile" if compiles else "build"
                mine = [*mine, CompilationEvent(stage, "", max(0.0, rest), call.ended)]
        rows += [_row(workload, each, call, cause(call.batch, before)) for each in mine]
        before.append(call.batch)
    # A framework that leaves a compiled graph says so at the end, of all calls.
    broken = [each for each in found if each.stage == "graph break"]
    return [*rows, *(_row(workload, each, calls[0], each.why) for each in broken)]


def _is_cold(call: _Call, calls: Sequence[_Call], found: Sequence[CompilationEvent]) -> bool:
    """Tell whether something was compiled in a call, or may have been: its batch is a new one."""
    first = next(each for each in calls if each.batch == call.batch)
    return call is first or bool(_within(call, found))


def _row(workload: str, each: CompilationEvent, call: _Call, why: str) -> messages.Compilation:
    return messages.Compilation(
        stage=each.stage,
        function=each.function or f"{workload}_step",
        seconds=each.seconds,
        cause=why,
        workload=workload,
        samples=call.batch[0],
    )


def cause(batch: tuple[int, str], before: Sequence[tuple[int, str]]) -> str:
    """Tell why a call compiles.

    Parameters
    ----------
    batch : (int, str)
        What it is called with: how many samples of which type.
    before : sequence of (int, str)
        What the same function was called with before.
    """
    if not before:
        return "first call"
    if batch in before:
        return "unknown"
    return "new type" if batch[1] not in {dtype for _, dtype in before} else "new shape"


def _within(call: _Call, found: Sequence[CompilationEvent]) -> list[CompilationEvent]:
    return [each for each in found if call.began <= each.ended_seconds <= call.ended]
