"""Evaluate a Keras model: its compiled loss, and its metrics by their names."""

from collections.abc import Mapping
from typing import Any

from aebench.bench.protocol.samples import Samples

LOSS = "loss"


class NoLossError(ValueError):
    """A model tells no loss at inference, as one whose own ``train_step`` has its only losses."""


def evaluate(keras_model: Any, samples: Samples, batch_size: int) -> dict[str, float]:
    """Return a model's loss, as ``loss``, and its metrics over all samples.

    Metrics that aren't a single number are left out.

    Raises
    ------
    NoLossError
        If the model tells no loss.
    """
    try:
        found = keras_model.evaluate(
            samples.x,
            samples.y,
            batch_size,
            sample_weight=samples.weights,
            verbose=0,
            return_dict=True,
        )
    except (ValueError, NotImplementedError) as error:
        told = " ".join(str(error).split())
        raise NoLossError(f"the model can't be evaluated: {told}") from error
    return {LOSS: loss_of(found), **_numbers(found)}


def loss_of(figures: Mapping[str, Any]) -> float:
    """Return the loss among what Keras tells: ``loss``, else the sum of all that end so.

    Raises
    ------
    NoLossError
        If there is none.
    """
    numbers = _numbers(figures)
    if LOSS in numbers:
        return numbers[LOSS]
    losses = [value for name, value in numbers.items() if name.endswith(LOSS)]
    if not losses:
        raise NoLossError(f"the model tells no loss, but {', '.join(numbers) or 'nothing'}")
    return sum(losses)


def _numbers(figures: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in figures.items():
        try:
            found[name] = float(value)
        except (TypeError, ValueError):  # a metric of each class, for instance
            continue
    return found
