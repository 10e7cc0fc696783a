"""Tell by a model's layers to which category the operations within a layer belong."""

from typing import Any

from aebench.backends.profilers import (
    ATTENTION,
    CONVOLUTION,
    EMBEDDING,
    NORMALISATION,
    RECURRENT,
)

# By the end of a class's name. A user's own class is recognised by the classes it derives from.
_BY_ENDING = {
    "Attention": ATTENTION,
    "LSTM": RECURRENT,
    "LSTM1D": RECURRENT,
    "LSTM2D": RECURRENT,
    "LSTM3D": RECURRENT,
    "GRU": RECURRENT,
    "RNN": RECURRENT,
    "Bidirectional": RECURRENT,
    "Embedding": EMBEDDING,
    "Normalization": NORMALISATION,
}
_CONVOLUTIONS = ("Conv", "DepthwiseConv", "SeparableConv")


def kinds_of_layers(model: Any) -> dict[str, str]:
    """Return the categories of a model's layers by the layers' names, inner models' too.

    A layer whose operations tell their category themselves, such as a dense one, is left out.
    """
    found: dict[str, str] = {}
    for layer in getattr(model, "layers", ()):
        kind = kind_of_layer(layer)
        if kind:
            found[str(layer.name)] = kind
        else:
            found |= kinds_of_layers(layer)
    return found


def kind_of_layer(layer: Any) -> str:
    """Return the category of a layer's operations; empty if they tell it themselves."""
    for kind in type(layer).__mro__:
        name = kind.__name__
        for ending, category in _BY_ENDING.items():
            if name.endswith(ending):
                return category
        if name.startswith(_CONVOLUTIONS):
            return CONVOLUTION
    return ""
