"""List the Keras backends, and import their files.

Every backend has one file, and all files define the same names, which the class
:class:`aebench.backends.contract.Backend` lists: how the backend runs, what it supports, what it
costs. The files in this folder are the built-in backends. Another installed package adds a backend
by an entry point of the group ``aebench.backends``: the entry point's name is the backend's name,
and its value is the dotted name of the module. This package imports nothing of the benchmark, and
importing a backend's file imports no framework.

The functions here take and return names of three kinds: a backend (``jax``), ``native-`` and a
backend (``native-jax``, the baseline without Keras), and ``gemm`` (matrix products alone).
"""

import re
from collections.abc import Iterable, Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

from aebench.backends.contract import Backend
from aebench.backends.contract.loading import import_checked
from aebench.backends.entry_points import registered

NATIVE = "native-"
GEMM = "gemm"
# Every file of this folder is a backend. Whatever else is known of backends is in subfolders.
NAMES = tuple(sorted(found.name for found in iter_modules(__path__) if not found.ispkg))
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_RESERVED = ("all", GEMM)
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
    module = module_name(name)
    return import_checked(name, module, _file(module))


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


def _registered() -> dict[str, str]:
    return registered(NAMES, _may_be_called)


def _may_be_called(name: str) -> bool:
    """Return whether a backend of another package may have a name."""
    reserved = name in _RESERVED or name.startswith(NATIVE)
    return not reserved and _NAME.fullmatch(name) is not None


def _file(module: str) -> Path | None:
    """Return the path of a file of this folder; None if another package has the module."""
    if not module.startswith(f"{__name__}."):
        return None
    return Path(__path__[0], *module.split(".")[2:]).with_suffix(".py")
