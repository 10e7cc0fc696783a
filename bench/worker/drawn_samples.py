"""Draw samples for a model that has no data: from its own inputs, outputs and loss.

The losses of such samples mean nothing; the work of a step is that of real ones.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from aebench.bench.models.loading import ModelError
from aebench.bench.protocol import trees
from aebench.bench.protocol.samples import Samples

Array = np.ndarray[Any, Any]

TRAIN_SAMPLES, TEST_SAMPLES = 4_096, 1_024
# Where a model leaves an axis open, as the length of a sequence.
_OPEN_LENGTH = 32
# The integers of an input that no embedding reads.
_INTEGERS = 10
# Samples in the call that shows what a model returns.
_FEW = 2


def drawn(name: str, keras_model: Any, count: int, seed: int) -> Samples:
    """Draw samples.

    Parameters
    ----------
    name : str
        The model's name, for the message of an error.
    keras_model : keras.Model
        A built model.
    count : int
        Number of samples.
    seed : int
        Seed of the numbers.

    Returns
    -------
    Samples
        Inputs: standard normal numbers; integers within the rows of the embedding that reads them.
        Targets, by the loss: classes, one class of each sample as ones and zeros, zeros and ones,
        or standard normal numbers of the outputs' shapes.

    Raises
    ------
    ModelError
        If the model doesn't tell its inputs.
    """
    generator = np.random.default_rng(seed)
    inputs = _inputs(keras_model)
    if inputs is None:
        raise ModelError(
            f"the model {name} doesn't say what inputs it takes, and its file has no data(): add "
            "data(), or begin the model with keras.Input."
        )
    x = trees.mapped(inputs, lambda tensor: _input(keras_model, tensor, count, generator))
    few = trees.mapped(x, lambda array: array[:_FEW])
    outputs = keras_model.predict(few, _FEW, verbose=0)
    return Samples(x, _targets(keras_model, outputs, count, generator))


def _inputs(keras_model: Any) -> Any:
    """Return the tree of a model's symbolic inputs; None if it has none."""
    try:
        found = keras_model.input  # the structure in which a functional model takes them
    except (AttributeError, ValueError):
        return None
    return found


def symbolic_inputs(keras_model: Any) -> list[Any]:
    """List a model's symbolic inputs; none if it doesn't tell them."""
    found = _inputs(keras_model)
    return [] if found is None else list(trees.leaves(found))


def _input(keras_model: Any, tensor: Any, count: int, generator: Any) -> Array:
    shape = (count, *(_OPEN_LENGTH if length is None else length for length in tensor.shape[1:]))
    kind = np.dtype("float32" if tensor.dtype == "bfloat16" else tensor.dtype)
    if kind.kind in "iu":
        return generator.integers(0, _rows(keras_model, tensor), shape).astype(kind)
    if kind.kind == "b":
        return generator.integers(0, 2, shape).astype(bool)
    if kind.kind != "f":
        raise ModelError(f"an input of the type {tensor.dtype} can't be drawn: add data().")
    return generator.standard_normal(shape, np.float32).astype(kind)


def _rows(keras_model: Any, tensor: Any) -> int:
    """Return the rows of the embedding that reads the tensor; if none does, the fewest of any."""
    from keras import layers

    found = [each for each in _all_layers(keras_model) if isinstance(each, layers.Embedding)]
    reading = [each for each in found if _reads(each, tensor)]
    return min((each.input_dim for each in reading or found), default=_INTEGERS)


def _all_layers(layer: Any) -> list[Any]:
    inner = [deeper for each in getattr(layer, "layers", []) for deeper in _all_layers(each)]
    return [layer, *inner]


def _reads(layer: Any, tensor: Any) -> bool:
    try:
        return layer.input is tensor
    except (AttributeError, ValueError):  # called several times, or inside a model of its own
        return False


def _targets(keras_model: Any, outputs: Any, count: int, generator: Any) -> Any:
    names = [loss_name(each) for each in trees.leaves(getattr(keras_model, "loss", None))]
    numbered = iter(range(len(list(trees.leaves(outputs)))))

    def target(output: Array) -> Array:
        number = next(numbered)
        name = names[number] if number < len(names) else names[0] if names else ""
        return _target(name, (count, *output.shape[1:]), generator)

    return trees.mapped(outputs, target)


def _target(loss: str, shape: tuple[int, ...], generator: Any) -> Array:
    kinds: dict[str, Callable[[], Array]] = {
        "sparse": lambda: generator.integers(0, shape[-1], shape[:-1]).astype(np.int32),
        "categorical": lambda: np.eye(shape[-1], dtype=np.float32)[
            generator.integers(0, shape[-1], shape[:-1])
        ],
        "binary": lambda: generator.integers(0, 2, shape).astype(np.float32),
        "poisson": lambda: generator.poisson(1.0, shape).astype(np.float32),
        "": lambda: generator.standard_normal(shape, np.float32),
    }
    return next(draw for word, draw in kinds.items() if word in loss)()


def loss_name(loss: Any) -> str:
    """Return a loss's name in lower case, whether it is given as a name, function or object."""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    return str(name).lower()
