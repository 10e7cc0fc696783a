"""Make the environment variables of a worker, which are set before its interpreter starts."""

import os
from pathlib import Path

from aebench import backends
from aebench.backends import workers
from aebench.bench.protocol.settings import KEEPS_COMPILED, SWITCHED


def environment(backend: str, folder: Path, package_path: str) -> dict[str, str]:
    """Return all variables of a worker, with those of this process.

    Parameters
    ----------
    backend : str
        The Keras backend of the worker, or the baseline that it runs.
    folder : Path
        An empty folder of the worker's own, in which a home for Keras is made.
    package_path : str
        A folder that contains this package, and nothing that the worker mustn't import.
    """
    keras_home = folder / "keras"
    keras_home.mkdir()
    facts = backends.load(backend)
    return {
        **os.environ,
        **workers.environment(backend, folder),
        # The file of a user's model imports Keras, also where it gives the model without Keras.
        **({"KERAS_BACKEND": facts.KERAS_BACKEND} if facts.KERAS_BACKEND else {}),
        "KERAS_HOME": str(keras_home),
        "PYTHONPATH": package_path,
        "PYTHONSAFEPATH": "1",
        "PYTHONFAULTHANDLER": "1",
    }


def keeping_compiled(backend: str, cache: Path | None) -> dict[str, str]:
    """Return the variables by which what is compiled is kept in a folder; none without a folder."""
    if cache is None:
        return {}
    cache.mkdir(exist_ok=True)
    variables = backends.load(backend).COMPILE_CACHE
    filled = {name: value.format(folder=cache) for name, value in variables.items()}
    return {**filled, KEEPS_COMPILED: "1"}


def switching(backend: str, switch: str) -> dict[str, str]:
    """Return the variables that turn a switch of a backend on; none without a switch."""
    if not switch:
        return {}
    variables = backends.load(backend).SWITCHES[switch]
    # A variable of flags may have some already; of two values of a flag the last one counts.
    filled = {
        name: f"{os.environ.get(name, '')} {value}".strip() if name.endswith("_FLAGS") else value
        for name, value in variables.items()
    }
    return {**filled, SWITCHED: " ".join(variables)}
