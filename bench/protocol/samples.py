"""Samples: a model's inputs, and the targets that it should return for them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from aebench.bench.protocol import trees


class Samples(NamedTuple):
    """Inputs, targets and weights of samples.

    Each is an array, or a tree of arrays (:mod:`aebench.bench.protocol.trees`) where a model has
    several inputs or outputs. The first axis of every array counts samples.

    Parameters
    ----------
    x : tree of ndarray
        Inputs.
    y : tree of ndarray, or None
        Targets, as many as inputs; None if the model computes its loss without. If a model's target
        is its input, ``y`` is ``x`` itself, not a copy: a copy would take memory that users of such
        a model do not need.
    weights : tree of ndarray, or None
        The weight of each sample in the loss; None if all weigh the same.
    """

    x: Any
    y: Any
    weights: Any = None

    @property
    def total(self) -> int:
        """Return the number of samples."""
        return len(next(trees.leaves(self.x)))

    @property
    def sample_bytes(self) -> int:
        """Return the bytes of one sample: its inputs, its targets and its weight."""
        known = [tree for tree in self if tree is not None]
        arrays = {id(leaf): leaf for tree in known for leaf in trees.leaves(tree)}
        return sum(int(leaf[0].nbytes) for leaf in arrays.values())

    def changed(self, change: Callable[[Any], Any]) -> "Samples":
        """Return samples with the same change made to all arrays.

        If the target is the input, the result has one array for both too.

        Parameters
        ----------
        change : callable
            Takes an array and returns the changed array.
        """
        x = trees.mapped(self.x, change)
        return Samples(
            x, x if self.y is self.x else _if_any(self.y, change), _if_any(self.weights, change)
        )

    def first(self, count: int) -> "Samples":
        """Return the first ``count`` samples, without copying them."""
        return self.changed(lambda array: array[:count])


@dataclass(frozen=True)
class SampleSource:
    """The place of samples: paths of files, or names of arrays in one file.

    Parameters
    ----------
    x, y, weights : tree of str, or None
        Paths or names, in the structure in which the model takes the arrays; see :class:`Samples`.
        ``y`` equals ``x`` if the target is the input.
    """

    x: Any
    y: Any
    weights: Any = None

    def read(self, read_array: Callable[[str], Any]) -> Samples:
        """Read the arrays; a target that is the input is read only once.

        Parameters
        ----------
        read_array : callable
            Takes a path or name and returns its array.
        """
        x = trees.mapped(self.x, read_array)
        y = x if self.y == self.x else _if_any(self.y, read_array)
        return Samples(x, y, _if_any(self.weights, read_array))


def _if_any(tree: Any, change: Callable[[Any], Any]) -> Any:
    return None if tree is None else trees.mapped(tree, change)
