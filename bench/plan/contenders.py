"""Find the contenders that a user asks for as ``BACKEND[:SETTING,…][@PYTHON]``."""

import os
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from aebench import backends
from aebench.backends.contract import BackendError
from aebench.bench.errors import BadInputError, refusing
from aebench.bench.plan.probing import MOST_ANSWER_BYTES, ask
from aebench.bench.plan.settings import parse_settings
from aebench.bench.protocol.package_path import link_package
from aebench.bench.protocol.settings import DEFAULTS, ContenderSettings
from aebench.bench.quoting import is_encodable, shortly
from aebench.reports.files import size
from aebench.reports.record import ContenderInfo

ALL = "all"
# The version shown in a dry run for a contender with another interpreter: a dry run doesn't run the
# interpreter to ask for the version.
UNKNOWN = "(version unknown)"
# The most characters in a text that asks for a contender, with the path of its interpreter.
MOST_CHARACTERS = 4096
_PROBE_SECONDS = 60.0
_VERSION = re.compile(r"[\w.+!-]{1,100}", re.ASCII)
_PROBE = (
    "import sys; from aebench import backends; backends.remember(*sys.argv[1:3]); "
    "print(backends.installed_version(sys.argv[1]) or '')"
)
# These passes train even if no workload of the run is a training.
_TRAINING_PASSES = ("footprint", "quality", "profile", "memory")
_ONE_STEP = "only a call of one step has rungs: leave the number of steps out"
_ARRAYS = "rungs take arrays, and the batches of a file's data(): leave the input path out"


@dataclass(frozen=True)
class _Wanted:
    """The parts of a text that asks for a contender.

    ``backend`` is one of :func:`aebench.backends.measurable_names`. ``python`` is the path of an
    interpreter; empty for the interpreter of this process.
    """

    backend: str
    settings: ContenderSettings
    python: str

    @property
    def stem(self) -> str:
        """Return the contender's name without an interpreter: backend and settings."""
        text = str(self.settings)
        return f"{self.backend}:{text}" if text else self.backend


@refusing(BackendError)
def find(asked: Sequence[str], run: bool = True) -> list[ContenderInfo]:
    """Find the contenders that are asked for, and their versions.

    Parameters
    ----------
    asked : sequence of str
        Texts of the form ``BACKEND[:SETTING,…][@PYTHON]``. BACKEND is a Keras backend, ``native-``
        with a backend's name, or ``gemm``. :mod:`aebench.bench.plan.settings` lists the settings.
        PYTHON is the path of an interpreter that has NumPy, Keras and the framework. An empty
        sequence, or :data:`ALL` alone, asks for the backends that are measured by default.
    run : bool
        Whether other interpreters may be run to ask for their versions.

    Returns
    -------
    list of ContenderInfo
        The contenders, without repetitions. A default backend that isn't installed is among them,
        with a text in ``missing``.

    Raises
    ------
    BadInputError
        If a contender that was asked for isn't known, isn't installed or doesn't support its
        settings, or if no contender is left.
    """
    if list(asked) == [ALL]:
        asked = ()
    wanted = list(dict.fromkeys(map(_understand, asked or backends.default_names())))
    found = []
    for contender in wanted:
        version = _version(contender.backend, contender.python, run)
        if version is None and asked:
            raise BadInputError(_not_there(contender.backend, contender.python))
        install = f"not installed ({backends.load(contender.backend).INSTALL})"
        found.append(
            ContenderInfo(
                name=_name(contender, wanted),
                backend=contender.backend,
                version=version or "",
                missing="" if version else install,
                python=contender.python,
                settings=contender.settings.to_dict(),
                **capability(contender.backend, contender.settings),
            )
        )
    if all(contender.missing for contender in found):
        raise BadInputError(
            "no backend is installed: pip install -c constraints.txt -e '.[cpu]' installs "
            "all three."
        )
    if all(contender.backend == backends.GEMM for contender in found):
        raise BadInputError("gemm trains nothing: give a contender beside it, such as jax.")
    return found


