"""A small dense network without data: arrays of the right shapes are drawn for it."""

import keras
from keras import layers


def build(units=64, dropout=0.0):
    """Return a compiled model from 12 numbers to one number."""
    model = keras.Sequential(
        [
            keras.Input((12,)),
            layers.Dense(units, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(units, activation="relu"),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer="adam", loss="mse")
    return model
