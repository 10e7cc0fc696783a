"""Import a contender's framework as in an environment that holds this framework alone.

Keras and TensorFlow import more packages where they are installed: other frameworks, and matplotlib
for pictures. A comparison installs the other frameworks, and aebench's reports need matplotlib. No
contender computes with them, and yet its start and its memory would hold them.
"""

import sys
from importlib import import_module
from types import SimpleNamespace

from aebench import backends

_OF_REPORTS = "matplotlib"


def import_framework(name: str) -> None:
    """Import Keras with its backend, or the framework of a baseline.

    Meanwhile the packages that only other contenders or reports need can't be imported. Afterwards
    they can: a model's file may use them.

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
    if not module:
        return
    hidden = [other for other in _of_others(name) if other not in sys.modules]
    # Python takes a module that is None for one that isn't installed.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        import_module(module)
    finally:
        for other in hidden:
            del sys.modules[other]


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


def _of_others(name: str) -> set[str]:
    own = backends.load(name)
    others = {backends.load(each).FRAMEWORK for each in backends.NAMES} | {_OF_REPORTS}
    needed = {own.FRAMEWORK, *own.REQUIRES}
    # A registered backend may run Keras on one that has a file here.
    if own.KERAS_BACKEND in backends.NAMES:
        needed |= set(backends.load(own.KERAS_BACKEND).REQUIRES)
    # Every worker reads its data with NumPy.
    return others - needed - {"numpy"}
