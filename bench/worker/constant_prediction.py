"""Compute the loss of the best constant prediction: who ends there has learned nothing."""

from collections.abc import Callable
from typing import Any

import numpy as np

from aebench.bench.protocol.samples import Samples

Array = np.ndarray[Any, Any]
# Samples of which the loss is computed at once.
_AT_ONCE = 1024
# Predictions for which a cross-entropy is infinite aren't the best for any sample.
_LEAST = 1e-7


def constant_loss(keras_model: Any, train: Samples, test: Samples) -> float | None:
    """Return the test loss of the constant that is best on the training targets.

    Parameters
    ----------
    keras_model : keras.Model
        A built model.
    train, test : Samples
        The samples.

    Returns
    -------
    float or None
        None if the model has several outputs, sample weights, losses of its own, or a loss whose
        best constant isn't known here.
    """
    import keras

    y = train.y
    if not keras_model.compiled or train.weights is not None or keras_model.losses:
        return None
    if isinstance(y, (dict, list, tuple)) or y is None or len(keras_model.outputs or ()) != 1:
        return None
    loss = keras_model.loss
    loss = keras.losses.get(loss) if isinstance(loss, str) else loss
    name = type(loss).__name__ if isinstance(loss, keras.losses.Loss) else _class_of(loss)
    best = _BEST.get(name)
    if best is None:
        return None
    classes = int(keras_model.outputs[0].shape[-1] or 1)
    constant = best(np.asarray(y), classes)
    if getattr(loss, "from_logits", False) or getattr(loss, "_fn_kwargs", {}).get("from_logits"):
        constant = _logits(constant)
    return _mean_loss(loss, np.asarray(test.y), constant)


def _class_of(function: Any) -> str:
    """Return the class of a function of ``keras.losses``: keras.losses.get returns functions."""
    words = str(getattr(function, "__name__", "")).split("_")
    return "".join(word.capitalize() for word in words)


def _mean_loss(loss: Any, targets: Array, constant: Array) -> float:
    total = 0.0
    for first in range(0, len(targets), _AT_ONCE):
        some = targets[first : first + _AT_ONCE]
        shape = some.shape if constant.ndim == 0 else (*_positions(some, constant), *constant.shape)
        made = np.broadcast_to(constant.astype(np.float32), shape)
        total += float(np.mean(np.asarray(loss(some, made)))) * len(some)
    return total / len(targets)


def _positions(targets: Array, constant: Array) -> tuple[int, ...]:
    """Return the shape of the targets without what a constant has a number for."""
    if targets.ndim >= constant.ndim and targets.shape[-constant.ndim :] == constant.shape:
        return tuple(targets.shape[: -constant.ndim])
    # Classes: a target is one number, in an axis of its own or not.
    own = targets.ndim > 1 and targets.shape[-1] == 1
    return tuple(targets.shape[:-1] if own else targets.shape)


def _mean(targets: Array, classes: int) -> Array:
    return np.asarray(targets.mean(axis=0, dtype=np.float64))


def _share(targets: Array, classes: int) -> Array:
    return np.clip(_mean(targets, classes), _LEAST, 1 - _LEAST)


def _median(targets: Array, classes: int) -> Array:
    return np.asarray(np.median(targets, axis=0))


def _frequencies(targets: Array, classes: int) -> Array:
    counts = np.bincount(targets.astype(np.int64).ravel(), minlength=classes)
    return np.asarray(np.clip(counts / counts.sum(), _LEAST, 1.0))


def _logits(constant: Array) -> Array:
    """Return what a sigmoid or a softmax turns into probabilities."""
    several = constant.ndim and abs(float(constant.sum()) - 1) < 1e-5 and constant.size > 1
    return np.log(constant) if several else np.log(constant / (1 - constant))


# By Keras's loss: the constant with the least mean loss over targets.
_BEST: dict[str, Callable[[Array, int], Array]] = {
    "MeanSquaredError": _mean,
    "MeanAbsoluteError": _median,
    "BinaryCrossentropy": _share,
    "CategoricalCrossentropy": _share,
    "SparseCategoricalCrossentropy": _frequencies,
    "Poisson": _mean,
}
