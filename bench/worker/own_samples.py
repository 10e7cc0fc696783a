"""Take a user's samples: those of the function ``data`` of a model's file, or of an ``.npz``."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from aebench.bench.models.loading import ModelError
from aebench.bench.protocol import trees
from aebench.bench.protocol.samples import Samples

Array = np.ndarray[Any, Any]

# A data set that comes in batches is read into arrays, at most so many bytes of it.
MOST_BATCHED_BYTES = 256 * 2**20
_FORM = "((x_train, y_train), (x_test, y_test))"


def from_function(name: str, function: Callable[[], Any]) -> tuple[Samples, Samples, str]:
    """Return the training and the test samples that a file's ``data()`` returns.

    Parameters
    ----------
    name : str
        The model's name, for the messages of errors.
    function : callable
        The function.

    Returns
    -------
    (Samples, Samples, str)
        Training samples, test samples, and a notice, empty if there is none.

    Raises
    ------
    ModelError
        If it returns something else.
    """
    found = function()
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise ModelError(f"data() of the model {name} must return {_FORM}.")
    train, test = (_part(name, each) for each in found)
    batched = in_batches(found[0])
    notice = (
        "The batches of data() were read into arrays once: aebench explain tells how long a step "
        "waits for them."
        if batched
        else ""
    )
    return train, test, notice


def from_npz(name: str, path: str, inputs: Iterable[str]) -> tuple[Samples, Samples]:
    """Return the samples of an ``.npz``.

    Parameters
    ----------
    name : str
        The model's name, for the messages of errors.
    path : str
        The file. It holds ``x_train``, ``y_train``, ``x_test`` and ``y_test``; in place of
        ``x_train`` and ``x_test`` also ``INPUT_train`` and ``INPUT_test`` for each input.
    inputs : iterable of str
        The names of the model's inputs.

    Raises
    ------
    ModelError
        If the file can't be read or lacks an array.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            held = {each: arrays[each] for each in arrays.files}
    except Exception as error:  # whatever zipfile, zlib, NumPy and Python's parser raise
        raise ModelError(f"{Path(path).name} can't be read as an .npz of plain arrays.") from error
    names = list(inputs)

    def part(split: str) -> Samples:
        if f"x_{split}" in held:
            x: Any = held[f"x_{split}"]
        elif names and all(f"{each}_{split}" in held for each in names):
            x = {each: held[f"{each}_{split}"] for each in names}
        else:
            wanted = " or ".join(
                [f"x_{split}", " and ".join(f"{each}_{split}" for each in names)][: 1 + bool(names)]
            )
            raise ModelError(f"{Path(path).name} needs {wanted} for the model {name}.")
        return _as_samples(name, x, held.get(f"y_{split}"), held.get(f"weights_{split}"))

    return part("train"), part("test")


def _part(name: str, part: Any) -> Samples:
    if isinstance(part, (tuple, list)):
        if not 1 <= len(part) <= 3:
            raise ModelError(f"data() of the model {name} must return {_FORM}.")
        return _as_samples(name, *part)
    if not in_batches(part):
        raise ModelError(f"data() of the model {name} must return {_FORM}.")
    return _batched(name, part)


def in_batches(part: Any) -> bool:
    """Return whether a part of what ``data()`` returns is a data set that comes in batches."""
    # An array would be taken for a data set whose batches are its rows.
    if hasattr(part, "dtype") or isinstance(part, (tuple, list, dict)):
        return False
    return hasattr(part, "__iter__") or (hasattr(part, "__getitem__") and hasattr(part, "__len__"))


def _batched(name: str, batches: Any) -> Samples:
    """Read the batches of a ``keras.utils.PyDataset``, a ``tf.data.Dataset`` or an iterable."""
    numbered = hasattr(batches, "__getitem__") and hasattr(batches, "__len__")
    each_batch = (batches[at] for at in range(len(batches))) if numbered else iter(batches)
    parts: list[Samples] = []
    size = 0
    for batch in each_batch:
        part = _as_samples(name, *(batch if isinstance(batch, (tuple, list)) else (batch,)))
        parts.append(part)
        size += part.total * part.sample_bytes
        if size >= MOST_BATCHED_BYTES:
            break
    if not parts:
        raise ModelError(f"data() of the model {name} has no batches.")
    return _joined(parts)


def _joined(parts: list[Samples]) -> Samples:
    def join(*same: Any) -> Any:
        first = same[0]
        if first is None:
            return None
        if isinstance(first, dict):
            return {key: join(*(each[key] for each in same)) for key in first}
        if isinstance(first, (list, tuple)):
            return type(first)(join(*each) for each in zip(*same, strict=True))
        return np.concatenate(same)

    return Samples(*(join(*each) for each in zip(*parts, strict=True)))


def _as_samples(name: str, x: Any, y: Any = None, weights: Any = None) -> Samples:
    def array(leaf: Any) -> Array:
        try:
            made = np.asarray(leaf)
        except Exception as error:  # whatever a framework's tensor raises
            raise ModelError(f"a part of the samples of the model {name} is no array.") from error
        if made.dtype.kind not in "fiub" or not made.ndim:
            raise ModelError(
                f"the samples of the model {name} hold an array of {made.dtype} with the shape "
                f"{made.shape}: give arrays of numbers whose first axis counts samples."
            )
        # Keras trains in float32 unless it is told otherwise.
        return made.astype(np.float32) if made.dtype == np.float64 else made

    inputs = trees.mapped(x, array)
    targets = inputs if y is x else None if y is None else trees.mapped(y, array)
    return Samples(inputs, targets, None if weights is None else trees.mapped(weights, array))
