"""A classifier of table rows: categories go through an embedding, numbers go in as they are."""

from typing import Any

import keras
import numpy as np
from keras import layers

COLUMNS = 8
CATEGORIES = 1000
NUMBERS = 8
TRAIN_SAMPLES, TEST_SAMPLES = 8192, 1024


def build(width: int = 16, units: int = 128) -> keras.Model:
    """Build and compile the classifier.

    Parameters
    ----------
    width : int
        Numbers that stand for a category.
    units : int
        Units of the first dense layer; the second has half as many.

    Returns
    -------
    keras.Model
        8 categories and 8 numbers to the probability of the positive class.
    """
    categories = keras.Input((COLUMNS,), dtype="int32", name="categories")
    numbers = keras.Input((NUMBERS,), name="numbers")
    embedded = layers.Embedding(COLUMNS * CATEGORIES, width)(categories)
    x = layers.Concatenate()([layers.Flatten()(embedded), numbers])
    x = layers.Dense(units)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    x = layers.Dense(units // 2, activation="relu")(x)
    probability = layers.Dense(1, activation="sigmoid")(x)
    model = keras.Model({"categories": categories, "numbers": numbers}, probability)
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def data() -> tuple[Any, Any]:
    """Draw rows of a table; the chance of the positive class depends on all columns.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Inputs: ``categories`` int32, shape (n, 8), and ``numbers`` float32, shape (n, 8). Targets
        0 or 1, float32, shape (n, 1).
    """
    generator = np.random.default_rng(0)
    samples = TRAIN_SAMPLES + TEST_SAMPLES
    # As in real tables, few categories are frequent: the first of a column has a share of 10 %.
    rank = (CATEGORIES * generator.random((samples, COLUMNS)) ** 3).astype(np.int32)
    # Every column has rows of its own in the embedding.
    categories = rank + CATEGORIES * np.arange(COLUMNS, dtype=np.int32)
    numbers = generator.standard_normal((samples, NUMBERS), dtype=np.float32)
    effects = generator.standard_normal(COLUMNS * CATEGORIES)
    slopes = generator.standard_normal(NUMBERS)
    score = effects[categories].sum(axis=1) + numbers @ slopes
    y = (generator.logistic(size=samples) < score).astype(np.float32)[:, None]
    x = {"categories": categories, "numbers": numbers}
    train = {name: array[:TRAIN_SAMPLES] for name, array in x.items()}
    test = {name: array[TRAIN_SAMPLES:] for name, array in x.items()}
    return (train, y[:TRAIN_SAMPLES]), (test, y[TRAIN_SAMPLES:])