def baselines(found: Sequence[ContenderInfo], run: bool = True) -> list[ContenderInfo]:
    """List the baselines that are not among the contenders: the frameworks without Keras, and gemm.

    Parameters
    ----------
    found : sequence of ContenderInfo
        The contenders. A baseline runs in the interpreter of the contender with its framework;
        ``gemm`` runs in the interpreter of the first contender.
    run : bool
        Whether other interpreters may be run to ask for their versions.
    """
    present = [contender for contender in found if not contender.missing]
    keras = [
        contender
        for contender in present
        if contender.on_keras and backends.load(contender.backend).BASELINE
    ]
    # Baselines compute in the precision of their contenders: where all of these are asked to use
    # float32, on an accelerator too, so are the baselines.
    float32 = keras and all(each.settings.get("precision") == "float32" for each in keras)
    settings = ContenderSettings(precision="float32" if float32 else "")
    wanted = [
        *(
            _Wanted(backends.NATIVE + contender.backend, settings, contender.python)
            for contender in keras
        ),
        _Wanted(backends.GEMM, ContenderSettings(), present[0].python),
    ]
    there = {(contender.backend, contender.python) for contender in present}
    left = [
        contender
        for contender in dict.fromkeys(wanted)
        if (contender.backend, contender.python) not in there
    ]
    return [
        ContenderInfo(
            name=_name(contender, left),
            backend=contender.backend,
            version=_version(contender.backend, contender.python, run) or "",
            python=contender.python,
            baseline=True,
            settings=contender.settings.to_dict(),
            **capability(contender.backend),
        )
        for contender in left
    ]


def capability(backend: str, settings: ContenderSettings = DEFAULTS) -> dict[str, Any]:
    """Return what a backend supports, as fields for a record's header.

    The framework is not imported.

    Parameters
    ----------
    backend : str
        One of :func:`aebench.backends.measurable_names`.
    settings : ContenderSettings
        The contender's settings.

    Returns
    -------
    dict
        Fields of :class:`aebench.reports.record.ContenderInfo` by name. ``unsupported`` maps each
        workload and pass that can't be measured to the reason.
    """
    facts = backends.load(backend)
    if not backends.runs_keras(backend):
        return {"on_keras": False, "framework": facts.FRAMEWORK}
    unsupported = dict(facts.UNSUPPORTED)
    if not facts.PROFILER:
        unsupported.setdefault("profile", f"there is no profiler for {backend} here")
    if not facts.LADDER:
        unsupported.setdefault("ladder", f"{backend} has no rungs here")
    if settings.steps > 1:
        unsupported.setdefault("ladder", _ONE_STEP)
    if settings.input:
        unsupported.setdefault("ladder", _ARRAYS)
    for name in _TRAINING_PASSES:
        if "train" in unsupported:
            unsupported.setdefault(name, f"this pass trains, and {unsupported['train']}")
    return {
        "framework": "" if backend == facts.FRAMEWORK else facts.FRAMEWORK,
        "profile_note": facts.PROFILE_NOTE,
        "unsupported": unsupported,
    }


def check_versions(contenders: Sequence[ContenderInfo]) -> None:
    """Check that the contenders of a record are installed here in the same versions.

    Their interpreters are run to ask for the versions.

    Raises
    ------
    BadInputError
        If a contender is no longer installed, or has another version.
    """
    here: dict[tuple[str, str], str | None] = {}
    for contender in contenders:
        if contender.missing:
            continue
        what = (contender.backend, contender.python)
        if what not in here:
            here[what] = _version(*what, run=True)
        if here[what] != contender.version:
            raise BadInputError(
                f"the record was measured with {contender.name} {contender.version}, and here is "
                f"{here[what] or 'none'}: install that version, or start a new run."
            )


def interpreter(contender: ContenderInfo) -> str:
    """Return the path of the interpreter that runs a contender."""
    return _absolute(contender.python) or sys.executable


def spelling(contender: ContenderInfo) -> str:
    """Return the text that asks for a contender: ``BACKEND[:SETTING,…][@PYTHON]``."""
    before = _Wanted(contender.backend, ContenderSettings.from_dict(contender.settings), "").stem
    return f"{before}@{contender.python}" if contender.python else before


