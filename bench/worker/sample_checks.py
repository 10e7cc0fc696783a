"""Check that samples fit a model, before anything is measured with them."""

from typing import Any

import numpy as np

from aebench.bench.models.loading import ModelError
from aebench.bench.protocol import trees
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker.drawn_samples import loss_name

_FEW = 2


def check(name: str, keras_model: Any, samples: Samples, split: str) -> None:
    """Refuse samples that a model can't take.

    Parameters
    ----------
    name : str
        The model's name, for the messages.
    keras_model : keras.Model
        The built model.
    samples : Samples
        The samples.
    split : str
        ``train`` or ``test``, for the messages.

    Raises
    ------
    ModelError
        If arrays differ in their numbers of samples, hold what isn't a number, have other shapes
        than the model takes, or classes that it hasn't.
    """
    known = [tree for tree in samples if tree is not None]
    arrays = [leaf for tree in known for leaf in trees.leaves(tree)]
    counts = {len(array) for array in arrays}
    if len(counts) > 1 or not samples.total:
        found = ", ".join(f"{each:,}" for each in sorted(counts))
        raise ModelError(
            f"the {split} samples of the model {name} are {found} by their arrays: all arrays need "
            "the same number, at least 1."
        )
    for array in arrays:
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ModelError(
                f"the {split} samples of the model {name} hold values that aren't finite numbers: "
                "remove or replace these samples."
            )
    _check_inputs(name, keras_model, samples, split)
    _check_classes(name, keras_model, samples, split)


def _check_inputs(name: str, keras_model: Any, samples: Samples, split: str) -> None:
    try:
        wanted = list(trees.leaves(keras_model.input))
    except (AttributeError, ValueError):  # a model of its own class tells no inputs
        return
    given = list(trees.leaves(samples.x))
    if len(given) != len(wanted):
        raise ModelError(
            f"the model {name} takes {len(wanted)} inputs, and its {split} samples have "
            f"{len(given)}."
        )
    for tensor, array in zip(wanted, given, strict=True):
        shape = tuple(tensor.shape[1:])
        fits = len(shape) == array.ndim - 1 and all(
            length in (None, has) for length, has in zip(shape, array.shape[1:], strict=True)
        )
        if not fits:
            takes = " × ".join("any" if each is None else str(each) for each in shape) or "one"
            has = " × ".join(map(str, array.shape[1:])) or "one"
            raise ModelError(
                f"the input {tensor.name} of the model {name} takes {takes} numbers per sample, "
                f"and the {split} samples have {has}."
            )


def _check_classes(name: str, keras_model: Any, samples: Samples, split: str) -> None:
    """Check whole numbers that stand for classes: frameworks differ in what they do beyond."""
    loss = getattr(keras_model, "loss", None)
    if (
        samples.y is None
        or isinstance(loss, (dict, list, tuple))
        or "sparse" not in loss_name(loss)
    ):
        return
    targets = list(trees.leaves(samples.y))
    outputs = keras_model.predict(samples.first(min(_FEW, samples.total)).x, verbose=0)
    classes = next(trees.leaves(outputs)).shape[-1]
    lowest, highest = int(np.min(targets[0])), int(np.max(targets[0]))
    if lowest < 0 or highest >= classes:
        raise ModelError(
            f"the {split} samples of the model {name} have classes from {lowest} to {highest}, and "
            f"its output knows those from 0 to {classes - 1}."
        )
