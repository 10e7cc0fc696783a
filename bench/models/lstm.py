"""A recurrent network: two LSTM layers read a sequence and estimate one number."""

from typing import Any

import keras
import numpy as np
from keras import layers

STEPS = 16
FEATURES = 8
TRAIN_SAMPLES, TEST_SAMPLES = 4096, 1024


def build(units: int = 32, dropout: float = 0.0) -> keras.Model:
    """Build and compile the network.

    Parameters
    ----------
    units : int
        Units of both LSTM layers.
    dropout : float
        Dropout rate between the two layers; 0 means no dropout.

    Returns
    -------
    keras.Model
        16 steps × 8 features to one number.
    """
    model = keras.Sequential(
        [
            keras.Input((STEPS, FEATURES)),
            layers.LSTM(units, return_sequences=True),
            layers.Dropout(dropout),
            layers.LSTM(units),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer="adam", loss="mse")
    return model


def data() -> tuple[Any, Any]:
    """Draw noise; the target is a fading memory of a mixture of the features.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Sequences float32, shape (n, 16, 8); targets float32, shape (n, 1), standard deviation 1.
    """
    generator = np.random.default_rng(0)
    samples = TRAIN_SAMPLES + TEST_SAMPLES
    x = generator.standard_normal((samples, STEPS, FEATURES), dtype=np.float32)
    mixture = generator.standard_normal(FEATURES)
    # A step counts 0.8 times as much as the step after it.
    memory = 0.8 ** np.arange(STEPS)[::-1]
    total = x @ mixture @ memory
    y = (total / total.std()).astype(np.float32)[:, None]
    return (x[:TRAIN_SAMPLES], y[:TRAIN_SAMPLES]), (x[TRAIN_SAMPLES:], y[TRAIN_SAMPLES:])