def are_same(asked: Sequence[str], contenders: Sequence[ContenderInfo]) -> bool:
    """Return whether texts ask for exactly these contenders, in any order. No interpreter is run.

    Raises
    ------
    BadInputError
        If a text can't be read as a contender.
    """
    wanted = {(word.stem, _absolute(word.python)) for word in map(_understand, asked)}
    return wanted == {
        (spelling(msgspec.structs.replace(contender, python="")), _absolute(contender.python))
        for contender in contenders
    }


def _understand(text: str) -> _Wanted:
    if len(text) > MOST_CHARACTERS:
        raise BadInputError(
            f"{shortly(text)} is too long for a contender: it may have {MOST_CHARACTERS:,} "
            "characters."
        )
    before, at, python = text.partition("@")
    backend, _, settings_text = before.partition(":")
    check_known(backend)
    settings = parse_settings(backend, settings_text)
    if not at:
        return _Wanted(backend, settings, "")
    if not python:
        raise BadInputError(f"{shortly(text)} names no interpreter: give its path after the @.")
    if not is_encodable(python):
        raise BadInputError(
            f"{shortly(python)} is no name in UTF-8, and no record can hold it: rename it."
        )
    path = _runnable(python)
    if path is None:
        extra = backends.backend_name(backend)
        raise BadInputError(
            f"there is no interpreter {shortly(python)} for {backend}: give the path of a Python "
            f"that has Keras and {extra} (tox -e {extra} --notest makes .tox/{extra}/bin/python)."
        )
    return _Wanted(backend, settings, path)


@refusing(BackendError)
def check_known(backend: str) -> None:
    """Check that a backend, or a baseline, of this name can be measured.

    Raises
    ------
    BadInputError
        If the name isn't known, or a backend that another package registers can't be loaded.
    """
    # Built-in names need no loading of the backends that other packages register.
    if backend in backends.built_in_names():
        return
    known = backends.measurable_names()
    if backend not in known:
        raise BadInputError(f"{shortly(backend)} is not a backend: use {', '.join(known)}.")


def _runnable(python: str) -> str | None:
    """Return a path with ``~`` replaced by the home folder; None if it isn't an executable file."""
    try:
        path = Path(python).expanduser()
        return str(path) if path.is_file() and os.access(_absolute(str(path)), os.X_OK) else None
    except (OSError, RuntimeError, ValueError):  # the name is too long, or there is no home
        return None


def _absolute(python: str) -> str:
    """Return a path as an absolute path without following links; an empty path stays empty.

    The interpreter of a virtual environment is a link. Its target, run directly, wouldn't find the
    packages of the environment.
    """
    try:
        return os.path.abspath(python) if python else ""  # noqa: PTH100
    except OSError:  # the working folder was removed
        return python


def _name(contender: _Wanted, wanted: Sequence[_Wanted]) -> str:
    """Return the shortest name that distinguishes a contender from the other wanted contenders."""
    peers = [other.python for other in wanted if other.stem == contender.stem]
    if len(peers) < 2 or not contender.python:
        return contender.stem
    folders = [_environment_folder(python) for python in peers]
    folder = _environment_folder(contender.python)
    return f"{contender.stem}@{folder if folders.count(folder) == 1 else contender.python}"


def _environment_folder(python: str) -> str:
    parts = Path(python).parts
    named = len(parts) > 2 and parts[-2] == "bin" and parts[-3] != os.sep
    return parts[-3] if named else python


def _version(backend: str, python: str, run: bool) -> str | None:
    if not python:
        return backends.installed_version(backend)
    if not run:
        return UNKNOWN
    with tempfile.TemporaryDirectory(prefix="aebench-") as folder:
        path = link_package(Path(folder) / "package", backends.outside_modules([backend]))
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
        probe = [_absolute(python), "-c", _PROBE, backend, backends.module_name(backend)]
        told = ask(probe, _PROBE_SECONDS, environment)
    lines = told.split() if told else []
    return lines[-1] if lines and _VERSION.fullmatch(lines[-1]) else None


def _not_there(backend: str, python: str) -> str:
    name = backends.backend_name(backend)
    if python:
        return (
            f"{python} doesn't run, or has no {name}, or gives no answer within "
            f"{_PROBE_SECONDS:g} s and {size(MOST_ANSWER_BYTES)}: install Keras and {name} for it."
        )
    return f"the backend {name} isn't installed: {backends.load(backend).INSTALL}, or leave it out."
