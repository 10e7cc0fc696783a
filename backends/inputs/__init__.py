"""Hand samples to ``fit`` and ``predict`` in batches, by the means of one library.

Every input path has one file, written as users write it: all samples lie in memory, and training
shuffles them anew in each epoch. Importing this package, or one of its files, imports no framework.
"""

from importlib import import_module
from typing import Any, Protocol, cast

# The words for the input paths, and their files.
_FILES = {"tf-data": "tf_data", "pydataset": "py_dataset", "dataloader": "data_loader"}
NAMES = tuple(_FILES)


class InputPath(Protocol):
    """What the file of an input path defines.

    Attributes
    ----------
    PACKAGE : str
        The package that the path needs; empty if Keras is enough.
    BATCHES_AHEAD : int
        How many batches may lie ready before a step asks for them: that many steps after a pause
        tell nothing of how fast batches come.
    """

    PACKAGE: str
    BATCHES_AHEAD: int

    @staticmethod
    def code(trains: bool) -> list[str]:
        """Return the lines by which users make ``batches`` of ``x`` and ``y``, ``SIZE`` each.

        Without ``trains`` they are of ``x`` alone, in its order.
        """

    @staticmethod
    def batches(parts: tuple[Any, ...], total: int, batch_size: int, shuffle: bool) -> Any:
        """Return a data set that Keras takes in the place of arrays.

        Parameters
        ----------
        parts : tuple of trees of ndarray
            Inputs, and targets and weights where there are any. The first axis counts samples.
        total : int
            The number of samples.
        batch_size : int
            Samples per batch; the last batch has what is left.
        shuffle : bool
            Whether each epoch has an order of its own.
        """


def load(name: str) -> InputPath:
    """Return the file of an input path; ``name`` is one of ``NAMES``."""
    return cast(InputPath, import_module(f"{__name__}.{_FILES[name]}"))
