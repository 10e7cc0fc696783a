"""Three small Keras models, and variants of them that differ from the original in one mistake.

The file is what a user writes: ``build`` and nothing of aebench. ``planted`` is an argument.
"""

import keras
from keras import layers, ops

TRANSPOSED, REVERSED = "transposed input", "reversed steps"
EPSILON, SUMMED, TRAINING = "other epsilon", "sum for mean", "left in training mode"


def build(kind, planted="", optimiser="", dropout=0.0, augmented=False):
    made = {"convolution": convolution, "lstm": lstm, "attention": attention}[kind]
    model, own_optimiser = made(planted, dropout, **({"augmented": True} if augmented else {}))
    reduction = "sum" if planted == SUMMED else "sum_over_batch_size"
    model.compile(optimiser or own_optimiser, keras.losses.MeanSquaredError(reduction=reduction))
    return model


def convolution(planted, dropout, augmented=False):
    inputs = keras.Input((8, 8, 8))
    x = misread(layers.RandomFlip()(inputs) if augmented else inputs, planted, (3, 1, 2))
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    return finished(inputs, layers.Flatten()(x), planted, dropout), "adam"


def lstm(planted, dropout):
    inputs = keras.Input((8, 8))
    x = misread(inputs, planted, (2, 1))
    x = layers.LSTM(16, dropout=dropout, recurrent_dropout=dropout)(x)
    return finished(inputs, x, planted, dropout), "rmsprop"


def attention(planted, dropout):
    inputs = keras.Input((8,), dtype="int32")
    x = layers.Embedding(50, 8)(inputs)
    x = misread(x, planted, (2, 1))
    x = layers.MultiHeadAttention(2, 4, dropout=dropout)(x, x, use_causal_mask=True)
    # Plain steps: see the test of embeddings for what other optimisers do on TensorFlow.
    return finished(inputs, layers.Flatten()(x), planted, dropout), keras.optimizers.SGD(0.1)


def misread(x, planted, axes):
    """Return inputs of equal sizes with their axes taken for others, or their steps reversed."""
    if planted == TRANSPOSED:
        return layers.Permute(axes)(x)
    return ops.flip(x, axis=1) if planted == REVERSED else x


def finished(inputs, x, planted, dropout):
    """Add a normalisation and the output."""
    if dropout:
        x = layers.GaussianNoise(dropout)(layers.Dropout(dropout)(x))
    kind = Left if planted == TRAINING else layers.BatchNormalization
    x = kind(epsilon=1e-3 if planted == EPSILON else 1e-5)(x)
    return keras.Model(inputs, layers.Dense(3)(x))


class Left(layers.BatchNormalization):
    """A normalisation by the batch at hand. (``training=True`` is overruled by a whole model.)"""

    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=True, mask=mask)
