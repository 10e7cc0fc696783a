"""What is compiled when: every trace and compilation of a training, and what called for it."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from backends import Backend
from backends.profilers import Compilation, Profiler
from bench.channel import Message
from bench.stepping import replaced_step, steps_per_call

FULL_BATCHES = 4


class _Call(NamedTuple):
    """One call of the model's function: when, in seconds, and with what."""

    workload: str
    batch: tuple[int, str]
    began: float
    ended: float


def keep(
    model: Any, backend: Backend, profiler: Profiler, images: Any, batch_size: int
) -> list[Message]:
    """Train and predict for the first time, on full batches and on one that isn't.

    Parameters
    ----------
    model : keras.Model
        Compiled, never called.
    backend, profiler : module
        Of its framework.
    images : ndarray
        Samples × 28 × 28: four calls' batches at least, and something beyond.
    batch_size : int
        Samples per call of the model's function.

    Returns
    -------
    list of dict
        ``stage``, ``function``, ``seconds``, ``cause``, and of the call that it was for
        ``workload`` and ``samples``, in the order in which they came. Where a framework tells only
        of tracing, what the call took beyond that and beyond a warm call is told as compiling.
    """
    data = images[: FULL_BATCHES * batch_size + max(1, batch_size // 2)]
    found: list[Compilation] = []
    calls: list[_Call] = []
    with profiler.compilations(model, found.append):
        for workload in ("train", "predict"):
            run = _watched(workload, data, batch_size, backend, calls)
            with replaced_step(model, workload, run):
                size = batch_size // steps_per_call(model)
                if workload == "train":
                    model.fit(data, data, size, shuffle=False, verbose=0)
                else:
                    model.predict(data, size, verbose=0)
    return list(_told(calls, found))


def _watched(
    workload: str, data: Any, batch_size: int, backend: Backend, calls: list[_Call]
) -> Callable[..., Any]:
    left = len(data)

    def around(step: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal left
        samples = min(left, batch_size)
        left -= samples
        began = time.time()
        result = step(*arguments)
        backend.wait(result)
        calls.append(_Call(workload, (samples, str(data.dtype)), began, time.time()))
        return result

    return around


def _told(calls: Sequence[_Call], found: Sequence[Compilation]) -> list[Message]:
    rows: list[Message] = []
    seen: dict[str, list[tuple[int, str]]] = {}
    cold = [call for call in calls if _within(call, found)]
    for call in calls:
        before = seen.setdefault(call.workload, [])
        mine = _within(call, found)
        if mine:
            warm = [
                each.ended - each.began
                for each in calls
                if each.workload == call.workload and each not in cold
            ]
            if warm and {each.stage for each in mine} == {"trace"}:
                rest = call.ended - call.began - sum(each.seconds for each in mine)
                rest -= statistics.median(warm)
                mine = [
                    *mine,
                    Compilation("compile", f"{call.workload}_step", max(0.0, rest), call.ended),
                ]
        rows += [_row(each, call, cause(call.batch, before)) for each in mine]
        before.append(call.batch)
    # A framework that leaves a compiled graph says so at the end, of all calls.
    broken = [each for each in found if each.stage == "graph break"]
    return [*rows, *(_row(each, calls[0], "") for each in broken)]


def _row(each: Compilation, call: _Call, why: str) -> Message:
    return {
        "stage": each.stage,
        "function": each.function,
        "seconds": each.seconds,
        "cause": why or each.why,
        "workload": call.workload,
        "samples": call.batch[0],
    }


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


def _within(call: _Call, found: Sequence[Compilation]) -> list[Compilation]:
    return [each for each in found if call.began <= each.ended_seconds <= call.ended]
