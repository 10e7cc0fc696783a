"""The autoencoders, as data: what follows from a name without any framework.

``ae400`` and the like name a chain of layer widths from the first hidden layer down to the code of
25 numbers; the decoder mirrors it. Parameter counts and floating-point operations follow in closed
form. This module needs the standard library only, since workers import it.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from aebench.bench.errors import BadInputError
from aebench.bench.quoting import shortly

IMAGE_SHAPE = (28, 28)
PIXELS = 28 * 28
CODE = 25
DEFAULT_DROPOUT = 0.3
WIDEST = 25 * 2**10
# Most decimals of a dropout rate: a model's name shows all of them.
MOST_DECIMALS = 4
TABLE = ("ae400", "ae800", "ae800-dropout", "ae800-steep")

_NAME = re.compile(
    r"ae(?P<width>[1-9]\d*)(?P<steep>-steep)?(-dropout(?P<rate>\d*\.?\d+)?)?", re.ASCII
)


@dataclass(frozen=True)
class Model:
    """One autoencoder.

    Parameters
    ----------
    name : str
        The name that tables show.
    widths : tuple of int
        Units of the encoder's layers; the last layer is the code.
    dropout : float
        Rate after the encoder's first two layers, or after the first if it alone precedes the
        code; 0 means no dropout.
    learning_rate : float
        Learning rate of plain stochastic gradient descent.
    """

    name: str
    widths: tuple[int, ...]
    dropout: float = 0.0
    learning_rate: float = 1.5

    @property
    def dense_shapes(self) -> tuple[tuple[int, int], ...]:
        """Return inputs and units of every dense layer, encoder first."""
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


def parse(name: str) -> Model:
    """Understand a model's name.

    ``aeN`` has layers of N, N/2, … down to 25 units. ``-steep`` leaves the layer of N/2 out.
    ``-dropout`` or ``-dropoutR`` adds dropout at rate 0.3 or R after the first two layers.

    Parameters
    ----------
    name : str
        A name such as ``ae400``, ``ae1600``, ``ae800-steep``, ``ae800-dropout0.5``.

    Returns
    -------
    Model
        The model, under its shortest name.

    Raises
    ------
    BadInputError
        If the name does not stand for such a chain; the message says why.
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
        return Model(name, widths)
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
    return Model(f"{stem}-dropout{shown}", widths, rate)


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
