"""Disturb weights by one unit in the last place of float32, and see how far results change."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def disturbed(weights: Sequence[Array], seed: Sequence[int]) -> list[Array]:
    """Return weights that are one unit in the last place larger or smaller, at random.

    Parameters
    ----------
    weights : sequence of ndarray
        Weights in float32. Integers and zeros stay as they are.
    seed : sequence of int
        The seed of the signs.
    """
    generator = np.random.default_rng(seed)
    return [_disturbed(weight, generator) for weight in weights]


def _disturbed(weight: Array, generator: np.random.Generator) -> Array:
    if weight.dtype.kind != "f":
        return weight
    signs = 2 * generator.integers(0, 2, weight.shape, dtype=np.int8) - 1
    # The unit in the last place of zero is a number so small that processors are slow with it.
    units = np.where(weight == 0, 0, np.spacing(np.abs(weight)))
    return np.asarray(weight + signs.astype(weight.dtype) * units.astype(weight.dtype))


def changes(results: Mapping[str, Array], others: Mapping[str, Array]) -> dict[str, float]:
    """Return the largest change of each result.

    Parameters
    ----------
    results, others : mapping of str to ndarray
        Results from the weights, and from disturbed weights. Texts are left out.

    Returns
    -------
    dict of str to float
        The largest change by the result's name. It is 0 where both are equal infinities.
    """
    return {
        name: largest_change(values, others[name])
        for name, values in results.items()
        if values.dtype.kind in "biuf" and name in others and others[name].shape == values.shape
    }


def largest_change(values: Array, others: Array) -> float:
    """Return the largest difference of two arrays of one shape; 0 if they are empty."""
    before, after = np.asarray(values, np.float64), np.asarray(others, np.float64)
    with np.errstate(invalid="ignore"):
        apart = np.where(before == after, 0.0, np.abs(before - after))
    return float(np.max(apart, initial=0.0))
