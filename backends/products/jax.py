"""Compute products, and stream memory, in loops that XLA compiles for JAX."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from aebench.backends.products import Chain, Repeatable, step


def _multiply(left: Any, right: Any, left_transposed: bool, right_transposed: bool) -> Any:
    return (left.T if left_transposed else left) @ (right.T if right_transposed else right)


class JaxProducts:
    """Products of a chain: one compiled loop over the steps."""

    def __init__(self, chain: Chain) -> None:
        kernels = [jnp.asarray(kernel) for kernel in chain.kernels]
        self._arguments = (jnp.asarray(chain.start), kernels)

        def loop(start: Any, kernels: Any, times: Any) -> Any:
            def body(_: Any, carry: Any) -> Any:
                return step(carry[0], kernels, chain, _multiply, jnp.concatenate)

            kept = [jnp.zeros(shape) for shape in chain.kept_shapes]
            return jax.lax.fori_loop(0, times, body, (start, kept))

        # The number of steps is an argument: another one needs no compiling.
        self.compiled = jax.jit(loop).lower(*self._arguments, np.int32(0)).compile()

    def run(self, times: int) -> Any:
        """Compute the products of ``times`` steps."""
        return self.compiled(*self._arguments, np.int32(times))


class JaxStream:
    """Passes over the memory of the device on which JAX computes, in one compiled loop."""

    def __init__(self, floats: int) -> None:
        self._to = jnp.zeros(floats, jnp.float32)
        self._what = jnp.full(floats, 1e-6, jnp.float32)

        def loop(to: Any, what: Any, times: Any) -> Any:
            return jax.lax.fori_loop(0, times, lambda _, to: to + what, to)

        arguments = (self._to, self._what, np.int32(0))
        self._compiled = jax.jit(loop, donate_argnums=0).lower(*arguments).compile()

    def run(self, times: int) -> Any:
        """Run ``times`` passes."""
        self._to = self._compiled(self._to, self._what, np.int32(times))
        return self._to


LOOPS: dict[str, Callable[[Chain], Repeatable]] = {"jax": JaxProducts}
STREAM = JaxStream
