"""Hand samples to ``fit`` and ``predict`` in batches, by the means of one library.

Every input path has one file, written as users write it: all samples lie in memory, and training
shuffles them anew in each epoch, as ``fit`` does with arrays. Importing this package, or one of its
files, imports no framework.
"""

from importlib import import_module
from typing import Any, Protocol, cast

# The words for the input paths, and their files.
_FILES = {"tf-data": "tf_data", "pydataset": "py_dataset", "dataloader": "data_loader"}
NAMES = tuple(_FILES)
# The path whose batches several threads can make.
WITH_WORKERS = "pydataset"


class InputPath(Protocol):
    """What the file of an input path defines.

    Attributes
    ----------
    PACKAGE : str
        The package that the path needs; empty if Keras is enough.
    CODE : tuple of str
        The lines of a user's file, for samples ``x``, targets ``y`` and batches of ``SIZE``.
    """

    PACKAGE: str
    CODE: tuple[str, ...]

    @staticmethod
    def batches(
        parts: tuple[Any, ...], total: int, batch_size: int, shuffle: bool, workers: int
    ) -> Any:
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
        workers : int
            Number of threads that make batches, for the path ``WITH_WORKERS``.
        """


def load(name: str) -> InputPath:
    """Return the file of an input path; ``name`` is one of ``NAMES``."""
    return cast(InputPath, import_module(f"{__name__}.{_FILES[name]}"))
