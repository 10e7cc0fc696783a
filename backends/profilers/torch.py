"""Profile PyTorch with torch.profiler, and add the spans of loss and optimiser to its trace."""

import bisect
import functools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from aebench.backends.profilers import (
    ATTENTION,
    CONVOLUTION,
    DATA,
    ELEMENT_WISE,
    EMBEDDING,
    FUSED,
    LOSS,
    MATRIX_PRODUCT,
    NORMALISATION,
    OPTIMISER,
    OTHER,
    RECURRENT,
    WAIT,
    WAITING,
    CompilationEvent,
    Span,
    kernel,
    kernel_name,
)
from aebench.backends.profilers.layer_kinds import kind_of_layer

_FILE = "trace.json"
_MARK = "aebench "
_MARKS = {
    f"{_MARK}{name}": category
    for name, category in (
        ("loss", LOSS),
        ("optimiser", OPTIMISER),
        *((kind, kind) for kind in (ATTENTION, RECURRENT, EMBEDDING, NORMALISATION, CONVOLUTION)),
    )
}
# Operations that are told by their names, also where no layer encloses them.
_BY_WORD = {
    "conv": CONVOLUTION,
    "_norm": NORMALISATION,
    "embedding": EMBEDDING,
    "scaled_dot_product": ATTENTION,
}
_PRODUCTS = ("mm", "addmm", "bmm", "baddbmm", "matmul", "linear", "mkldnn_linear")
_DEVICE = ("kernel", "gpu_memcpy", "gpu_memset")
# The host's calls that start what runs on a device.
_STARTS = ("cuda_runtime", "cuda_driver")
# Spans of code that torch.compile made of a model.
_COMPILED = ("Torch-Compiled Region", "CompiledFunction", "graph_", "## Call CompiledFxGraph")


def prepare(model: Any) -> None:
    """Add spans around loss, optimiser and layers, which the names of operations don't show."""
    if model.jit_compile:
        return  # a compiled graph can't contain such spans
    for layer, kind in _layers(model):
        layer.call = _marked(layer.call, f"{_MARK}{kind}")
    for owner, method, mark in (
        (model, "compute_loss", "aebench loss"),
        (model.optimizer, "apply", "aebench optimiser"),
    ):
        setattr(owner, method, _marked(getattr(owner, method), mark))


def _layers(model: Any) -> Iterator[tuple[Any, str]]:
    """Yield the outermost layers that have a category, with it; inner models' too."""
    for layer in getattr(model, "layers", ()):
        kind = kind_of_layer(layer)
        if kind:
            yield layer, kind
        else:
            yield from _layers(layer)


def _marked(method: Callable[..., Any], mark: str) -> Callable[..., Any]:
    @functools.wraps(method)
    def marked(*arguments: Any, **named: Any) -> Any:
        with annotation(mark):
            return method(*arguments, **named)

    return marked


def annotation(name: str) -> AbstractContextManager[Any]:
    """Return a context manager that adds a span to the trace, from its entry to its exit."""
    import torch

    return torch.profiler.record_function(name)  # type: ignore[no-any-return]


@contextmanager
def tracing(folder: Path) -> Iterator[None]:
    """Run torch.profiler inside the context, and write its trace to a folder."""
    import torch

    activities = [torch.profiler.ProfilerActivity.CPU]
    if torch.cuda.is_available():
        activities.append(torch.profiler.ProfilerActivity.CUDA)
    with torch.profiler.profile(activities=activities) as profiler:
        yield
    profiler.export_chrome_trace(str(folder / _FILE))


