"""Describe the Keras backends: how they run, what they support, what they cost.

Every backend has one file, and all files define the same names, listed by :class:`Backend`.
The files in this folder are the built-in backends. Another installed package adds a backend by an
entry point of the group ``aebench.backends``: the entry point's name is the backend's name, and its
value is the dotted name of the module. This package imports nothing of the benchmark, and
importing a backend's file imports no framework.

The functions here take and return names of three kinds: a backend (``jax``), ``native-`` and a
backend (``native-jax``, the baseline without Keras), and ``gemm`` (matrix products alone).
"""

import re
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
# Every file of this folder is a backend. The subfolders contain the baselines and the profilers.
NAMES = tuple(sorted(found.name for found in iter_modules(__path__) if not found.ispkg))
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_RESERVED = ("all", GEMM)


class BackendError(Exception):
    """A backend's file, or the name that another package registered, can't be used.

    The message is one sentence that says what is wrong and what to do.
    """


class Costs(NamedTuple):
    """Rough costs on a 2-core machine without an accelerator, for the estimate of a run.

    Parameters
    ----------
    start_seconds : float
        Seconds from the start of a worker until its model is compiled.
    cold_start_seconds : float
        Seconds from the start of a worker until its first prediction is done.
    parity_seconds : float
        Seconds of all parity checks of a model at one batch size.
    step_seconds : dict of str to float
        Seconds of a step without its matrix products, by workload.
    jit_seconds : float
        Seconds to compile a function of the model, if the setting ``jit`` asks for a compiler.
    """

    start_seconds: float
    cold_start_seconds: float
    parity_seconds: float
    step_seconds: Mapping[str, float]
    jit_seconds: float = 0.0


class Backend(Protocol):
    """List the names that every backend's file defines.

    Attributes
    ----------
    KERAS_BACKEND : str
        Keras's name of the backend, for the environment variable ``KERAS_BACKEND``.
    FRAMEWORK : str
        The module that computes, such as ``torch``.
    REQUIRES : tuple of str
        The modules without which the backend can't run.
    DISTRIBUTIONS : tuple of str
        The installable packages that can provide the framework. The first one that is installed
        gives the version.
    INSTALL : str
        The command that installs the backend.
    BY_DEFAULT : bool
        Whether the backend is measured if a user asks for no contender.
    UNSUPPORTED : dict of str to str
        The workloads and passes that the backend can't run, and the reason for each of them.
    BASELINE : str
        The module whose class ``NETWORK`` does the same work without Keras; empty if there is
        none.
    PRODUCTS : str
        The module whose ``LOOPS`` and ``STREAM`` compute a step's matrix products alone, and move
        memory (see :mod:`aebench.backends.products`); empty if there is none.
    LADDER : str
        The module whose ``STEPS`` runs a Keras model's steps by the framework alone (see
        :mod:`aebench.backends.ladders`); empty if there is none.
    PROFILER : str
        The module that runs the framework's profiler and reads its traces; empty if there is none.
    PROFILE_NOTE : str
        What the profiler leaves out: a sentence without its subject, which is the profiler. Empty
        if it leaves out nothing.
    COSTS : Costs
        Rough costs for the estimate of a run.
    KEEPS_FLOAT64 : bool
        Whether Keras computes in float64 to the end where it is asked to. Elsewhere it takes the
        result of two float64 operands to be float32 (``keras/src/backend/common/dtypes.py``).
    TUNING : tuple of str
        Settings that change no result and may make the backend faster, such as ``jit,steps=32``;
        ``aebench tune`` tries them.
    COMPILE_CACHE : dict of str to str
        Environment variables by which compiled code is kept on the disk; ``{folder}`` stands for
        the folder. Empty if the framework keeps none.
    EPOCH_END_POLLS_SECONDS : tuple of float
        Times of the polls in seconds since the input pipeline was made: an epoch's end may wait
        for the next poll (see :mod:`aebench.backends.tensorflow`). Empty if it never waits.
    """

    KERAS_BACKEND: str
    FRAMEWORK: str
    REQUIRES: tuple[str, ...]
    DISTRIBUTIONS: tuple[str, ...]
    INSTALL: str
    BY_DEFAULT: bool
    UNSUPPORTED: dict[str, str]
    BASELINE: str
    PRODUCTS: str
    LADDER: str
    PROFILER: str
    PROFILE_NOTE: str
    COSTS: Costs
    KEEPS_FLOAT64: bool
    TUNING: tuple[str, ...]
    COMPILE_CACHE: dict[str, str]
    EPOCH_END_POLLS_SECONDS: tuple[float, ...]

    def settings_obstacle(self, asked: Mapping[str, str]) -> str:
        """Return the reason why the backend can't use settings; empty if it can.

        Parameters
        ----------
        asked : mapping of str to str
            The settings that the user asked for: ``jit`` (``on``, ``off``), ``steps``,
            ``precision``.
        """

    def environment(self, scratch: Path) -> dict[str, str]:
        """Return the environment variables of a worker, set before its interpreter starts.

        Parameters
        ----------
        scratch : Path
            An empty folder of the worker's own.
        """

    def prepare(self) -> None:
        """Change the framework's settings that must be changed before a model is built, if any."""

    def wait(self, value: Any) -> None:
        """Block until every array in ``value`` has been computed."""

    def settings(self) -> dict[str, str]:
        """Return the settings in force that only the framework knows, such as its threads."""

    def precision(self, model: Any) -> str:
        """Return the precision in which float32 numbers are multiplied here, such as ``tf32``.

        Parameters
        ----------
        model : keras.Model or None
            The model: some libraries multiply more coarsely within some kinds of layers, and the
            coarsest counts. None stands for products of matrices alone.
        """

    def full_float32(self) -> None:
        """Set the framework to multiply float32 matrices in float32, on any device."""

    def full_float64(self) -> str:
        """Let the framework compute in float64; return why it can't, empty if it can.

        It holds until the process ends. Keras's own settings are not changed.
        """

    def device_peak_bytes(self) -> int | None:
        """Return the peak of the memory used on an accelerator in bytes; None if not counted."""


