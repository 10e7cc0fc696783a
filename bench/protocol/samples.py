"""Samples: a model's inputs, and the targets that it should return for them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple


class Samples(NamedTuple):
    """Inputs and targets.

    Parameters
    ----------
    x : ndarray
        Inputs; the first axis counts samples.
    y : ndarray
        Targets, as many as inputs. If a model's target is its input, ``y`` is ``x`` itself, not a
        copy: a copy would take memory that users of such a model do not need.
    """

    x: Any
    y: Any

    @property
    def total(self) -> int:
        """Return the number of samples."""
        return len(self.x)

    def changed(self, change: Callable[[Any], Any]) -> "Samples":
        """Return samples with the same change made to inputs and targets.

        If the target is the input, the result has one array for both too.

        Parameters
        ----------
        change : callable
            Takes an array and returns the changed array.
        """
        x = change(self.x)
        return Samples(x, x if self.y is self.x else change(self.y))

    def first(self, count: int) -> "Samples":
        """Return the first ``count`` samples, without copying them."""
        return self.changed(lambda array: array[:count])


@dataclass(frozen=True)
class SampleSource:
    """The place of samples: the paths of two files, or the names of two arrays in one file.

    Parameters
    ----------
    x, y : str
        Path or name of the inputs and of the targets; equal if the target is the input.
    """

    x: str
    y: str

    def read(self, read_array: Callable[[str], Any]) -> Samples:
        """Read inputs and targets; a target that is the input is read only once.

        Parameters
        ----------
        read_array : callable
            Takes a path or name and returns its array.
        """
        x = read_array(self.x)
        return Samples(x, x if self.y == self.x else read_array(self.y))
