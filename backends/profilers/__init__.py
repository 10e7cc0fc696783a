"""Run the frameworks' own profilers, read their traces, and report what the frameworks compile.

Every framework has one file, which defines the functions of :class:`Profiler`. This package imports
nothing of the benchmark, and importing it imports no framework.
"""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

from aebench import backends

# The categories of operations, the same for all frameworks, in the order in which tables list them.
MATRIX_PRODUCT = "matrix product"
CONVOLUTION = "convolution"
ATTENTION = "attention"
RECURRENT = "recurrent"
EMBEDDING = "embedding"
NORMALISATION = "normalisation"
ELEMENT_WISE = "element-wise"
FUSED = "fused"
LOSS = "loss"
OPTIMISER = "optimiser"
DATA = "data"
PYTHON = "Python and Keras"
WAITING = "waiting"
OTHER = "other"
CATEGORIES = (
    MATRIX_PRODUCT,
    CONVOLUTION,
    ATTENTION,
    RECURRENT,
    EMBEDDING,
    NORMALISATION,
    ELEMENT_WISE,
    FUSED,
    LOSS,
    OPTIMISER,
    DATA,
    PYTHON,
    WAITING,
    OTHER,
)
# Words in the names of kernels that multiply matrices. cuBLAS calls its kernels nvjet from Hopper
# on, and adds up the parts of a product that it cut in splitKreduce.
KERNELS_OF_PRODUCTS = ("gemm", "gemv", "cutlass", "matmul", "nvjet", "splitkreduce")
# Words in the names of kernels of convolutions: cuDNN's fprop, dgrad and wgrad are their parts.
KERNELS_OF_CONVOLUTIONS = ("conv", "fprop", "dgrad", "wgrad", "winograd")
# What a template's arguments tell of what a kernel computes.
_TOLD = re.compile(r"\b(?:cutlass_\w+|\w*[Ff]unctor\w*|\w+_kernel_impl|\w+_kernel_cuda|launch_\w+)")
# Spans that the benchmark itself adds to a trace: all steps, and the wait for the last step.
WINDOW, WAIT = "aebench steps", "aebench wait"


class Span(NamedTuple):
    """Hold what a thread did from one time to another, as a profiler recorded it.

    Parameters
    ----------
    thread : str
        The thread, or the stream of an accelerator.
    name : str
        The profiler's name of the span.
    operation : str
        The operation to which tables add the span's time.
    category : str
        One of :data:`CATEGORIES`. Empty for a span that only encloses other spans: its time outside
        them is added to the category of the span around it.
    begin_seconds, end_seconds : float
        Times on the trace's clock, which is the same for all spans of a trace.
    """

    thread: str
    name: str
    operation: str
    category: str
    begin_seconds: float
    end_seconds: float


class CompilationEvent(NamedTuple):
    """Hold one event that a framework reported: a trace, a compilation, or a graph break.

    Parameters
    ----------
    stage : str
        ``trace``, ``compile``, or ``graph break`` (the framework left a compiled graph).
    function : str
        Name of the traced or compiled function; empty if the framework doesn't report it.
    seconds : float
        Duration in seconds. It includes events inside this event, which are not reported.
    ended_seconds : float
        Time of the end, on the clock of :func:`time.time`.
    why : str
        The cause that the framework reports; empty if it reports none.
    """

    stage: str
    function: str
    seconds: float
    ended_seconds: float
    why: str = ""


class Profiler(Protocol):
    """List the functions that every framework's profiler file defines."""

    def prepare(self, model: Any) -> None:
        """Change a Keras model, before its first call, so that its operations can be recognised."""

    def annotation(self, name: str) -> AbstractContextManager[Any]:
        """Return a context manager that adds a span to the trace, from its entry to its exit."""

    def tracing(self, folder: Path) -> AbstractContextManager[Any]:
        """Return a context manager that runs the profiler and writes its trace to a folder."""

    def spans(self, folder: Path, model: Any) -> list[Span]:
        """Read the spans of the trace in a folder."""

    def compilations(
        self, model: Any, report: Callable[[CompilationEvent], None]
    ) -> AbstractContextManager[Any]:
        """Return a context manager that reports everything that is compiled inside it.

        It must be entered before Keras makes the model's functions.

        Parameters
        ----------
        model : keras.Model
            The compiled model.
        report : callable
            Called with every event, at the context's exit at the latest.
        """


def kernel(name: str) -> str:
    """Return the category of an accelerator's kernel, by the kernel's name alone."""
    lower = name.lower()
    # Conversions of types aren't convolutions.
    if any(word in lower.replace("convert", "") for word in KERNELS_OF_CONVOLUTIONS):
        return CONVOLUTION
    if any(word in lower for word in KERNELS_OF_PRODUCTS):
        return MATRIX_PRODUCT
    if "memcpy" in lower or "memset" in lower:
        return DATA
    return FUSED if "triton" in lower or "fusion" in lower else ELEMENT_WISE


def kernel_name(name: str) -> str:
    """Return what a table calls an accelerator's kernel: no types, and what an operation computes.

    PyTorch's and NVIDIA's names are C++ templates of hundreds of letters, and one kernel has a name
    for each type and size.
    """
    plain = name.removeprefix("void ").replace("(anonymous namespace)::", "")
    if "<" not in plain:
        return plain.partition("_tilesize")[0]
    base, _, arguments = plain.partition("<")
    told = _TOLD.search(arguments)
    base = base.rpartition("::")[2]
    return f"{base} ({told[0]})" if told else base


def measured_lines(plane: Any) -> list[Any]:
    """Return the lines of an xplane's plane whose spans were measured.

    A GPU's kernels are on the lines of its streams. Lines beside them, such as "XLA Ops", "XLA
    Modules" and "Steps", are derived from these: with them a kernel would count several times.
    """
    lines = list(plane.lines)
    return [line for line in lines if str(line.name).startswith("Stream")] or lines


def load(name: str) -> Profiler:
    """Import the profiler file of a backend with a ``PROFILER``; the framework isn't imported."""
    return cast(Profiler, import_module(backends.load(name).PROFILER))
