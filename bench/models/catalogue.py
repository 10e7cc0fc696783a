"""The built-in models by the names of the command line, with the figures that follow by hand.

The parent reads this module, so it needs the standard library only and imports no model's file.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

ROOM = "aebench.bench.models"
# The family whose models have names of their own, such as ae400.
FAMILY = "autoencoder"


@dataclass(frozen=True)
class BuiltInModel:
    """A built-in model; the figures are those of its default build.

    Parameters
    ----------
    name : str
        The name on the command line.
    module : str
        Dotted name of the module whose ``build`` returns the compiled model.
    summary : str
        What the model is, in one line.
    weights : int
        Number of weights, trained or not.
    forward_operations : int, optional
        Floating-point operations per sample of the forward pass's matrix products; None if they
        can't be counted by hand.
    parameters : dict
        Keyword arguments of the default build that have no default value in ``build``.
    """

    name: str
    module: str
    summary: str
    weights: int
    forward_operations: int | None
    parameters: dict[str, Any] = field(default_factory=dict)


def _dense(inputs: int, units: int) -> int:
    """Return the number of weights of a dense layer, with biases."""
    return inputs * units + units


def _convolution(side: int, channels: int, filters: int) -> int:
    """Return the number of weights of a convolution, transposed or not, with biases."""
    return side**2 * channels * filters + filters


def _lstm(inputs: int, units: int) -> int:
    """Return the number of weights of an LSTM layer: kernels and a bias for each of four gates."""
    return 4 * (inputs * units + units**2 + units)


def _product(rows: int, inner: int, columns: int) -> int:
    """Return the operations of a product of rows × inner and inner × columns numbers.

    Every number of the result takes ``inner`` multiplications and as many additions.
    """
    return 2 * rows * inner * columns


def _autoencoder() -> BuiltInModel:
    widths = (784, 400, 200, 100, 50, 25, 50, 100, 200, 400, 784)
    return BuiltInModel(
        FAMILY,
        f"{ROOM}.{FAMILY}",
        "dense layers from an image to a code and back; ae400, ae800-dropout, … are its names",
        weights=sum(_dense(*pair) for pair in pairwise(widths)),  # 842,009
        forward_operations=sum(_product(1, *pair) for pair in pairwise(widths)),  # 1,679,400
        parameters={"widths": [400, 200, 100, 50, 25]},
    )


def _conv_classifier() -> BuiltInModel:
    # Without padding a kernel of 3 takes 2 off a side, and pooling halves it: 28, 26, 13, 11, 5.
    flat = 5 * 5 * 32
    return BuiltInModel(
        "conv-classifier",
        f"{ROOM}.conv_classifier",
        "two convolutions with pooling and two dense layers; ten classes of images",
        # 160 + 4,640 + 51,264 + 650 = 56,714
        weights=_convolution(3, 1, 16)
        + _convolution(3, 16, 32)
        + _dense(flat, 64)
        + _dense(64, 10),
        # 194,688 + 1,115,136 + 102,400 + 1,280 = 1,413,504
        forward_operations=_product(26 * 26, 3 * 3 * 1, 16)
        + _product(11 * 11, 3 * 3 * 16, 32)
        + _product(1, flat, 64)
        + _product(1, 64, 10),
    )


def _conv_autoencoder() -> BuiltInModel:
    # Sides: 28, 14, 7, 14, 28. A convolution has a product at every place of its output, and a
    # transposed one at every place of its input; products with the padding's zeros count.
    return BuiltInModel(
        "conv-autoencoder",
        f"{ROOM}.conv_autoencoder",
        "two strided convolutions and two transposed convolutions; images to themselves",
        # 160 + 4,640 + 4,624 + 145 = 9,569
        weights=_convolution(3, 1, 16)
        + _convolution(3, 16, 32)
        + _convolution(3, 32, 16)
        + _convolution(3, 16, 1),
        # 56,448 + 451,584 + 451,584 + 56,448 = 1,016,064
        forward_operations=_product(14 * 14, 3 * 3 * 1, 16)
        + _product(7 * 7, 3 * 3 * 16, 32)
        + _product(7 * 7, 32, 3 * 3 * 16)
        + _product(14 * 14, 16, 3 * 3 * 1),
    )


def _lstm_model() -> BuiltInModel:
    # In each of 16 steps the four gates of a layer read its input and its own last output.
    return BuiltInModel(
        "lstm",
        f"{ROOM}.lstm",
        "two LSTM layers; a sequence of 16 steps to one number",
        # 5,248 + 8,320 + 33 = 13,601
        weights=_lstm(8, 32) + _lstm(32, 32) + _dense(32, 1),
        # 163,840 + 262,144 + 64 = 426,048
        forward_operations=_product(16, 8 + 32, 4 * 32)
        + _product(16, 32 + 32, 4 * 32)
        + _product(1, 32, 1),
    )


def _transformer() -> BuiltInModel:
    length, width, vocabulary, blocks = 32, 32, 64, 2
    normalisation = 2 * width
    # Queries, keys, values and the output are a dense layer each: 4,224; then 4,224 + 4,128.
    block = (
        2 * normalisation
        + 4 * _dense(width, width)
        + _dense(width, 4 * width)
        + _dense(4 * width, width)
    )
    # Scores and weighted values: all heads together have the full width. Masked products count,
    # as Keras computes them.
    block_operations = (
        4 * _product(length, width, width)
        + 2 * _product(length, width, length)
        + 2 * _product(length, width, 4 * width)
    )
    return BuiltInModel(
        "transformer",
        f"{ROOM}.transformer",
        "two blocks of causal attention; the next of 64 tokens at each of 32 positions",
        # 3,072 + 2 · 12,704 + 64 + 2,112 = 30,656
        weights=(vocabulary + length) * width
        + blocks * block
        + normalisation
        + _dense(width, vocabulary),
        # 2 · 917,504 + 131,072 = 1,966,080
        forward_operations=blocks * block_operations + _product(length, width, vocabulary),
    )


def _tabular() -> BuiltInModel:
    inputs = 8 * 16 + 8
    return BuiltInModel(
        "tabular",
        f"{ROOM}.tabular",
        "an embedding of 8 columns, 8 numbers and three dense layers; two classes of rows",
        # 128,000 + 17,536 + 512 + 8,256 + 65 = 154,369; of the normalisation's 512, 256 are
        # moving means and variances, which are not trained.
        weights=8 * 1000 * 16 + _dense(inputs, 128) + 4 * 128 + _dense(128, 64) + _dense(64, 1),
        # 34,816 + 16,384 + 128 = 51,328; the embedding has no products.
        forward_operations=_product(1, inputs, 128) + _product(1, 128, 64) + _product(1, 64, 1),
    )


BUILT_IN = {
    model.name: model
    for model in (
        _autoencoder(),
        _conv_classifier(),
        _conv_autoencoder(),
        _lstm_model(),
        _transformer(),
        _tabular(),
    )
}
