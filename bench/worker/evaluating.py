"""Evaluate a Keras model: its compiled loss, and its metrics by their names."""

from typing import Any

from aebench.bench.protocol.samples import Samples


def evaluate(keras_model: Any, samples: Samples, batch_size: int) -> dict[str, float]:
    """Return a model's loss, as ``loss``, and its metrics over all samples."""
    found = keras_model.evaluate(
        samples.x,
        samples.y,
        batch_size,
        sample_weight=samples.weights,
        verbose=0,
        return_dict=True,
    )
    return {name: float(value) for name, value in found.items()}
