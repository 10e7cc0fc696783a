"""RunOptions each Keras backend is started, awaited and weighed.

One file per backend with the same names in each, so that reading one is reading all. Nothing here
knows the benchmark, and importing this package imports no framework.

Each backend's file has

``DISTRIBUTIONS``
    The installable packages that provide it, the first one found being the one in use.
``EPOCH_END_POLLS_SECONDS``
    Ages of an input pipeline at which the backend lets go of it, or an empty tuple if it lets go
    at once (see :mod:`aebench.backends.tensorflow`).
``environment(scratch)``
    Variables to set before the interpreter starts.
``wait(value)``
    Block until every array in ``value`` has been computed.
``settings()``
    What is in force, beside what Keras knows of its model.
``precision()``
    What the framework makes of products in float32 here: ``float32`` or ``tf32``.
``full_float32()``
    Have it make float32 of them, on any device.
``device_peak_bytes()``
    The framework's own peak on an accelerator, or None where it has no such counter.
"""

from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, cast

NAMES = ("jax", "tensorflow", "torch")
# Who can be measured: Keras on its backends, the frameworks without Keras, matrix products alone.
NATIVE = "native-"
GEMM = "gemm"
ENGINES = (*NAMES, *(NATIVE + name for name in NAMES), GEMM)


class Backend(Protocol):
    """The names that each backend's file has."""

    DISTRIBUTIONS: tuple[str, ...]
    EPOCH_END_POLLS_SECONDS: tuple[float, ...]

    def environment(self, scratch: Path) -> dict[str, str]:
        """Return the variables to set before the interpreter starts."""

    def wait(self, value: Any) -> None:
        """Block until every array in ``value`` has been computed."""

    def settings(self) -> dict[str, str]:
        """Return what is in force, beside what Keras knows of its model."""

    def precision(self) -> str:
        """Tell how precise products in float32 are here: ``float32`` or ``tf32``."""

    def full_float32(self) -> None:
        """Have products in float32 be just that, on any device."""

    def device_peak_bytes(self) -> int | None:
        """Return the framework's own peak on an accelerator, in bytes."""


def framework(engine: str) -> str:
    """Name the framework of an engine; ``gemm`` has none of its own, and is named itself."""
    return engine.removeprefix(NATIVE)


def load(engine: str) -> Backend:
    """Import the file that tells of an engine's framework, without that framework.

    Parameters
    ----------
    engine : str
        One of :data:`ENGINES`.

    Returns
    -------
    Backend
        The module.
    """
    name = framework(engine)
    return cast(
        Backend,
        import_module(
            f"aebench.backends.native.{name}" if name == GEMM else f"aebench.backends.{name}"
        ),
    )


def installed_version(engine: str) -> str | None:
    """Tell which version of an engine's framework is installed, without importing it.

    Parameters
    ----------
    engine : str
        One of :data:`ENGINES`; of ``gemm`` it is NumPy's.

    Returns
    -------
    str or None
        The version, or None if the framework isn't installed.
    """
    name = framework(engine)
    if name != GEMM and find_spec(name) is None:
        return None
    for distribution in load(engine).DISTRIBUTIONS:
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return "unknown version"
