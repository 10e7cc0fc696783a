"""A network that estimates a quantile: a loss and a metric of its own, data, and parameters."""

import keras
import numpy as np
from keras import layers, ops

SAMPLES = 4096


def pinball(quantile):
    """Return the loss whose least value is at a quantile of the target."""

    def pinball_loss(y, estimate):
        error = y - estimate
        return ops.mean(ops.maximum(quantile * error, (quantile - 1) * error), axis=-1)

    return pinball_loss


def share_below(y, estimate):
    """Return the share of targets below their estimate: the quantile, if the model is right."""
    return ops.mean(ops.cast(ops.less(y, estimate), "float32"), axis=-1)


def build(units=32, depth=2, quantile=0.9, learning_rate=0.001):
    """Return a compiled model from 4 numbers to a quantile of the target."""
    model = keras.Sequential([keras.Input((4,))])
    for _ in range(depth):
        model.add(layers.Dense(units, activation="relu"))
    model.add(layers.Dense(1))
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=pinball(quantile),
        metrics=[share_below, "mae"],
    )
    return model


def data():
    """Return (x_train, y_train), (x_test, y_test): a line with noise that grows along it."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(SAMPLES + 1024, 4)).astype("float32")
    noise = generator.normal(size=len(x)) * (1 + np.abs(x[:, 1]))
    y = (x[:, 0] + noise).astype("float32")[:, None]
    return (x[:SAMPLES], y[:SAMPLES]), (x[SAMPLES:], y[SAMPLES:])
