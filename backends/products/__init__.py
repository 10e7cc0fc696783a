"""Compute the matrix products of a step alone, in one loop per library, and stream memory.

Every library has one file. Its ``LOOPS`` maps names to functions that make a loop over a chain's
products; a name with ``:jit`` is the same library with its compiler. Its ``STREAM`` makes a loop
over memory. Importing this package imports no library.

The products of a step depend on each other, and a step on the one before it, as in a training: no
library can leave a product out, take it out of the loop, or compute two steps at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, cast

import numpy as np

from aebench import backends

Array = np.ndarray[Any, Any]
# Multiplies two matrices, of which either may have to be transposed first: the two flags.
Multiply = Callable[[Any, Any, bool, bool], Any]
# Puts arrays beside each other along an axis.
Join = Callable[[list[Any], int], Any]
FLOAT_BYTES = 4
# A streaming pass reads two arrays and writes one, as an update of weights by gradients does.
ARRAYS_OF_A_PASS = 3


class Repeatable(Protocol):
    """Work that is done a number of times by one call."""

    def run(self, times: int) -> Any:
        """Do the work ``times`` times; return arrays of the library that the timing waits for."""


@dataclass(frozen=True)
class Chain:
    """Dense layers of which each has the units that the next has inputs.

    A chain is closed if the last layer has as many units as the first has inputs: a step's output
    is then the next step's input. Of an open chain's output, as much as fits is put into the next
    step's input.

    Parameters
    ----------
    kernels : sequence of ndarray
        A matrix (inputs × units) for every layer. What is multiplied by them again and again stays
        within bounds: numbers that get too small would be slow.
    start : ndarray
        Input (batch × inputs) of the layer ``first``, with which the first step begins.
    first : int
        The layer where a step begins: in a closed chain that with the fewest inputs, since what a
        step hands to the next may be copied.
    trains : bool
        Whether a step has the products of a training too.
    """

    kernels: Sequence[Array]
    start: Array
    first: int
    trains: bool

    @property
    def closed(self) -> bool:
        """Return whether the output has as many numbers as the input."""
        return bool(self.kernels[-1].shape[1] == self.kernels[0].shape[0])

    @property
    def kept_shapes(self) -> list[tuple[int, ...]]:
        """List the shapes of the arrays that a step gives beside the next step's start."""
        if self.trains:
            return [kernel.shape for kernel in self.kernels]
        return [] if self.closed else [(len(self.start), self.kernels[-1].shape[1])]


def chain(shapes: Sequence[tuple[int, int]], batch_size: int, workload: str) -> Chain:
    """Make the chain of a step's products, with random numbers in the layers' shapes.

    Parameters
    ----------
    shapes : sequence of (int, int)
        Number of inputs and of units, by layer. A layer has as many units as the next has inputs.
    batch_size : int
        Samples in a batch, which are the rows of a layer's input.
    workload : str
        ``"train"`` or ``"predict"``.
    """
    generator = np.random.default_rng(0)
    kernels = [generator.normal(0, inputs**-0.5, (inputs, units)) for inputs, units in shapes]
    closed = shapes[-1][1] == shapes[0][0]
    first = min(range(len(shapes)), key=lambda layer: shapes[layer][0]) if closed else 0
    whole = shapes[-1][1] >= shapes[0][0]
    growth = _growth(kernels, first) if whole else _most_growth(kernels)
    scale = growth ** (-1 / len(kernels))
    return Chain(
        [(scale * kernel).astype(np.float32) for kernel in kernels],
        generator.normal(0, 1, (batch_size, shapes[first][0])).astype(np.float32),
        first,
        workload == "train",
    )


def _growth(kernels: Sequence[Array], first: int) -> float:
    """Return by what steps that hand on a whole input multiply it in the end."""
    handed = reduce(np.matmul, [*kernels[first:], *kernels[:first]])[:, : len(kernels[first])]
    return float(max(abs(np.linalg.eigvals(handed))))


def _most_growth(kernels: Sequence[Array]) -> float:
    """Return at least twice by what an open chain multiplies the part that it hands on.

    The rest of the input is the same in every step, and is added each time: divided by this, the
    sum is finite. It is at least 1, so that no kernel gets large.
    """
    carried = kernels[-1].shape[1]
    handed = reduce(np.matmul, [kernels[0][:carried], *kernels[1:]])[:, :carried]
    return max(1.0, 2 * float(np.linalg.norm(handed)))


