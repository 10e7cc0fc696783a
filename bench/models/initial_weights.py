"""What every contender starts from. NumPy only: workers without Keras use it too."""

from typing import Any

import numpy as np

from aebench.backends.native import Recipe
from aebench.bench.models.autoencoder import Definition


def recipe(definition: Definition, seed: int) -> Recipe:
    """Say how a definition's network learns, for those without Keras."""
    return Recipe(definition.learning_rate, definition.dropout, definition.dropout_layers, seed)


def initial_weights(definition: Definition, seed: int) -> list[np.ndarray[Any, Any]]:
    """Draw the weights that every backend starts from.

    Backends draw different numbers from the same seed, so NumPy draws them once. Each layer has a
    generator of its own, so that layers of equal shape and position start equal in definitions
    that differ elsewhere.

    Parameters
    ----------
    definition : Definition
        Gives the shapes.
    seed : int
        At least 0.

    Returns
    -------
    list of ndarray
        Kernel (inputs × units) and bias (units) of each layer, float32, in Keras's order.

    Notes
    -----
    Kernels are uniform in ±sqrt(6 / (inputs + units)), biases zero: Glorot and Bengio,
    "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.
    """
    weights: list[np.ndarray[Any, Any]] = []
    for inputs, units in definition.dense_shapes:
        limit = np.sqrt(6 / (inputs + units))
        generator = np.random.default_rng([seed, inputs, units])
        weights.append(generator.uniform(-limit, limit, (inputs, units)).astype(np.float32))
        weights.append(np.zeros(units, np.float32))
    return weights
