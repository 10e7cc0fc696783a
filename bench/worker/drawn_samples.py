"""Draw samples for a model that has no data: from its own inputs, outputs and loss.

The losses of such samples mean nothing; the work of a step is that of real ones.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from aebench.bench.models.loading import ModelError
from aebench.bench.protocol import trees
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker.model_ends import loss_name, output_losses, symbolic_inputs

Array = np.ndarray[Any, Any]

TRAIN_SAMPLES, TEST_SAMPLES = 4_096, 1_024
# Of large samples fewer are drawn: so many bytes of them, but never fewer samples than these.
MOST_DRAWN_BYTES, LEAST_SAMPLES = 256 * 2**20, 64
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
        Number of samples; fewer are drawn if they are large.
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
    inputs = symbolic_inputs(keras_model)
    if inputs is None:
        raise ModelError(
            f"the model {name} doesn't say what inputs it takes, and its file has no data(): add "
            "data(), or begin the model with keras.Input."
        )

    outputs_of: list[Any] = []

    def made(samples: int) -> Samples:
        generator = np.random.default_rng(seed)
        x = trees.mapped(inputs, lambda tensor: _input(keras_model, tensor, samples, generator))
        if not outputs_of:
            outputs_of.append(keras_model.predict(x, samples, verbose=0))
        return Samples(x, _targets(keras_model, outputs_of[0], samples, generator))

    few = made(_FEW)
    enough = max(LEAST_SAMPLES, MOST_DRAWN_BYTES // max(1, few.sample_bytes))
    return made(min(count, enough))


def _input(keras_model: Any, tensor: Any, count: int, generator: Any) -> Array:
    shape = (count, *(_OPEN_LENGTH if length is None else length for length in tensor.shape[1:]))
    if tensor.dtype == "string":
        raise ModelError("an input of texts can't be drawn: add data() with numbers.")
    kind = np.dtype("float32" if tensor.dtype == "bfloat16" else tensor.dtype)
    if kind.kind in "iu":
        return np.asarray(generator.integers(0, _rows(keras_model, tensor), shape), kind)
    if kind.kind == "b":
        return np.asarray(generator.integers(0, 2, shape), kind)
    if kind.kind != "f":
        raise ModelError(f"an input of the type {tensor.dtype} can't be drawn: add data().")
    return np.asarray(generator.standard_normal(shape, np.float32), kind)


def _rows(keras_model: Any, tensor: Any) -> int:
    """Return the rows of the embedding that reads the tensor; if none does, the fewest of any."""
    from keras import layers

    flattened = keras_model._flatten_layers(include_self=False)
    found = [each for each in flattened if isinstance(each, layers.Embedding)]
    reading = [each for each in found if _reads(each, tensor)]
    return min((int(each.input_dim) for each in reading or found), default=_INTEGERS)


def _reads(layer: Any, tensor: Any) -> bool:
    try:
        return layer.input is tensor
    except (AttributeError, ValueError):  # called several times, or inside a model of its own
        return False


def _targets(keras_model: Any, outputs: Any, count: int, generator: Any) -> Any:
    losses = output_losses(keras_model, outputs)
    # In the order of names: backends return dictionaries in different orders.
    targets = {
        name: _target(loss_name(losses[name]), (count, *output.shape[1:]), generator)
        for name, output in trees.named_leaves(outputs)
    }
    return trees.mapped_by_name(outputs, lambda name, _: targets[name])


def _target(loss: str, shape: tuple[int, ...], generator: Any) -> Array:
    kinds: dict[str, Callable[[], Any]] = {
        "sparse": lambda: generator.integers(0, shape[-1], shape[:-1]).astype(np.int32),
        "categorical": lambda: _one_of(shape, generator),
        "binary": lambda: generator.integers(0, 2, shape).astype(np.float32),
        "poisson": lambda: generator.poisson(1.0, shape).astype(np.float32),
        "": lambda: generator.standard_normal(shape, np.float32),
    }
    return np.asarray(next(draw for word, draw in kinds.items() if word in loss)())


def _one_of(shape: tuple[int, ...], generator: Any) -> Array:
    """Return zeros, and a one at a random place of the last axis."""
    chosen = np.zeros(shape, np.float32)
    places = generator.integers(0, shape[-1], shape[:-1])
    np.put_along_axis(chosen, places[..., None], 1.0, axis=-1)
    return chosen