def step(
    start: Any, kernels: Sequence[Any], of: Chain, multiply: Multiply, join: Join
) -> tuple[Any, list[Any]]:
    """Compute the products of one step.

    A layer of a training step has three products: the forward pass, the gradient of the weights,
    and the gradient of the inputs. The first layer needs no gradient of its inputs. A layer of a
    prediction has the product of the forward pass.

    Parameters
    ----------
    start : array
        What the last step returned, or the chain's own start.
    kernels : sequence of array
        The chain's kernels, as arrays of the library.
    of : Chain
        The chain.
    multiply, join : callable
        Multiply two arrays of the library, and put some beside each other.

    Returns
    -------
    (array, list of array)
        The next step's start, and what a loop keeps so that it computes all of it: the gradient of
        every kernel, or the outputs of an open chain's prediction.
    """
    layers, first = len(kernels), of.first
    inputs: list[Any] = [None] * layers
    values = start
    for layer in (*range(first, layers), *range(first)):
        inputs[layer] = values
        values = multiply(values, kernels[layer], False, False)
    if of.closed:
        # The start is read above alone, so that a loop needn't keep a copy of it.
        inputs[first] = following = values
    else:
        carried = min(len(of.kernels[0]), of.kernels[-1].shape[1])
        following = join([values[:, :carried], start[:, carried:]], 1)
    if not of.trains:
        return following, [] if of.closed else [values]
    # The error of the output has its shape: the output stands for it.
    errors = inputs[0] if of.closed else values
    gradients: list[Any] = [None] * layers
    for layer in reversed(range(layers)):
        gradients[layer] = multiply(inputs[layer], errors, True, False)
        if layer:
            errors = multiply(errors, kernels[layer], False, True)
    return following, gradients


class Reusing:
    """Multiply into arrays that are kept from the first step on: a new array takes time.

    Parameters
    ----------
    multiply : callable
        Multiplies two arrays into a third one, or into a new one where that is None.
    """

    def __init__(self, multiply: Callable[[Any, Any, Any], Any]) -> None:
        self._multiply = multiply
        self._made: list[Any] = []
        self._next = 0

    def begin_step(self) -> None:
        """Begin a step: its products use the arrays of the last step, in the same order."""
        self._next = 0

    def __call__(self, left: Any, right: Any, left_transposed: bool, right_transposed: bool) -> Any:
        """Multiply; see :data:`Multiply`."""
        left, right = left.T if left_transposed else left, right.T if right_transposed else right
        if self._next == len(self._made):
            self._made.append(self._multiply(left, right, None))
        else:
            self._multiply(left, right, self._made[self._next])
        self._next += 1
        return self._made[self._next - 1]


class ProductsLibrary(Protocol):
    """List what a library's file defines.

    Attributes
    ----------
    LOOPS : mapping of str to callable
        By name, a function that makes a loop over a chain's products.
    STREAM : callable
        Makes a loop over memory. A pass adds one array of so many numbers to another.
    """

    LOOPS: Mapping[str, Callable[[Chain], Repeatable]]
    STREAM: Callable[[int], Repeatable]


def available() -> list[str]:
    """List the backends whose library of matrix products is installed."""
    found = [name for name in backends.NAMES if backends.load(name).PRODUCTS]
    return [name for name in found if find_spec(backends.load(name).FRAMEWORK) is not None]


def load(backend: str) -> ProductsLibrary:
    """Import the file of a backend's library, and the library with it."""
    return cast(ProductsLibrary, import_module(backends.load(backend).PRODUCTS))


def parameters(shapes: Sequence[tuple[int, int]]) -> int:
    """Return the number of weights and biases of dense layers."""
    return sum(inputs * units + units for inputs, units in shapes)


def least_bytes(shapes: Sequence[tuple[int, int]], batch_size: int, workload: str) -> int:
    """Return the least number of bytes that a step in float32 moves.

    With P weights and biases, B samples, n inputs and m outputs this is 4 · (3 P + B n) for a
    training step by plain gradient descent: it reads every weight and every gradient, writes every
    weight, and reads the batch. For a prediction it is 4 · (P + B (n + m)): it reads every weight
    and the batch, and writes the outputs. What lies between the layers may stay in caches.

    Parameters
    ----------
    shapes, batch_size, workload
        See :func:`chain`.
    """
    weights, inputs, outputs = parameters(shapes), shapes[0][0], shapes[-1][1]
    if workload == "train":
        return FLOAT_BYTES * (ARRAYS_OF_A_PASS * weights + batch_size * inputs)
    return FLOAT_BYTES * (weights + batch_size * (inputs + outputs))
