"""Compute products, and stream memory, in loops of TensorFlow's graph, with XLA and without it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import tensorflow as tf

from aebench.backends.products import Chain, Repeatable, step


def _multiply(left: Any, right: Any, left_transposed: bool, right_transposed: bool) -> Any:
    return tf.matmul(left, right, transpose_a=left_transposed, transpose_b=right_transposed)


def _repeated(body: Callable[[Any], Any], carry: Any, times: Any) -> Any:
    """Return what ``times`` calls of ``body`` make of ``carry``, in a loop of the graph."""
    _, made = tf.while_loop(
        lambda done, _: done < times,
        lambda done, carry: (done + 1, body(carry)),
        (tf.constant(0), carry),
    )
    return made


class TensorflowProducts:
    """Products of a chain: one loop over the steps in a function of the graph.

    Parameters
    ----------
    chain : Chain
        The chain.
    jit : bool
        Whether XLA compiles the function. Keras doesn't ask for that on a processor by default.
    """

    def __init__(self, chain: Chain, jit: bool) -> None:
        kernels = tuple(tf.constant(kernel) for kernel in chain.kernels)
        self._arguments = (tf.constant(chain.start), kernels)

        def loop(start: Any, kernels: Any, times: Any) -> Any:
            def body(carry: Any) -> Any:
                made, kept = step(carry[0], kernels, chain, _multiply, tf.concat)
                return made, tuple(kept)

            return _repeated(body, (start, tuple(map(tf.zeros, chain.kept_shapes))), times)

        self.function = tf.function(loop, jit_compile=jit)

    def arguments(self, times: int) -> tuple[Any, ...]:
        """Return the arguments of ``function`` for a number of steps."""
        return (*self._arguments, tf.constant(times))

    def run(self, times: int) -> Any:
        """Compute the products of ``times`` steps; return the start of the next.

        All results of a function are there at once, and to wait for each of them takes time.
        """
        return self.function(*self.arguments(times))[0]


class TensorflowStream:
    """Passes over the memory of the device on which TensorFlow computes, in one compiled loop."""

    def __init__(self, floats: int) -> None:
        self._to = tf.zeros(floats)
        self._what = tf.fill([floats], 1e-6)
        self._function = tf.function(
            lambda to, what, times: _repeated(lambda to: to + what, to, times), jit_compile=True
        )

    def run(self, times: int) -> Any:
        """Run ``times`` passes."""
        return self._function(self._to, self._what, tf.constant(times))


LOOPS: dict[str, Callable[[Chain], Repeatable]] = {
    "tensorflow": partial(TensorflowProducts, jit=False),
    "tensorflow:jit": partial(TensorflowProducts, jit=True),
}
STREAM = TensorflowStream
