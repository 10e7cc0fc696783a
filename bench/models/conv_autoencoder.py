"""A convolutional autoencoder: strided convolutions down, transposed convolutions up."""

from typing import Any

import keras
import numpy as np
from keras import layers

SIDE = 28
IMAGE_SHAPE = (SIDE, SIDE, 1)
TRAIN_SAMPLES, TEST_SAMPLES = 4096, 1024


def build(filters: int = 16, kernel_size: int = 3) -> keras.Model:
    """Build and compile the autoencoder.

    Parameters
    ----------
    filters : int
        Filters of the outer layers; the code has twice as many.
    kernel_size : int
        Side of every kernel.

    Returns
    -------
    keras.Model
        28 × 28 × 1 to 28 × 28 × 1, values in [0, 1].
    """
    shared = {"strides": 2, "padding": "same"}
    model = keras.Sequential(
        [
            keras.Input(IMAGE_SHAPE),
            layers.Conv2D(filters, kernel_size, activation="relu", **shared),
            layers.Conv2D(2 * filters, kernel_size, activation="relu", **shared),
            layers.Conv2DTranspose(filters, kernel_size, activation="relu", **shared),
            layers.Conv2DTranspose(1, kernel_size, activation="sigmoid", **shared),
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy")
    return model


def data() -> tuple[Any, Any]:
    """Draw images of one bright spot each; an image is its own target.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Float32, shape (n, 28, 28, 1), in 256 levels from 0 to 1.
    """
    generator = np.random.default_rng(0)
    samples = TRAIN_SAMPLES + TEST_SAMPLES
    middle = generator.uniform(8, 20, (2, samples, 1))
    radius = generator.uniform(2, 5, (2, samples, 1))
    rows, columns = np.exp(-(((np.arange(SIDE) - middle) / radius) ** 2))
    # Without levels, a spot's farthest pixels are subnormal numbers. TensorFlow and XLA take these
    # for 0 on a CPU, and PyTorch doesn't: where a ReLU gets them, the gradients differ.
    levels = np.rint(255 * rows[:, :, None] * columns[:, None, :])
    x = (levels / 255).astype(np.float32)[..., None]
    train, test = x[:TRAIN_SAMPLES], x[TRAIN_SAMPLES:]
    return (train, train), (test, test)
