"""A definition as a Keras model. Imported by workers only: it imports Keras."""

from typing import Any

import keras
import numpy as np

from bench.definitions import CODE, IMAGE_SHAPE, PIXELS, Definition


def build(definition: Definition) -> tuple[Any, Any, Any]:
    """Build and compile one autoencoder.

    Parameters
    ----------
    definition : Definition
        What to build.

    Returns
    -------
    autoencoder, encoder, decoder : keras.Model
        The compiled autoencoder (28 × 28 to 28 × 28, values in [0, 1]) and the two models that it
        joins; the encoder gives the code, 25 numbers per image.
    """
    layers = keras.layers
    encoder = keras.Sequential([keras.Input(IMAGE_SHAPE), layers.Flatten()], name="encoder")
    hidden_layers = len(definition.widths) - 1
    for position, units in enumerate(definition.widths):
        encoder.add(layers.Dense(units, activation="relu"))
        if definition.dropout and position < min(2, hidden_layers):
            encoder.add(layers.Dropout(definition.dropout))
    decoder = keras.Sequential([keras.Input((CODE,))], name="decoder")
    for units in definition.widths[-2::-1]:
        decoder.add(layers.Dense(units, activation="relu"))
    decoder.add(layers.Dense(PIXELS, activation="sigmoid"))
    decoder.add(layers.Reshape(IMAGE_SHAPE))
    images = keras.Input(IMAGE_SHAPE)
    autoencoder = keras.Model(images, decoder(encoder(images)), name="autoencoder")
    autoencoder.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.SGD(learning_rate=definition.learning_rate),
    )
    return autoencoder, encoder, decoder


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
