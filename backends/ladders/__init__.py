"""Run a Keras model's steps by a framework alone, without Keras's trainer, on ready batches.

Every framework has one file, whose ``STEPS`` is a class that has the methods of
:class:`FrameworkSteps`. Importing this package imports no framework.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NamedTuple, Protocol, cast

from aebench import backends


class Batch(NamedTuple):
    """A batch of samples as tensors of the framework: inputs, targets and weights.

    Each is a tensor, or a tree of tensors; targets and weights are None where there are none.
    """

    x: Any
    y: Any
    weights: Any


class FrameworkSteps(Protocol):
    """Run steps of a compiled Keras model, one call of the framework per step.

    Parameters
    ----------
    model : keras.Model
        The model, with its optimiser.
    batches : sequence of Batch
        The batches, which the steps take in turn.
    """

    def __init__(self, model: Any, batches: Sequence[Batch]) -> None: ...

    def train(self, steps: int) -> Any:
        """Train for so many steps; return the last loss, for which the timing waits."""

    def predict(self, steps: int) -> Any:
        """Compute so many forward passes; return the last outputs."""

    def loop(self) -> Callable[[int], Any] | None:
        """Return a function that trains for so many steps in one call; it returns the last loss.

        The steps are one compiled loop. None if the framework compiles no loops over steps.
        """

    @staticmethod
    def source(batches: Sequence[Batch], trains: bool) -> Callable[[], Any]:
        """Return a function that gives what Keras's own step function takes its data from.

        Keras hands an iterator, or a batch in a list, to its ``train_function`` (``trains``) or its
        ``predict_function``, as the last argument of each call.
        """


def load(backend: str) -> type[FrameworkSteps]:
    """Import a backend's file, and its framework with it.

    Parameters
    ----------
    backend : str
        A backend with a ``LADDER``, such as ``"jax"``.
    """
    return cast(type[FrameworkSteps], import_module(backends.load(backend).LADDER).STEPS)
