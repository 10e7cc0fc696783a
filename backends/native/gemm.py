"""What a step can't cost less than: its matrix products alone, in the fastest library at hand.

Products of a training step: forward, gradient by the weights, and gradient by the inputs, save the
first layer's, which nobody needs. Of a prediction: forward. There is no activation, no bias, no
loss and no update: this is no network, and can't be one.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from aebench import backends
from aebench.backends import Costs
from aebench.backends.native import Array, DenseChain

# It is no Keras backend, and has no backend's baseline or profiler.
KERAS_BACKEND = FRAMEWORK = BASELINE = PROFILER = PROFILE_NOTE = ""
REQUIRES = DISTRIBUTIONS = ("numpy",)
INSTALL = "pip install numpy"
BY_DEFAULT = False
UNSUPPORTED: dict[str, str] = {}
COSTS = Costs(start_seconds=12.0, cold_start_seconds=0.0, parity_seconds=0.0, step_seconds={})
EPOCH_END_POLLS_SECONDS: tuple[float, ...] = ()
HOW = "matrix products alone, by the fastest library at hand"
# How often, and for how long, each library tries when the fastest is looked for.
_TRIALS = 3
_TRIAL_SECONDS = 0.15

Step = Callable[[], Any]


def supports(chain: DenseChain | None) -> str:
    """Return why the matrix products of a model are not known; empty if they are.

    Parameters
    ----------
    chain : DenseChain or None
        The model's closed form, None if it has none.
    """
    if chain is None:
        return "the matrix products of a step are known for chains of dense layers alone"
    return ""


def settings_obstacle(asked: Mapping[str, str]) -> str:
    """Return the reason why it takes no settings; empty if none are asked for."""
    return "matrix products take no settings." if asked else ""


def environment(scratch: Path) -> dict[str, str]:
    """Return the variables to set before the interpreter starts: those of all libraries."""
    merged: dict[str, str] = {}
    for name in _MAKERS:
        merged |= backends.load(name).environment(scratch)
    return merged


def prepare() -> None:
    """Set nothing."""


def wait(value: Any) -> None:
    """Wait for nothing: which library computes is known to :class:`Products` alone."""


def settings() -> dict[str, str]:
    """Return what is in force: who competes."""
    return {"libraries": ", ".join(available())}


def precision() -> str:
    """Return the precision of the products."""
    return "float32"


def full_float32() -> None:
    """Change nothing."""


def device_peak_bytes() -> int | None:
    """Return nothing: its memory isn't measured."""
    return None


@dataclass(frozen=True)
class Product:
    """Two float32 matrices to be multiplied, each transposed first if so marked."""

    left: Array
    right: Array
    left_transposed: bool = False
    right_transposed: bool = False


def products(shapes: list[tuple[int, int]], batch_size: int, workload: str) -> list[Product]:
    """List the products of a step, with operands of the right shapes.

    Parameters
    ----------
    shapes : list of (int, int)
        Inputs and units of each layer.
    batch_size : int
        Rows of a batch.
    workload : str
        ``"train"`` or ``"predict"``.
    """
    generator = np.random.default_rng(0)

    def draw(rows: int, columns: int) -> Array:
        return generator.random((rows, columns), dtype=np.float32)

    kernels = [draw(*shape) for shape in shapes]
    inputs = [draw(batch_size, rows) for rows, _ in shapes]
    found = [Product(*each) for each in zip(inputs, kernels, strict=True)]
    if workload == "train":
        errors = [draw(batch_size, units) for _, units in shapes]
        found += [
            Product(values, error, left_transposed=True)
            for values, error in zip(inputs, errors, strict=True)
        ]
        found += [
            Product(error, kernel, right_transposed=True)
            for error, kernel in zip(errors[1:], kernels[1:], strict=True)
        ]
    return found


def available() -> list[str]:
    """List the libraries that are installed."""
    return [name for name in _MAKERS if find_spec(name) is not None]


class Products:
    """The products of a step, by whichever library does them fastest.

    Parameters
    ----------
    wanted : list of Product
        What to do in a step.
    libraries : list of str, optional
        Who may do it; every installed one if left out.
    """

    def __init__(self, wanted: list[Product], libraries: list[str] | None = None) -> None:
        makers = {name: _MAKERS[name](wanted) for name in libraries or available()}
        self.step_seconds = {name: _fastest(name, step) for name, step in makers.items()}
        self.library = min(self.step_seconds, key=self.step_seconds.__getitem__)
        self._step = makers[self.library]

    def run(self, steps: int) -> Any:
        """Do so many steps; return the last product, which comes when all are done."""
        made = None
        for _ in range(steps):
            made = self._step()
        return made

    def wait(self, value: Any) -> None:
        """Block until the products are done."""
        _wait(self.library, value)


def _wait(library: str, value: Any) -> None:
    backends.load(library).wait(value)


def _fastest(library: str, step: Step) -> float:
    """Tell what a step takes at best."""
    _wait(library, step())
    seconds = []
    for _ in range(_TRIALS):
        began, steps = time.perf_counter(), 0
        while steps < 2 or time.perf_counter() - began < _TRIAL_SECONDS:
            made = step()
            steps += 1
            # Else a queue of steps would grow where they are only dispatched.
            _wait(library, made)
        seconds.append((time.perf_counter() - began) / steps)
    return min(seconds)


def _by_numpy(wanted: list[Product]) -> Step:
    operands = [
        (
            each.left.T if each.left_transposed else each.left,
            each.right.T if each.right_transposed else each.right,
        )
        for each in wanted
    ]
    made = [np.matmul(*pair) for pair in operands]

    def step() -> Any:
        for (left, right), out in zip(operands, made, strict=True):
            np.matmul(left, right, out=out)
        return made[-1]

    return step


def _by_torch(wanted: list[Product]) -> Step:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    operands = []
    for each in wanted:
        left, right = (torch.from_numpy(side).to(device) for side in (each.left, each.right))
        operands.append(
            (
                left.T if each.left_transposed else left,
                right.T if each.right_transposed else right,
            )
        )
    made = [torch.mm(*pair) for pair in operands]

    def step() -> Any:
        for (left, right), out in zip(operands, made, strict=True):
            torch.mm(left, right, out=out)
        return made[-1]

    return step


def _by_jax(wanted: list[Product]) -> Step:
    import jax

    transposed = [(each.left_transposed, each.right_transposed) for each in wanted]
    operands = [(jax.numpy.asarray(each.left), jax.numpy.asarray(each.right)) for each in wanted]

    @jax.jit  # type: ignore[untyped-decorator]
    def multiply(operands: Any) -> Any:
        return [
            (left.T if turn_left else left) @ (right.T if turn_right else right)
            for (left, right), (turn_left, turn_right) in zip(operands, transposed, strict=True)
        ]

    return lambda: multiply(operands)[-1]


def _by_tensorflow(wanted: list[Product]) -> Step:
    import tensorflow as tf

    transposed = [(each.left_transposed, each.right_transposed) for each in wanted]
    operands = [(tf.constant(each.left), tf.constant(each.right)) for each in wanted]

    @tf.function  # type: ignore[untyped-decorator]
    def multiply(operands: Any) -> Any:
        return [
            tf.matmul(left, right, transpose_a=turn_left, transpose_b=turn_right)
            for (left, right), (turn_left, turn_right) in zip(operands, transposed, strict=True)
        ]

    return lambda: multiply(operands)[-1]


_MAKERS: dict[str, Callable[[list[Product]], Step]] = {
    "numpy": _by_numpy,
    "torch": _by_torch,
    "jax": _by_jax,
    "tensorflow": _by_tensorflow,
}
