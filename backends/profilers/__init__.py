"""RunOptions each framework's own profiler is run and read, and how it tells of what it compiles.

One file per framework with the same names in each. Nothing here knows the benchmark, and importing
this package imports no framework.

Each framework's file has

``prepare(model)``
    Make a Keras model tell what its profile needs, before it is first called.
``annotation(name)``
    A context manager that marks a stretch of this thread in the trace.
``tracing(folder)``
    A context manager: the framework's profiler runs meanwhile, and leaves its trace in a folder.
``spans(folder, model)``
    What such a trace holds.
``compilations(model, told)``
    A context manager: ``told`` is called with whatever the framework compiles meanwhile, at the
    end at the latest. It must be entered before the model's functions are made.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

from aebench import backends

# One vocabulary across the frameworks, in the order in which it is shown.
MATRIX_PRODUCT = "matrix product"
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
    ELEMENT_WISE,
    FUSED,
    LOSS,
    OPTIMISER,
    DATA,
    PYTHON,
    WAITING,
    OTHER,
)
# What the benchmark marks itself: the steps, and waiting for the last of them.
WINDOW, WAIT = "aebench steps", "aebench wait"


class Span(NamedTuple):
    """One stretch of a thread, as a profiler saw it.

    Parameters
    ----------
    thread : str
        Which thread, or which stream of an accelerator.
    name : str
        As the profiler names it.
    operation : str
        What it is counted under in a table.
    category : str
        One of :data:`CATEGORIES`, or empty for a span that only holds others: then its own time
        is whatever is around it.
    begin_seconds, end_seconds : float
        On the trace's clock, which is the same for all spans.
    """

    thread: str
    name: str
    operation: str
    category: str
    begin_seconds: float
    end_seconds: float


class Compilation(NamedTuple):
    """Something that was traced or compiled.

    Parameters
    ----------
    stage : str
        ``trace``, ``compile``, or ``graph break`` where the framework left a compiled graph.
    function : str
        Of what, as far as the framework says.
    seconds : float
        RunOptions long it took; that of others nested in it is its own too, and they aren't told.
    ended_seconds : float
        When it was done, on the clock of :func:`time.time`.
    why : str
        What the framework itself says of the cause, if it does.
    """

    stage: str
    function: str
    seconds: float
    ended_seconds: float
    why: str = ""


class Profiler(Protocol):
    """The names that each framework's file has."""

    def prepare(self, model: Any) -> None:
        """Make a Keras model tell what its profile needs, before it is first called."""

    def annotation(self, name: str) -> AbstractContextManager[Any]:
        """Mark a stretch of this thread in the trace."""

    def tracing(self, folder: Path) -> AbstractContextManager[Any]:
        """Have the framework's profiler run, and leave its trace in a folder."""

    def spans(self, folder: Path, model: Any) -> list[Span]:
        """Read such a trace."""

    def compilations(
        self, model: Any, told: Callable[[Compilation], None]
    ) -> AbstractContextManager[Any]:
        """Tell of whatever the framework compiles meanwhile."""


def kernel(name: str) -> str:
    """Tell under which category an accelerator's kernel is counted, by its name alone."""
    lower = name.lower()
    if any(word in lower for word in ("gemm", "cutlass", "matmul")):
        return MATRIX_PRODUCT
    if "memcpy" in lower or "memset" in lower:
        return DATA
    return FUSED if "triton" in lower or "fusion" in lower else ELEMENT_WISE


def load(name: str) -> Profiler:
    """Import the profiler's file of a backend that has a ``PROFILER``, without its framework."""
    return cast(Profiler, import_module(backends.load(name).PROFILER))