def spans(folder: Path, model: Any) -> list[Span]:
    """Read the spans of a trace.

    The gradient of the loss counts as loss too, and that of a layer as the layer's. It is found by
    its number: autograd gives the same sequence number to a forward operation and to its gradient.
    An accelerator's kernel belongs where the host started it, which has the kernel's correlation.
    """
    events = [
        each
        for each in json.loads((folder / _FILE).read_text())["traceEvents"]
        # Leave out gpu_user_annotation: it repeats the host's spans for every stream of a GPU.
        if each.get("ph") == "X" and each.get("cat") not in ("Trace", "gpu_user_annotation")
    ]
    on_device = any(each.get("cat") in _DEVICE for each in events)
    marks = _Stretches(
        (each["tid"], each["ts"], each["ts"] + each["dur"], _MARKS[each["name"]])
        for each in events
        if each["name"] in _MARKS
    )
    forward = {
        each["args"]["Sequence number"]: marks.at(each)
        for each in events
        if "Sequence number" in each.get("args", {}) and marks.at(each) not in ("", OPTIMISER)
    }
    gradients = _Stretches(
        (each["tid"], each["ts"], each["ts"] + each["dur"], forward[number])
        for each in events
        if each["name"].startswith("autograd::engine")
        and (number := each.get("args", {}).get("Sequence number")) in forward
    )
    starts = {
        each["args"]["correlation"]: each
        for each in events
        if each.get("cat") in _STARTS and "correlation" in each.get("args", {})
    }
    found = []
    for each in events:
        start = each
        if each.get("cat") in _DEVICE:
            start = starts.get(each.get("args", {}).get("correlation"), each)
        operation, category = _kind(each, marks.at(start) or gradients.at(start), on_device)
        begin = each["ts"] / 1e6
        thread = f"thread {each['tid']}" if each.get("cat") not in _DEVICE else f"gpu {each['tid']}"
        end = begin + each["dur"] / 1e6
        found.append(Span(thread, each["name"], operation, category, begin, end))
    return found


class _Stretches:
    """Store named stretches of time by thread, and find the stretch in which an event begins.

    The stretches of a thread don't overlap.
    """

    def __init__(self, stretches: Iterator[tuple[Any, float, float, str]]) -> None:
        self._by_thread: dict[Any, list[tuple[float, float, str]]] = {}
        for thread, begin, end, name in sorted(stretches):
            self._by_thread.setdefault(thread, []).append((begin, end, name))

    def at(self, event: dict[str, Any]) -> str:
        """Return the name of the stretch in which an event begins; empty if there is none."""
        stretches = self._by_thread.get(event["tid"], [])
        position = bisect.bisect(stretches, event["ts"], key=lambda stretch: stretch[0]) - 1
        if position >= 0 and event["ts"] < stretches[position][1]:
            return stretches[position][2]
        return ""


def _kind(event: dict[str, Any], within: str, on_device: bool) -> tuple[str, str]:
    name = str(event["name"])
    if event.get("cat") in _DEVICE:
        category = kernel(name)
        return kernel_name(name), category if category == DATA else within or category
    if name == WAIT:
        return "waiting for the last step", WAITING
    if "DataLoader" in name:
        return "next batch", DATA
    if on_device or name in _MARKS or event.get("cat") == "user_annotation":
        # On a GPU the host's operations only start kernels, so they get no category. The spans that
        # aebench or the user added only enclose others.
        return name, ""
    if within:
        return name, within
    if name.startswith(_COMPILED):
        return name.partition(":")[0], FUSED
    operation = name.removeprefix("aten::")
    if operation in _PRODUCTS:
        return name, MATRIX_PRODUCT
    if name.startswith("aten::"):
        for word, category in _BY_WORD.items():
            if word in operation:
                return name, category
    if name.startswith("aten::") or "detach" in name:
        return name, ELEMENT_WISE
    if "autograd" in name or name.endswith(tuple(f"Backward{digit}" for digit in range(10))):
        return "autograd", OTHER
    return name, OTHER


@contextmanager
def compilations(model: Any, report: Callable[[CompilationEvent], None]) -> Iterator[None]:
    """Report what torch.compile compiles inside the context, and where it breaks a graph."""
    if not model.jit_compile:
        yield
        return
    from torch._dynamo.callback import callback_handler
    from torch._dynamo.utils import counters

    began: list[float] = []

    def start(arguments: Any) -> None:
        began.append(time.perf_counter())

    def end(arguments: Any) -> None:
        if began:
            report(CompilationEvent("compile", "", time.perf_counter() - began.pop(), time.time()))

    callback_handler.register_start_callback(start)
    callback_handler.register_end_callback(end)
    broken = dict(counters["graph_break"])
    try:
        yield
    finally:
        callback_handler.remove_start_callback(start)
        callback_handler.remove_end_callback(end)
        for why, count in counters["graph_break"].items():
            if count > broken.get(why, 0):
                first_line = str(why).partition("\n")[0]
                report(CompilationEvent("graph break", "", 0.0, time.time(), first_line))
