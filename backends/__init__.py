"""What the benchmark knows of each Keras backend: how it runs, what it supports, what it costs.

One file per backend with the same names in each, so that reading one is reading all. A backend's
file is found by its place in this folder; another installation adds one by an entry point of the
group ``aebench.backends``, whose name is the backend's and whose value is the file's module.
Nothing here knows the benchmark, and importing a backend's file imports no framework.

:class:`Backend` lists the names that each backend's file has. What is measured is called by the
name of a backend, by ``native-`` and that name (the baseline without Keras), or ``gemm``.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NamedTuple, Protocol, cast

NATIVE = "native-"
GEMM = "gemm"
GROUP = "aebench.backends"
# The backends of this folder; what is a folder itself holds baselines and profilers.
NAMES = tuple(sorted(found.name for found in iter_modules(__path__) if not found.ispkg))
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_RESERVED = ("all", GEMM)


class RegistrationError(Exception):
    """A backend of another installation can't be used."""


class Costs(NamedTuple):
    """Rough costs on a 2-core machine without an accelerator, for the estimate of a run.

    Parameters
    ----------
    start_seconds : float
        From starting a worker to a compiled model.
    cold_start_seconds : float
        From starting a worker to the first prediction.
    parity_seconds : float
        All parity checks of a model.
    step_seconds : dict of str to float
        By workload: what a step takes beside its matrix products.
    """

    start_seconds: float
    cold_start_seconds: float
    parity_seconds: float
    step_seconds: Mapping[str, float]


class Backend(Protocol):
    """The names that each backend's file has.

    Attributes
    ----------
    KERAS_BACKEND : str
        Keras's name of it, for ``KERAS_BACKEND``.
    FRAMEWORK : str
        The module that computes, such as ``torch``.
    REQUIRES : tuple of str
        The modules without which it can't run.
    DISTRIBUTIONS : tuple of str
        The installable packages that provide the framework; the first that is found is in use.
    INSTALL : str
        The command that installs it.
    BY_DEFAULT : bool
        Whether it is measured where no contender is asked for.
    UNSUPPORTED : dict of str to str
        The reason for each workload and each pass that can't be had.
    BASELINE : str
        The module with the same work without Keras; empty if there is none.
    PROFILER : str
        The module that runs and reads the framework's profiler; empty if there is none.
    PROFILE_NOTE : str
        What the profiler leaves out, as a sentence about "it"; empty if nothing.
    COSTS : Costs
        For the estimate.
    EPOCH_END_POLLS_SECONDS : tuple of float
        Ages of an input pipeline at which the backend lets go of it; empty if it lets go at once
        (see :mod:`aebench.backends.tensorflow`).
    """

    KERAS_BACKEND: str
    FRAMEWORK: str
    REQUIRES: tuple[str, ...]
    DISTRIBUTIONS: tuple[str, ...]
    INSTALL: str
    BY_DEFAULT: bool
    UNSUPPORTED: dict[str, str]
    BASELINE: str
    PROFILER: str
    PROFILE_NOTE: str
    COSTS: Costs
    EPOCH_END_POLLS_SECONDS: tuple[float, ...]

    def settings_obstacle(self, asked: Mapping[str, str]) -> str:
        """Return the reason why settings can't be had; empty if they can.

        Parameters
        ----------
        asked : mapping of str to str
            Those asked for among ``jit`` (``on``, ``off``), ``steps`` and ``precision``.
        """

    def environment(self, scratch: Path) -> dict[str, str]:
        """Return the variables to set before the interpreter starts."""

    def prepare(self) -> None:
        """Set what must be in force before a model is built; the framework is imported here."""

    def wait(self, value: Any) -> None:
        """Block until every array in ``value`` has been computed."""

    def settings(self) -> dict[str, str]:
        """Return what is in force, beside what Keras knows of its model."""

    def precision(self) -> str:
        """Return the precision of products in float32 here: ``float32`` or another's name."""

    def full_float32(self) -> None:
        """Have products in float32 computed in float32, on any device."""

    def device_peak_bytes(self) -> int | None:
        """Return the framework's own peak on an accelerator in bytes; None without a counter."""


_DATA_NAMES = tuple(Backend.__annotations__)
_FUNCTION_NAMES = tuple(
    name for name, value in vars(Backend).items() if callable(value) and not name.startswith("_")
)
# Modules by name that a worker was told, so that it needs no entry points.
_told_modules: dict[str, str] = {}


def names() -> list[str]:
    """List the Keras backends that are known: those of this folder, then others by name."""
    return [*NAMES, *_registered()]


