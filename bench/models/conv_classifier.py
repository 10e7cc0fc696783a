"""A convolutional classifier: two convolutions with pooling, two dense layers, ten classes."""

from typing import Any

import keras
import numpy as np
from keras import layers

IMAGE_SHAPE = (28, 28, 1)
CLASSES = 10
TRAIN_SAMPLES, TEST_SAMPLES = 4096, 1024


def build(filters: int = 16, units: int = 64, dropout: float = 0.0) -> keras.Model:
    """Build and compile the classifier.

    Parameters
    ----------
    filters : int
        Filters of the first convolution; the second has twice as many.
    units : int
        Units of the dense layer before the classes.
    dropout : float
        Dropout rate before the classes; 0 means no dropout.

    Returns
    -------
    keras.Model
        28 × 28 × 1 to the probabilities of 10 classes.
    """
    model = keras.Sequential(
        [
            keras.Input(IMAGE_SHAPE),
            layers.Conv2D(filters, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(2 * filters, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(units, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data() -> tuple[Any, Any]:
    """Draw images: the pattern of a class under as much noise.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Images float32, shape (n, 28, 28, 1), values in [0, 1]; classes int32, shape (n,).
    """
    generator = np.random.default_rng(0)
    samples = TRAIN_SAMPLES + TEST_SAMPLES
    # Patterns of 7 × 7 squares survive pooling; noise of single pixels does not.
    squares = generator.random((CLASSES, 7, 7, 1), dtype=np.float32)
    patterns = squares.repeat(4, axis=1).repeat(4, axis=2)
    y = generator.integers(CLASSES, size=samples, dtype=np.int32)
    x = (patterns[y] + generator.random((samples, *IMAGE_SHAPE), dtype=np.float32)) / 2
    return (x[:TRAIN_SAMPLES], y[:TRAIN_SAMPLES]), (x[TRAIN_SAMPLES:], y[TRAIN_SAMPLES:])
