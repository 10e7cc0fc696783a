"""A small causal transformer: it predicts the next token at every position of a sequence."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

VOCABULARY = 64
LENGTH = 32
TRAIN_SAMPLES, TEST_SAMPLES = 4096, 1024


def build(width: int = 32, heads: int = 2, blocks: int = 2) -> keras.Model:
    """Build and compile the transformer.

    Parameters
    ----------
    width : int
        Numbers per position between the blocks, a multiple of ``heads``.
    heads : int
        Heads of every attention.
    blocks : int
        Blocks of attention and two dense layers.

    Returns
    -------
    keras.Model
        32 tokens, integers below 64, to the logits of the 64 tokens at every position.
    """
    tokens = keras.Input((LENGTH,), dtype="int32", name="tokens")
    # 0, 1, 2, … in every sequence.
    positions = ops.cumsum(ops.ones_like(tokens), axis=1) - 1
    x = layers.Embedding(VOCABULARY, width, name="token_embedding")(tokens)
    x = x + layers.Embedding(LENGTH, width, name="position_embedding")(positions)
    for _ in range(blocks):
        y = layers.LayerNormalization()(x)
        x = x + layers.MultiHeadAttention(heads, width // heads)(y, y, use_causal_mask=True)
        y = layers.LayerNormalization()(x)
        y = layers.Dense(4 * width, activation="gelu")(y)
        x = x + layers.Dense(width)(y)
    logits = layers.Dense(VOCABULARY)(layers.LayerNormalization()(x))
    model = keras.Model(tokens, logits)
    model.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def data() -> tuple[Any, Any]:
    """Draw sequences in which a token decides the next token, nine times out of ten.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Tokens int32, shape (n, 32); the targets are the tokens that follow.
    """
    generator = np.random.default_rng(0)
    samples = TRAIN_SAMPLES + TEST_SAMPLES
    successors = generator.permutation(VOCABULARY)
    tokens = generator.integers(VOCABULARY, size=(samples, LENGTH + 1), dtype=np.int32)
    decided = generator.random((samples, LENGTH)) < 0.9
    for place in range(LENGTH):
        following = successors[tokens[:, place]]
        tokens[:, place + 1] = np.where(decided[:, place], following, tokens[:, place + 1])
    x, y = tokens[:, :-1].copy(), tokens[:, 1:].copy()
    return (x[:TRAIN_SAMPLES], y[:TRAIN_SAMPLES]), (x[TRAIN_SAMPLES:], y[TRAIN_SAMPLES:])