_DATA_NAMES = tuple(Backend.__annotations__)
_FUNCTION_NAMES = tuple(
    name for name, value in vars(Backend).items() if callable(value) and not name.startswith("_")
)
# The modules, by backend, that the parent sent to this worker: entry points needn't be read.
_sent_modules: dict[str, str] = {}


def names() -> list[str]:
    """List the Keras backends: those of this folder, then registered ones, in order of names."""
    return [*NAMES, *_registered()]


def default_names() -> list[str]:
    """List the backends that are measured if the user asks for no contender."""
    return [name for name in NAMES if load(name).BY_DEFAULT]


def built_in_names() -> list[str]:
    """List what this folder can measure: backends, their baselines, and ``gemm``."""
    return _with_baselines(NAMES)


def measurable_names() -> list[str]:
    """List what can be measured: backends, baselines and ``gemm``; registered backends too.

    Raises
    ------
    BackendError
        If a backend can't be used.
    """
    return _with_baselines(names())


def _with_baselines(known: Sequence[str]) -> list[str]:
    return [*known, *(NATIVE + name for name in known if load(name).BASELINE), GEMM]


def runs_keras(name: str) -> bool:
    """Return whether a name of :func:`measurable_names` is a Keras backend, not a baseline."""
    return name != GEMM and not name.startswith(NATIVE)


def backend_name(name: str) -> str:
    """Return a baseline's backend (``jax`` for ``native-jax``); return other names unchanged."""
    return name.removeprefix(NATIVE)


def module_name(name: str) -> str:
    """Return the dotted name of a backend's or a baseline's file: ``aebench.backends.jax``.

    Raises
    ------
    KeyError
        If no file has the name.
    """
    name = backend_name(name)
    if name == GEMM:
        return f"{__name__}.native.{GEMM}"
    if name in NAMES:
        return f"{__name__}.{name}"
    return _sent_modules.get(name) or _registered()[name]


def remember(name: str, module: str) -> None:
    """Store which module the parent sent for a backend, so that no entry points are read."""
    _sent_modules[backend_name(name)] = module


