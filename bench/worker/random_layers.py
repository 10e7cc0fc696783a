"""Find the random layers of a Keras model, and switch off those that have a rate."""

from collections.abc import Iterator
from typing import Any

# Keras's classes whose randomness has a rate, and the attributes that hold it. The layer of
# attention has a dropout layer of its own inside, whose rate is set like that of any other.
_RATES = {
    "Dropout": ("rate",),
    "AlphaDropout": ("rate",),
    "GaussianDropout": ("rate",),
    "GaussianNoise": ("stddev",),
    "DropoutRNNCell": ("dropout", "recurrent_dropout"),
    "Attention": ("dropout",),
    "MultiHeadAttention": ("_dropout",),
    "GroupedQueryAttention": ("dropout",),
}


def silence(keras_model: Any) -> None:
    """Set the rates of all random layers to 0.

    A step that was compiled before keeps the rates that it was compiled with.
    """
    for layer in _layers(keras_model):
        for name in _rates(layer):
            if getattr(layer, name, 0):
                setattr(layer, name, 0.0)


def without_rate(keras_model: Any) -> list[str]:
    """Return the names of the random layers that :func:`silence` can't switch off.

    A layer counts as random if it holds a ``keras.random.SeedGenerator``, as Keras requires of
    random layers.
    """
    return [
        str(layer.name)
        for layer in _layers(keras_model)
        if not _rates(layer) and list(getattr(layer, "_seed_generators", ()))
    ]


def _layers(keras_model: Any) -> Iterator[Any]:
    """Yield the layers at any depth: cells, wrapped layers and layers of a user's layers too.

    Keras's public ``layers`` has those of the model alone.
    """
    yield from keras_model._flatten_layers(include_self=False, recursive=True)


def _rates(layer: Any) -> tuple[str, ...]:
    """Return the names of the attributes that are rates; empty if the layer isn't of the table."""
    for kind in type(layer).__mro__:
        if kind.__module__.startswith("keras.") and kind.__name__ in _RATES:
            return _RATES[kind.__name__]
    return ()
