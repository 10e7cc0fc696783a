"""Check that samples fit a model, before anything is measured with them."""

from typing import Any

import numpy as np

from aebench.bench.models.loading import ModelError
from aebench.bench.protocol import trees
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker.model_ends import loss_name, output_losses, paired, symbolic_inputs

Array = np.ndarray[Any, Any]
# Samples in the call that shows what a model returns for them.
FEW = 2


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
        than the model takes, or lack the targets of the loss.
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
    if samples.y is None and keras_model.compiled and getattr(keras_model, "loss", None):
        raise ModelError(
            f"the {split} samples of the model {name} have no targets, which its loss needs."
        )


def subnormal_notice(name: str, *parts: Samples) -> str:
    """Return a notice if samples hold subnormal float32 numbers; empty if they hold none.

    Behind a ReLU such numbers change gradients: its derivative is 0 at 0, and 1 just above.

    Parameters
    ----------
    name : str
        The model's name.
    *parts : Samples
        The training samples and the test samples.
    """
    arrays = [
        leaf for part in parts for tree in part if tree is not None for leaf in trees.leaves(tree)
    ]
    least = np.finfo(np.float32).tiny
    found = any(
        array.dtype == np.float32 and ((array != 0) & (abs(array) < least)).any()
        for array in arrays
    )
    return (
        f"Some numbers in the samples of {name} are subnormal (below {least:.2g}): on a CPU, "
        "TensorFlow and JAX take them for 0 and PyTorch doesn't, and gradients may differ by that."
        if found
        else ""
    )


def check_classes(name: str, keras_model: Any, samples: Samples, outputs: Any, split: str) -> None:
    """Refuse whole numbers that stand for classes that a model hasn't.

    Frameworks differ in what they do with such classes.

    Parameters
    ----------
    name, keras_model, samples, split
        See :func:`check`.
    outputs : tree of ndarray
        What the model returns for some samples.

    Raises
    ------
    ModelError
        If there is such a class.
    """
    losses = output_losses(keras_model, outputs)
    made, targets = list(trees.named_leaves(outputs)), list(trees.leaves(samples.y))
    if samples.y is None or len(made) != len(targets):
        return
    if isinstance(samples.y, dict) != isinstance(outputs, dict):
        return  # which target is of which output is up to Keras
    for (place, output), target in zip(made, targets, strict=True):
        loss = losses[place]
        if "sparse" not in loss_name(loss):
            continue
        ignored = getattr(loss, "ignore_class", None)
        counted = target if ignored is None else target[target != ignored]
        if not counted.size:
            continue
        lowest, highest = int(np.min(counted)), int(np.max(counted))
        classes = output.shape[-1]
        if lowest < 0 or highest >= classes:
            raise ModelError(
                f"the {split} samples of the model {name} have classes from {lowest} to {highest}, "
                f"and its output knows those from 0 to {classes - 1}."
            )


def _check_inputs(name: str, keras_model: Any, samples: Samples, split: str) -> None:
    inputs = symbolic_inputs(keras_model)
    if inputs is None:
        return
    pairs = paired(inputs, samples.x)
    if pairs is None:
        tensors = list(trees.leaves(inputs))
        # Inputs in a list have names too, by which a dictionary of arrays finds them.
        by_name = isinstance(samples.x, dict) and not isinstance(inputs, dict)
        takes = _named({each.name: each for each in tensors} if by_name else inputs)
        has = _named(samples.x)
        raise ModelError(f"the model {name} takes {takes}, and its {split} samples have {has}.")
    for tensor, array in pairs:
        wanted = tuple(tensor.shape[1:])
        if not _fits(wanted, array):
            takes = " × ".join("any" if each is None else str(each) for each in wanted) or "one"
            has = " × ".join(map(str, array.shape[1:])) or "one"
            raise ModelError(
                f"the input {tensor.name} of the model {name} takes {takes} numbers per sample, "
                f"and the {split} samples have {has}."
            )


def _fits(wanted: tuple[int | None, ...], array: Array) -> bool:
    """Return whether an input takes an array; Keras adds or drops a last axis of one number."""
    given = array.shape[1:]
    if len(given) == len(wanted) - 1 and wanted[-1] == 1:
        given = (*given, 1)
    elif len(given) == len(wanted) + 1 and given[-1] == 1:
        given = given[:-1]
    return len(given) == len(wanted) and all(
        length in (None, has) for length, has in zip(wanted, given, strict=True)
    )


def _named(tree: Any) -> str:
    """Return the names of a tree's leaves, or their number if they have none."""
    names = [name for name, _ in trees.named_leaves(tree)]
    several = "inputs" if len(names) > 1 else "input"
    told = f"the {several} {', '.join(names)}"
    return told if isinstance(tree, dict) else f"{len(names)} {several}"