def load_in_use(keras_name: str) -> Backend:
    """Import the file of the backend that this process uses.

    Parameters
    ----------
    keras_name : str
        Keras's name of the backend, used if the parent sent no module by :func:`remember`.
    """
    return load(next(iter(_sent_modules), keras_name))


def outside_modules(names: Iterable[str]) -> list[str]:
    """List the modules of the backends in ``names`` that other packages registered."""
    modules = dict.fromkeys(map(module_name, names))
    return [module for module in modules if not module.startswith(f"{__name__}.")]


def load(name: str) -> Backend:
    """Import the file of a backend, without its framework.

    Parameters
    ----------
    name : str
        One of :func:`measurable_names`. A baseline has its backend's file.

    Returns
    -------
    Backend
        The module.

    Raises
    ------
    BackendError
        If the backend's file can't be imported or lacks a name of :class:`Backend`.
    """
    return _checked(name, module_name(name))


def environment(name: str, scratch: Path) -> dict[str, str]:
    """Return the environment variables of a worker, set before its interpreter starts.

    A model's file, and Keras at some calls, import frameworks beside the worker's own. So a worker
    gets the variables of all built-in backends. A co-imported framework then reserves no
    accelerator's memory that the worker or its neighbours need, and finds no old cache.

    Parameters
    ----------
    name : str
        One of :func:`measurable_names`, whose own variables go before the others'.
    scratch : Path
        An empty folder of the worker's own.
    """
    merged: dict[str, str] = {}
    for built_in in NAMES:
        merged |= load(built_in).environment(scratch)
    return merged | load(name).environment(scratch)


def installed_version(name: str) -> str | None:
    """Return which version of a framework is installed, without importing the framework.

    Parameters
    ----------
    name : str
        One of :func:`measurable_names`; ``gemm`` has NumPy's version.

    Returns
    -------
    str or None
        The version, or None if a module that the backend requires isn't installed.
    """
    facts = load(name)
    if any(find_spec(required) is None for required in facts.REQUIRES):
        return None
    for distribution in facts.DISTRIBUTIONS:
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return "unknown version"


@cache
def _registered() -> dict[str, str]:
    """Return the modules of the registered backends by name, in order of names.

    Raises
    ------
    BackendError
        If a backend's name has forbidden characters, is reserved, or belongs to another backend.
    """
    found: dict[str, str] = {}
    points = metadata.entry_points(group=GROUP)
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        name, module = point.name, point.value
        if found.get(name) == module:
            # The same package, found twice because its folder is on the path twice: skip it.
            continue
        what = f"the backend {name!r} of {_distribution(point)}"
        if not _NAME.fullmatch(name) or name in _RESERVED or name.startswith(NATIVE):
            raise BackendError(
                f"{what} can't be called that: its entry point needs another name, of lower-case "
                f"letters, digits, - and _."
            )
        if name in NAMES or name in found:
            raise BackendError(
                f"{what} has a name that is taken: rename its entry point, or uninstall it."
            )
        found[name] = module
    return found


def _distribution(point: metadata.EntryPoint) -> str:
    return point.dist.name if point.dist else "an installed package"


def _checked(name: str, module: str) -> Backend:
    """Import a backend's file, and check that it defines every name of :class:`Backend`."""
    built_in = module.startswith(f"{__name__}.")
    where = f"{Path(__path__[0], *module.split('.')[2:])}.py" if built_in else module
    try:
        found = import_module(module)
    except Exception as error:
        summary = " ".join(str(error).split()) or type(error).__name__
        repair = "the file" if built_in else "or uninstall the package that registers it"
        raise BackendError(
            f"the backend {name!r} can't be imported from {where} ({summary}): repair {repair}."
        ) from error
    lacking = [wanted for wanted in (*_DATA_NAMES, *_FUNCTION_NAMES) if not hasattr(found, wanted)]
    if lacking:
        complete = (
            f"define what the class Backend of {__name__} lists"
            if built_in
            else "its package must be made for this version of aebench"
        )
        raise BackendError(
            f"the backend {name!r} has no {', '.join(lacking)} in {where}: {complete}."
        )
    return cast(Backend, found)
