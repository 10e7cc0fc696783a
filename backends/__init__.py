"""How each Keras backend is started, awaited and weighed.

One file per backend with the same names in each, so that reading one is reading all. Nothing here
knows the benchmark, and importing this package imports no framework.

Each backend's file has

``DISTRIBUTIONS``
    The installable packages that provide it, the first one found being the one in use.
``EPOCH_END_TICKS_SECONDS``
    Ages of an input pipeline at which the backend lets go of it, or an empty tuple if it lets go
    at once (see :mod:`backends.tensorflow`).
``environment(scratch)``
    Variables to set before the interpreter starts.
``wait(value)``
    Block until every array in ``value`` has been computed.
``settings(model)``
    What is in force for a compiled model.
``device_peak_bytes()``
    The framework's own peak on an accelerator, or None where it has no such counter.
"""

from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, cast

NAMES = ("jax", "tensorflow", "torch")


class Backend(Protocol):
    """The names that each backend's file has."""

    DISTRIBUTIONS: tuple[str, ...]
    EPOCH_END_TICKS_SECONDS: tuple[float, ...]

    def environment(self, scratch: Path) -> dict[str, str]:
        """Return the variables to set before the interpreter starts."""

    def wait(self, value: Any) -> None:
        """Block until every array in ``value`` has been computed."""

    def settings(self, model: Any) -> dict[str, str]:
        """Return what is in force for a compiled Keras model."""

    def device_peak_bytes(self) -> int | None:
        """Return the framework's own peak on an accelerator, in bytes."""


def load(name: str) -> Backend:
    """Import the file of one backend, without its framework.

    Parameters
    ----------
    name : str
        One of :data:`NAMES`.

    Returns
    -------
    Backend
        The module.
    """
    return cast(Backend, import_module(f"backends.{name}"))


def installed_version(name: str) -> str | None:
    """Tell which version of a backend's framework is installed, without importing it.

    Parameters
    ----------
    name : str
        One of :data:`NAMES`.

    Returns
    -------
    str or None
        The version, or None if the framework isn't installed.
    """
    if find_spec(name) is None:
        return None
    for distribution in load(name).DISTRIBUTIONS:
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return "unknown version"
