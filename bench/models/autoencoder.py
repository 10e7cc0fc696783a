"""The autoencoders: ``build`` for workers, and the figures that a name alone determines.

``ae400`` and the like name a chain of layer widths from the first hidden layer down to the code of
25 numbers; the decoder mirrors it. Parameter counts and floating-point operations follow in closed
form. The module itself needs the standard library only: Keras and NumPy are imported inside
functions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from aebench.bench.errors import BadInputError
from aebench.bench.models import loading
from aebench.bench.protocol.model_description import ModelDescription
from aebench.bench.quoting import shortly

IMAGE_SHAPE = (28, 28)
PIXELS = 28 * 28
CODE = 25
DEFAULT_DROPOUT = 0.3
WIDEST = 25 * 2**10
# The most decimals of a dropout rate in a model's name.
MOST_DECIMALS = 4
TABLE = ("ae400", "ae800", "ae800-dropout", "ae800-steep")

_NAME = re.compile(
    r"ae(?P<width>[1-9]\d*)(?P<steep>-steep)?(-dropout(?P<rate>\d*\.?\d+)?)?", re.ASCII
)


def build(widths: Sequence[int], dropout: float = 0.0, learning_rate: float = 1.5) -> Any:
    """Build and compile one autoencoder.

    Parameters
    ----------
    widths, dropout, learning_rate
        See :class:`Autoencoder`.

    Returns
    -------
    keras.Model
        28 × 28 to 28 × 28, values in [0, 1]. Its layers ``encoder`` and ``decoder`` are models
        too; the encoder gives the code, 25 numbers per image.
    """
    import keras

    form = closed_form(widths, dropout, learning_rate)
    layers = keras.layers
    encoder = keras.Sequential([keras.Input(IMAGE_SHAPE), layers.Flatten()], name="encoder")
    for position, units in enumerate(form.widths):
        encoder.add(layers.Dense(units, activation="relu"))
        if position in form.dropout_layers:
            encoder.add(layers.Dropout(form.dropout))
    decoder = keras.Sequential([keras.Input((form.widths[-1],))], name="decoder")
    for units in form.widths[-2::-1]:
        decoder.add(layers.Dense(units, activation="relu"))
    decoder.add(layers.Dense(PIXELS, activation="sigmoid"))
    decoder.add(layers.Reshape(IMAGE_SHAPE))
    images = keras.Input(IMAGE_SHAPE)
    autoencoder = keras.Model(images, decoder(encoder(images)), name="autoencoder")
    autoencoder.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.SGD(learning_rate=form.learning_rate),
    )
    return autoencoder


def closed_form(
    widths: Sequence[int], dropout: float = 0.0, learning_rate: float = 1.5
) -> "Autoencoder":
    """Return the closed form of the model that :func:`build` builds."""
    return Autoencoder("autoencoder", tuple(widths), dropout, learning_rate)


@dataclass(frozen=True)
class Autoencoder:
    """One autoencoder.

    Parameters
    ----------
    name : str
        The name that tables show.
    widths : tuple of int
        Units of the encoder's layers; the last layer is the code.
    dropout : float
        Dropout rate after the encoder's first two layers, or only after its first layer if the
        second is the code; 0 means no dropout.
    learning_rate : float
        Learning rate of plain stochastic gradient descent.
    """

    name: str
    widths: tuple[int, ...]
    dropout: float = 0.0
    learning_rate: float = 1.5

    @cached_property
    def description(self) -> ModelDescription:
        """Return the description from which workers build the model."""
        parameters = {
            "widths": list(self.widths),
            "dropout": self.dropout,
            "learning_rate": self.learning_rate,
        }
        return loading.describe(self.name, __name__, parameters)

    @property
    def form(self) -> "Autoencoder":
        """Return the closed form: the autoencoder itself."""
        return self

    @property
    def no_training(self) -> str:
        """Return an empty text: all autoencoders can be trained."""
        return ""

    @property
    def constant_loss(self) -> None:
        """Return None: the loss of the mean image is the data set's."""

    @property
    def natives(self) -> tuple[str, ...]:
        """Return nothing: the closed form has a baseline in every framework."""
        return ()

    @property
    def weights(self) -> str:
        """Return an empty text: the closed form has the initial weights."""
        return ""

    @property
    def dense_shapes(self) -> tuple[tuple[int, int], ...]:
        """Return the numbers of inputs and units of every dense layer, encoder first."""
        return tuple(pairwise((PIXELS, *self.widths, *self.widths[-2::-1], PIXELS)))

    @property
    def dropout_layers(self) -> tuple[int, ...]:
        """Return the numbers, from 0, of the dense layers that dropout follows."""
        return tuple(range(min(2, len(self.widths) - 1))) if self.dropout else ()

    @property
    def parameters(self) -> int:
        """Return the number of weights and biases."""
        return sum(inputs * units + units for inputs, units in self.dense_shapes)

    @property
    def weight_bytes(self) -> int:
        """Return the bytes of the parameters in float32."""
        return 4 * self.parameters

    @property
    def optimiser_bytes(self) -> int:
        """Return 0, the bytes of the optimiser's state: plain gradient descent has none."""
        return 0

    @property
    def activations(self) -> int:
        """Count the numbers per sample that the backward pass needs.

        These are the sample, the output of every layer, and the outputs that dropout kept.
        """
        layers = [PIXELS, *(units for _, units in self.dense_shapes)]
        dropped = [self.dense_shapes[layer][1] for layer in self.dropout_layers]
        return sum(layers) + sum(dropped)

    @property
    def forward_operations(self) -> int:
        """Return the floating-point operations per sample of the forward pass's matrix products.

        A row of n inputs times an n × m matrix takes n·m multiplications and n·m additions. Biases
        and activations are not counted; profilers do not count them either.
        """
        return 2 * sum(inputs * units for inputs, units in self.dense_shapes)

    @property
    def training_operations(self) -> int:
        """Return the floating-point operations per sample of a training step's matrix products.

        The gradient by the weights takes as many operations as the forward pass. The gradient by
        the inputs takes as many again, except for the first layer's, which is not needed.
        """
        first_inputs, first_units = self.dense_shapes[0]
        return 3 * self.forward_operations - 2 * first_inputs * first_units

    def initial_weights(self, seed: int) -> list[Any]:
        """Draw the weights that every backend starts from.

        NumPy draws them, since backends draw different numbers from the same seed. Each layer has
        a generator of its own: two models that differ in other layers get equal weights in a layer
        of the same shape and position.

        Parameters
        ----------
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
        import numpy as np

        weights: list[Any] = []
        for inputs, units in self.dense_shapes:
            limit = np.sqrt(6 / (inputs + units))
            generator = np.random.default_rng([seed, inputs, units])
            weights.append(generator.uniform(-limit, limit, (inputs, units)).astype(np.float32))
            weights.append(np.zeros(units, np.float32))
        return weights


def parse(name: str) -> Autoencoder:
    """Return the model of a name.

    ``aeN`` has layers of N, N/2, … down to 25 units. ``-steep`` leaves the layer of N/2 out.
    ``-dropout`` or ``-dropoutR`` adds dropout at rate 0.3 or R after the first two layers.

    Parameters
    ----------
    name : str
        A name such as ``ae400``, ``ae1600``, ``ae800-steep``, ``ae800-dropout0.5``.

    Returns
    -------
    Autoencoder
        The model, under its shortest name.

    Raises
    ------
    BadInputError
        If no model can have the name; the message says why.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise BadInputError(
            f"{shortly(name)} is not a model: use aeN, aeN-steep, aeN-dropout or "
            f"aeN-dropoutRATE, N being {CODE} times a power of two, such as {', '.join(TABLE)}."
        )
    digits = match["width"]
    if len(digits) > len(str(WIDEST)) or int(digits) > WIDEST:
        raise BadInputError(
            f"{shortly(name)} is too wide: the widest first layer is {WIDEST:,} units."
        )
    widths = _halve(name, int(digits))
    if match["steep"]:
        if len(widths) < 3:
            raise BadInputError(
                f"{name!r} has no layer to leave out: -steep needs a first layer of 100 or more."
            )
        widths = (widths[0], *widths[2:])
    if "-dropout" not in name:
        return Autoencoder(name, widths)
    rate = DEFAULT_DROPOUT if match["rate"] is None else float(match["rate"])
    if not 0 < rate < 1 or round(rate, MOST_DECIMALS) != rate:
        raise BadInputError(
            f"{shortly(name)} has a dropout rate of {rate:g}: it must lie between 0 and 1, with "
            f"{MOST_DECIMALS} decimals at most."
        )
    if len(widths) < 2:
        raise BadInputError(f"{name!r} has no layer before the code to put dropout after.")
    stem = name.partition("-dropout")[0]
    shown = "" if rate == DEFAULT_DROPOUT else f"{rate:g}"
    return Autoencoder(f"{stem}-dropout{shown}", widths, rate)


def _halve(name: str, width: int) -> tuple[int, ...]:
    widths = [width]
    while widths[-1] > CODE and widths[-1] % 2 == 0:
        widths.append(widths[-1] // 2)
    if widths[-1] != CODE:
        chain = ", ".join(map(str, widths))
        raise BadInputError(
            f"{name!r} gives no chain of halves down to {CODE} ({chain}, stop): the first layer "
            f"must be {CODE} times a power of two, such as 200, 400, 800, 1600."
        )
    return tuple(widths)
