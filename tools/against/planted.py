"""A small autoencoder whose training step takes ``PLANTED_PERCENT`` % longer than it would.

The slow-down is planted where a change of Keras or of a model would be: in the step itself, which
waits for that share of the time that it took. It holds on PyTorch, whose steps run as Python.
"""

import os
import time

import keras
import numpy as np

SHARE = float(os.environ.get("PLANTED_PERCENT", "0")) / 100


class Planted(keras.Model):
    """A model that waits after each training step."""

    def train_step(self, *args, **kwargs):
        """Run the step of Keras, then wait."""
        began = time.perf_counter()
        result = super().train_step(*args, **kwargs)
        now = time.perf_counter()
        end = now + SHARE * (now - began)
        while now < end:
            now = time.perf_counter()
        return result


def build():
    """Return the model, compiled."""
    inputs = keras.Input((784,))
    hidden = keras.layers.Dense(400, activation="relu")(inputs)
    hidden = keras.layers.Dense(50, activation="relu")(hidden)
    hidden = keras.layers.Dense(400, activation="relu")(hidden)
    model = Planted(inputs, keras.layers.Dense(784, activation="sigmoid")(hidden))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def data():
    """Return noise, as much as 80 steps of 32 take."""
    x = np.random.default_rng(0).random((80 * 32, 784), np.float32)
    return (x, x), (x[:512], x[:512])