def default_names() -> list[str]:
    """List the backends that are measured where no contender is asked for."""
    return [name for name in NAMES if load(name).BY_DEFAULT]


def built_in_names() -> list[str]:
    """List all that this folder can measure: backends, baselines, and matrix products alone."""
    return _with_baselines(NAMES)


def measurable_names() -> list[str]:
    """List all that can be measured, with what other installations register.

    Raises
    ------
    RegistrationError
        If one of those can't be used.
    """
    return _with_baselines(names())


def _with_baselines(known: Sequence[str]) -> list[str]:
    return [*known, *(NATIVE + name for name in known if load(name).BASELINE), GEMM]


def runs_keras(name: str) -> bool:
    """Return whether what is called so runs Keras; a baseline doesn't."""
    return name != GEMM and not name.startswith(NATIVE)


def backend_name(name: str) -> str:
    """Return the name of the backend that a baseline belongs to; ``gemm`` is its own."""
    return name.removeprefix(NATIVE)


def module_name(name: str) -> str:
    """Return the module with the facts of what is called so, such as ``aebench.backends.jax``.

    Raises
    ------
    KeyError
        If the name isn't known.
    """
    name = backend_name(name)
    if name == GEMM:
        return f"{__name__}.native.{GEMM}"
    if name in NAMES:
        return f"{__name__}.{name}"
    return _told_modules.get(name) or _registered()[name]


def remember(name: str, module: str) -> None:
    """Note which module holds the facts of what is called so; workers are told by their parent."""
    _told_modules[backend_name(name)] = module


def load_in_use(keras_name: str) -> Backend:
    """Import the file of the backend of this process.

    Parameters
    ----------
    keras_name : str
        Keras's name of it, which holds where no parent has told another.
    """
    return load(next(iter(_told_modules), keras_name))


def outside_modules(names: Iterable[str]) -> list[str]:
    """List the modules of other installations that hold the facts of what is called so."""
    modules = dict.fromkeys(map(module_name, names))
    return [each for each in modules if not each.startswith(f"{__name__}.")]


def load(name: str) -> Backend:
    """Import the file of a backend, without its framework.

    Parameters
    ----------
    name : str
        One of :func:`measurable_names`; of a baseline it is the file of its backend.

    Returns
    -------
    Backend
        The module.

    Raises
    ------
    RegistrationError
        If it is another installation's, and can't be imported or lacks a name.
    """
    module = module_name(name)
    if module.startswith(f"{__name__}."):
        return cast(Backend, import_module(module))
    return _checked(name, module)


def installed_version(name: str) -> str | None:
    """Return which version of a framework is installed, without importing it.

    Parameters
    ----------
    name : str
        One of :func:`measurable_names`; of ``gemm`` it is NumPy's version.

    Returns
    -------
    str or None
        The version, or None if something that it requires isn't installed.
    """
    facts = load(name)
    if any(find_spec(each) is None for each in facts.REQUIRES):
        return None
    for distribution in facts.DISTRIBUTIONS:
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return "unknown version"


@cache
def _registered() -> dict[str, str]:
    """Return the modules of other installations' backends by name, in the order of names.

    Raises
    ------
    RegistrationError
        If a name can't be one, or is taken.
    """
    found: dict[str, str] = {}
    points = metadata.entry_points(group=GROUP)
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        name, module = point.name, point.value
        if found.get(name) == module:
            continue  # the same installation, met twice on the path
        what = f"the backend {name!r} of {_distribution(point)}"
        if not _NAME.fullmatch(name) or name in _RESERVED or name.startswith(NATIVE):
            raise RegistrationError(
                f"{what} can't be called that: its entry point needs another name, of lower-case "
                f"letters, digits, - and _."
            )
        if name in NAMES or name in found:
            raise RegistrationError(
                f"{what} has a name that is taken: rename its entry point, or uninstall it."
            )
        found[name] = module
    return found


def _distribution(point: metadata.EntryPoint) -> str:
    return point.dist.name if point.dist else "an installed package"


def _checked(name: str, module: str) -> Backend:
    try:
        found = import_module(module)
    except Exception as error:
        summary = " ".join(str(error).split()) or type(error).__name__
        raise RegistrationError(
            f"the backend {name!r} can't be imported from {module} ({summary}): repair or "
            "uninstall the package that registers it."
        ) from error
    lacking = [each for each in (*_DATA_NAMES, *_FUNCTION_NAMES) if not hasattr(found, each)]
    if lacking:
        raise RegistrationError(
            f"the backend {name!r} has no {', '.join(lacking)} in {module}: its package must be "
            "made for this version of aebench."
        )
    return cast(Backend, sys.modules[module])
