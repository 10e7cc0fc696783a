"""What every contender starts from. NumPy only: workers without Keras use it too."""

from typing import Any

import numpy as np

from aebench.backends.native import Hyperparameters
from aebench.bench.models.autoencoder import Model


def hyperparameters(model: Model, seed: int) -> Hyperparameters:
    """Say how a model's network learns, for those without Keras."""
    return Hyperparameters(model.learning_rate, model.dropout, model.dropout_layers, seed)


def initial_weights(model: Model, seed: int) -> list[np.ndarray[Any, Any]]:
    """Draw the weights that every backend starts from.

    Backends draw different numbers from the same seed, so NumPy draws them once. Each layer has a
    generator of its own, so that layers of equal shape and position start equal in models
    that differ elsewhere.

    Parameters
    ----------
    model : Model
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
    for inputs, units in model.dense_shapes:
        limit = np.sqrt(6 / (inputs + units))
        generator = np.random.default_rng([seed, inputs, units])
        weights.append(generator.uniform(-limit, limit, (inputs, units)).astype(np.float32))
        weights.append(np.zeros(units, np.float32))
    return weights
