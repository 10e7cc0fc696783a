"""Import a contender's framework as in an environment that holds this framework alone.

Keras and TensorFlow import more packages where they are installed: other frameworks, matplotlib for
pictures, pandas for frames. A comparison installs the other frameworks, and aebench's reports and
notebooks need the rest. No contender computes with them, and yet its start and its memory would
hold them.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from aebench import backends

_OF_REPORTS_AND_NOTEBOOKS = {"matplotlib", "pandas", "IPython"}


def import_framework(name: str) -> None:
    """Import Keras with its backend, or the framework of a baseline.

    Meanwhile the packages that only other contenders, reports or notebooks need aren't found.
    Afterwards they are: a model's file may use them.

    Parameters
    ----------
    name : str
        One of :func:`aebench.backends.measurable_names`. Nothing is imported for ``gemm``, which
        computes with several frameworks.

    Raises
    ------
    ImportError
        If Keras or the framework isn't installed.
    """
    module = "keras" if backends.runs_keras(name) else backends.load(name).FRAMEWORK
    if module:
        with _hidden(_of_others(name)):
            import_module(module)


def _of_others(name: str) -> set[str]:
    own = backends.load(name)
    others = {backends.load(each).FRAMEWORK for each in backends.NAMES}
    others |= _OF_REPORTS_AND_NOTEBOOKS
    # Every worker reads its data with NumPy.
    return others - {own.FRAMEWORK, *own.REQUIRES, "numpy"}


@contextmanager
def _hidden(packages: set[str]) -> Iterator[None]:
    """Let no import find some packages.

    A None in ``sys.modules`` would do so too, but libraries take any entry there for the package.
    """
    sys.meta_path[:] = [_FinderWithout(finder, packages) for finder in sys.meta_path]
    try:
        yield
    finally:
        sys.meta_path[:] = [
            finder.finder if isinstance(finder, _FinderWithout) else finder
            for finder in sys.meta_path
        ]


class _FinderWithout:
    """A finder of modules that is another one, but for some packages."""

    def __init__(self, finder: Any, packages: set[str]) -> None:
        self.finder = finder
        self._packages = packages

    def __getattr__(self, name: str) -> Any:
        return getattr(self.finder, name)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return the spec of a module; None if it is of a hidden package."""
        if name.partition(".")[0] in self._packages:
            return None
        return self.finder.find_spec(name, path, target)


def seed_random(seed: int) -> None:
    """Seed all random numbers as :func:`keras.utils.set_random_seed` does.

    On any backend Keras's function imports TensorFlow to seed it too, if it is installed. Here only
    a TensorFlow that the process holds is seeded.

    Parameters
    ----------
    seed : int
        The seed.
    """
    import keras
    from keras.src.utils import rng_utils

    if "tensorflow" in sys.modules or not hasattr(rng_utils, "tf"):
        keras.utils.set_random_seed(seed)
        return
    found, rng_utils.tf = rng_utils.tf, SimpleNamespace(available=False)
    try:
        keras.utils.set_random_seed(seed)
    finally:
        rng_utils.tf = found
