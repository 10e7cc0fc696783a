"""Let Keras's random initialisers draw nothing where given weights take their place at once.

On JAX every drawn shape is compiled, for weights that nobody uses. Cold starts and memory are
measured with the drawing that a user's process has.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np


@contextlib.contextmanager
def drawing_nothing() -> Iterator[None]:
    """Make the weights that layers add be zeros in place of random numbers.

    Only Keras's own initialisers are changed, and only while a layer adds a weight: what a model
    draws for itself stays as it is.
    """
    from keras import initializers, layers

    adding = [0]

    def zeros(drawn: Callable[..., Any]) -> Callable[..., Any]:
        def called(self: Any, shape: Any, dtype: Any = None, **more: Any) -> Any:
            return _zeros(shape, dtype) if adding[0] else drawn(self, shape, dtype=dtype, **more)

        return called

    def add_weight(self: Any, *given: Any, **named: Any) -> Any:
        adding[0] += 1
        try:
            return added(self, *given, **named)
        finally:
            adding[0] -= 1

    added = layers.Layer.add_weight
    kinds = (
        initializers.RandomNormal,
        initializers.RandomUniform,
        initializers.TruncatedNormal,
        initializers.VarianceScaling,
        initializers.Orthogonal,
    )
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(layers.Layer, "add_weight", add_weight))
        for kind in kinds:
            stack.enter_context(mock.patch.object(kind, "__call__", zeros(kind.__call__)))
        yield


def _zeros(shape: Any, dtype: Any) -> Any:
    import keras

    kind = keras.backend.standardize_dtype(dtype)
    return keras.ops.convert_to_tensor(np.zeros(shape, np.float32), dtype=kind)
