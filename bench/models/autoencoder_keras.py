"""A model as a Keras model. Imported by workers only: it imports Keras."""

from typing import Any

import keras

from aebench import backends
from aebench.bench.models.autoencoder import CODE, IMAGE_SHAPE, PIXELS, Model
from aebench.bench.protocol.settings import ContenderSettings


def build(model: Model, settings: ContenderSettings | None = None) -> tuple[Any, Any, Any]:
    """Build and compile one autoencoder.

    Parameters
    ----------
    model : Model
        What to build.
    settings : ContenderSettings, optional
        With what set; all is Keras's own choice if left out. A precision becomes the policy of the
        whole process.

    Returns
    -------
    autoencoder, encoder, decoder : keras.Model
        The compiled autoencoder (28 × 28 to 28 × 28, values in [0, 1]) and the two models that it
        joins; the encoder gives the code, 25 numbers per image.
    """
    settings = settings or ContenderSettings()
    if settings.precision:
        keras.config.set_dtype_policy(settings.precision)
    backend = backends.load_in_use(keras.backend.backend())
    backend.prepare()
    if settings.precision == "float32":
        backend.full_float32()
    layers = keras.layers
    encoder = keras.Sequential([keras.Input(IMAGE_SHAPE), layers.Flatten()], name="encoder")
    for position, units in enumerate(model.widths):
        encoder.add(layers.Dense(units, activation="relu"))
        if position in model.dropout_layers:
            encoder.add(layers.Dropout(model.dropout))
    decoder = keras.Sequential([keras.Input((CODE,))], name="decoder")
    for units in model.widths[-2::-1]:
        decoder.add(layers.Dense(units, activation="relu"))
    decoder.add(layers.Dense(PIXELS, activation="sigmoid"))
    decoder.add(layers.Reshape(IMAGE_SHAPE))
    images = keras.Input(IMAGE_SHAPE)
    autoencoder = keras.Model(images, decoder(encoder(images)), name="autoencoder")
    autoencoder.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.SGD(learning_rate=model.learning_rate),
        jit_compile="auto" if settings.jit is None else settings.jit,
        steps_per_execution=settings.steps,
    )
    return autoencoder, encoder, decoder
