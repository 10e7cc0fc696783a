"""Compute the matrix products of a step alone, in the fastest installed library.

Their time is a lower bound on the time of a step. A layer of a training step has three products:
the forward pass, the gradient of the weights, and the gradient of the inputs. The first layer
needs no gradient of its inputs. A layer of a prediction has the product of the forward pass.
Activations, biases, losses and updates are left out: the result is no network.
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
from aebench.backends.native import Array

# Empty, since matrix products alone have no Keras backend, framework, baseline or profiler.
KERAS_BACKEND = FRAMEWORK = BASELINE = PROFILER = PROFILE_NOTE = ""
REQUIRES = DISTRIBUTIONS = ("numpy",)
INSTALL = "pip install numpy"
BY_DEFAULT = False
UNSUPPORTED: dict[str, str] = {}
COSTS = Costs(start_seconds=12.0, cold_start_seconds=0.0, parity_seconds=0.0, step_seconds={})
EPOCH_END_POLLS_SECONDS: tuple[float, ...] = ()
# Why a model that is no chain of dense layers isn't supported.
CHAINS_ALONE = "the matrix products of a step are known for chains of dense layers alone"
HOW = "matrix products alone, by the fastest library at hand"
# The fastest library is found by timing: number of trials per library, and duration of a trial.
_TRIALS = 3
_TRIAL_SECONDS = 0.15

Step = Callable[[], Any]


def settings_obstacle(asked: Mapping[str, str]) -> str:
    """Return the reason why matrix products take no settings; empty if none are asked for."""
    return "matrix products take no settings." if asked else ""


def environment(scratch: Path) -> dict[str, str]:
    """Return the environment variables of a worker: those of all libraries together."""
    merged: dict[str, str] = {}
    for name in _MAKERS:
        merged |= backends.load(name).environment(scratch)
    return merged


def prepare() -> None:
    """Do nothing: the environment holds all settings."""


def wait(value: Any) -> None:
    """Do nothing: only :class:`StepProducts` knows which library computes, and waits for it."""


def settings() -> dict[str, str]:
    """Return one setting, ``libraries``: the libraries among which the fastest is chosen."""
    return {"libraries": ", ".join(available())}


def precision() -> str:
    """Return the precision of the products, ``float32``."""
    return "float32"


def full_float32() -> None:
    """Do nothing: :class:`StepProducts` has all libraries multiply in float32."""


def device_peak_bytes() -> int | None:
    """Return None: the memory of the products isn't measured."""
    return None


@dataclass(frozen=True)
class Product:
    """Hold two float32 matrices to multiply; a flag marks a matrix to transpose first."""

    left: Array
    right: Array
    left_transposed: bool = False
    right_transposed: bool = False


def products(shapes: list[tuple[int, int]], batch_size: int, workload: str) -> list[Product]:
    """List the products of a step, with random operands of the layers' shapes.

    Parameters
    ----------
    shapes : list of (int, int)
        Number of inputs and of units, by layer.
    batch_size : int
        Samples in a batch, which are the rows of a layer's input.
    workload : str
        ``"train"`` or ``"predict"``.
    """
    generator = np.random.default_rng(0)

    def draw(rows: int, columns: int) -> Array:
        return generator.random((rows, columns), dtype=np.float32)

    kernels = [draw(*shape) for shape in shapes]
    inputs = [draw(batch_size, rows) for rows, _ in shapes]
    found = [Product(*operands) for operands in zip(inputs, kernels, strict=True)]
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


class StepProducts:
    """Compute the products of a step with the library that computes them fastest.

    Parameters
    ----------
    wanted : list of Product
        The products of a step.
    libraries : list of str, optional
        The libraries to choose from; all installed libraries by default.
    """

    def __init__(self, wanted: list[Product], libraries: list[str] | None = None) -> None:
        makers = {}
        for name in libraries or available():
            # On an accelerator some libraries would multiply in TF32, which is no float32.
            backends.load(name).full_float32()
            makers[name] = _MAKERS[name](wanted)
        self.step_seconds = {name: _fastest(name, step) for name, step in makers.items()}
        self.library = min(self.step_seconds, key=self.step_seconds.__getitem__)
        self._step = makers[self.library]

    def run(self, steps: int) -> Any:
        """Compute the products of ``steps`` steps; return the last product, which is ready last."""
        made = None
        for _ in range(steps):
            made = self._step()
        return made

    def wait(self, value: Any) -> None:
        """Block until the products have been computed."""
        _wait(self.library, value)


def _wait(library: str, value: Any) -> None:
    backends.load(library).wait(value)


def _fastest(library: str, step: Step) -> float:
    """Return the seconds of a step in a library's fastest trial."""
    _wait(library, step())
    seconds = []
    for _ in range(_TRIALS):
        began, steps = time.perf_counter(), 0
        while steps < 2 or time.perf_counter() - began < _TRIAL_SECONDS:
            made = step()
            steps += 1
            # Wait after every step: some libraries return early, and steps would be queued.
            _wait(library, made)
        seconds.append((time.perf_counter() - began) / steps)
    return min(seconds)


def _by_numpy(wanted: list[Product]) -> Step:
    operands = [
        (
            product.left.T if product.left_transposed else product.left,
            product.right.T if product.right_transposed else product.right,
        )
        for product in wanted
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
    for product in wanted:
        left, right = (torch.from_numpy(side).to(device) for side in (product.left, product.right))
        operands.append(
            (
                left.T if product.left_transposed else left,
                right.T if product.right_transposed else right,
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

    transposed = [(product.left_transposed, product.right_transposed) for product in wanted]
    operands = [
        (jax.numpy.asarray(product.left), jax.numpy.asarray(product.right)) for product in wanted
    ]

    @jax.jit  # type: ignore[untyped-decorator]
    def multiply(operands: Any) -> Any:
        return [
            (left.T if turn_left else left) @ (right.T if turn_right else right)
            for (left, right), (turn_left, turn_right) in zip(operands, transposed, strict=True)
        ]

    return lambda: multiply(operands)[-1]


def _by_tensorflow(wanted: list[Product]) -> Step:
    import tensorflow as tf

    transposed = [(product.left_transposed, product.right_transposed) for product in wanted]
    operands = [(tf.constant(product.left), tf.constant(product.right)) for product in wanted]

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
