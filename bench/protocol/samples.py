"""Samples: what a model is given, and what it should answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple


class Samples(NamedTuple):
    """Inputs and targets.

    Parameters
    ----------
    x : ndarray
        Inputs, samples first.
    y : ndarray
        Targets, as many. Where a model's target is its input, ``y`` is ``x`` itself, not a copy:
        a copy would take memory that users of such a model do not spend.
    """

    x: Any
    y: Any

    @property
    def total(self) -> int:
        """Return the number of samples."""
        return len(self.x)

    def changed(self, change: Callable[[Any], Any]) -> "Samples":
        """Change inputs and targets alike; a target that is the input stays the same array.

        Parameters
        ----------
        change : callable
            Returns an array for an array.
        """
        x = change(self.x)
        return Samples(x, x if self.y is self.x else change(self.y))

    def first(self, count: int) -> "Samples":
        """Return the first samples, without copying them."""
        return self.changed(lambda array: array[:count])


@dataclass(frozen=True)
class SampleSource:
    """Where samples are: the paths of two files, or the names of two arrays in one file.

    Parameters
    ----------
    x, y : str
        Of inputs and of targets; the same string where the target is the input.
    """

    x: str
    y: str

    def read(self, read_array: Callable[[str], Any]) -> Samples:
        """Read inputs and targets, a target that is the input only once.

        Parameters
        ----------
        read_array : callable
            Returns the array of a path or name.
        """
        x = read_array(self.x)
        return Samples(x, x if self.y == self.x else read_array(self.y))
