"""The contenders: ``BACKEND[:SETTING,…][@PYTHON]``."""

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
from aebench.bench.errors import BadInputError, refusing
from aebench.bench.plan.probing import MOST_ANSWER_BYTES, ask
from aebench.bench.plan.settings import parse
from aebench.bench.protocol.package_path import link_package
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.quoting import is_encodable, shortly
from aebench.reports.files import size
from aebench.reports.record import ContenderInfo

ALL = "all"
# What a dry run tells of a contender whose interpreter it doesn't ask.
UNKNOWN = "(version unknown)"
# Of a contender's words, its interpreter's path among them.
MOST_CHARACTERS = 4096
_PROBE_SECONDS = 60.0
_VERSION = re.compile(r"[\w.+!-]{1,100}", re.ASCII)
_PROBE = (
    "import sys; from aebench import backends; backends.remember(*sys.argv[1:3]); "
    "print(backends.installed_version(sys.argv[1]) or '')"
)
# The passes that train, whatever the workloads of a run are.
_TRAINING_PASSES = ("footprint", "quality", "profile", "memory")


@dataclass(frozen=True)
class _Wanted:
    """What was asked for, understood.

    ``backend`` is one of :func:`aebench.backends.measurable_names`.
    """

    backend: str
    settings: ContenderSettings
    python: str

    @property
    def stem(self) -> str:
        """The name, as far as no interpreter is needed to tell it from others."""
        text = str(self.settings)
        return f"{self.backend}:{text}" if text else self.backend


def find(asked: Sequence[str], run: bool = True) -> list[ContenderInfo]:
    """Look for contenders.

    Parameters
    ----------
    asked : sequence of str
        Each ``BACKEND[:SETTING,…][@PYTHON]``: a Keras backend, ``native-`` with one, or ``gemm``;
        see :mod:`aebench.bench.plan.settings` for settings; PYTHON is the path of an interpreter
        that has NumPy, Keras and the framework. Empty,
        or :data:`ALL` alone, for the backends that are measured by default; then the ``missing`` of
        a backend that isn't installed is the reason.
    run : bool
        Whether interpreters may be run, to tell their versions.

    Raises
    ------
    BadInputError
        If one that was asked for isn't known, can't be had or isn't there, or there is none at all.
    """
    if list(asked) == [ALL]:
        asked = ()
    wanted = list(dict.fromkeys(map(_understand, asked or backends.default_names())))
    found = []
    for one in wanted:
        version = _version(one.backend, one.python, run)
        if version is None and asked:
            raise BadInputError(_not_there(one.backend, one.python))
        install = f"not installed ({backends.load(one.backend).INSTALL})"
        found.append(
            ContenderInfo(
                name=_name(one, wanted),
                backend=one.backend,
                version=version or "",
                missing="" if version else install,
                python=one.python,
                settings=one.settings.to_dict(),
                **capability(one.backend),
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
    """List the baselines of contenders that aren't among them: their frameworks, and gemm.

    Parameters
    ----------
    found : sequence of ContenderInfo
        The contenders; each framework runs in its contender's interpreter, and gemm in the first
        one's.
    run : bool
        Whether interpreters may be run, to tell their versions.
    """
    present = [each for each in found if not each.missing]
    keras = [each for each in present if each.on_keras and backends.load(each.backend).BASELINE]
    wanted = [
        *(
            _Wanted(backends.NATIVE + each.backend, ContenderSettings(), each.python)
            for each in keras
        ),
        _Wanted(backends.GEMM, ContenderSettings(), present[0].python),
    ]
    there = {(each.backend, each.python) for each in present}
    left = [each for each in dict.fromkeys(wanted) if (each.backend, each.python) not in there]
    return [
        ContenderInfo(
            name=_name(each, left),
            backend=each.backend,
            version=_version(each.backend, each.python, run) or "",
            python=each.python,
            baseline=True,
            **capability(each.backend),
        )
        for each in left
    ]


def capability(backend: str) -> dict[str, Any]:
    """Return what a header says of a backend's nature; its framework isn't imported.

    Parameters
    ----------
    backend : str
        One of :func:`aebench.backends.measurable_names`.

    Returns
    -------
    dict
        Fields of :class:`aebench.reports.record.ContenderInfo`. ``unsupported`` has the reason for
        each workload and pass that can't be measured.
    """
    facts = backends.load(backend)
    if not backends.runs_keras(backend):
        return {"on_keras": False, "framework": facts.FRAMEWORK}
    unsupported = dict(facts.UNSUPPORTED)
    if not facts.PROFILER:
        unsupported.setdefault("profile", f"there is no profiler for {backend} here")
    for name in _TRAINING_PASSES:
        if "train" in unsupported:
            unsupported.setdefault(name, f"this pass trains, and {unsupported['train']}")
    return {
        "framework": "" if backend == facts.FRAMEWORK else facts.FRAMEWORK,
        "profile_note": facts.PROFILE_NOTE,
        "unsupported": unsupported,
    }


def check_again(contenders: Sequence[ContenderInfo]) -> None:
    """Make sure that a record's contenders are here as they were; their interpreters are run.

    Raises
    ------
    BadInputError
        If one is gone, or has another version.
    """
    here: dict[tuple[str, str], str | None] = {}
    for each in contenders:
        if each.missing:
            continue
        what = (each.backend, each.python)
        if what not in here:
            here[what] = _version(*what, run=True)
        if here[what] != each.version:
            raise BadInputError(
                f"the record was measured with {each.name} {each.version}, and here is "
                f"{here[what] or 'none'}: install that version, or start a new run."
            )


def interpreter(contender: ContenderInfo) -> str:
    """Return the path of the interpreter that runs a contender."""
    return _absolute(contender.python) or sys.executable


def spelled(contender: ContenderInfo) -> str:
    """Write how a contender is asked for."""
    before = _Wanted(contender.backend, ContenderSettings.from_dict(contender.settings), "").stem
    return f"{before}@{contender.python}" if contender.python else before


def same(asked: Sequence[str], contenders: Sequence[ContenderInfo]) -> bool:
    """Tell whether words ask for just these contenders; no interpreter is run.

    Raises
    ------
    BadInputError
        If one of the words can't be understood.
    """
    wanted = {(each.stem, _absolute(each.python)) for each in map(_understand, asked)}
    return wanted == {
        (spelled(msgspec.structs.replace(each, python="")), _absolute(each.python))
        for each in contenders
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
    settings = parse(backend, settings_text)
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


def check_known(backend: str) -> None:
    """Make sure that something is called so and can be measured.

    Raises
    ------
    BadInputError
        If it isn't known, or another installation's file of it can't be used.
    """
    # What is built in needs no look at what other installations register.
    if backend in backends.built_in_names():
        return
    with refusing(backends.RegistrationError):
        known = backends.measurable_names()
    if backend not in known:
        raise BadInputError(f"{shortly(backend)} is not a backend: use {', '.join(known)}.")


def _runnable(python: str) -> str | None:
    """Return the path of a program that may be run; None if it is none."""
    try:
        path = Path(python).expanduser()
        return str(path) if path.is_file() and os.access(_absolute(str(path)), os.X_OK) else None
    except (OSError, RuntimeError, ValueError):  # a name too long, a home that isn't there
        return None


def _absolute(python: str) -> str:
    """Make a path absolute, but follow no link: an environment's interpreter is one."""
    try:
        return os.path.abspath(python) if python else ""  # noqa: PTH100
    except OSError:  # the working folder is gone
        return python


def _name(one: _Wanted, wanted: Sequence[_Wanted]) -> str:
    """Name a contender as shortly as tells it from the others."""
    peers = [other.python for other in wanted if other.stem == one.stem]
    if len(peers) < 2 or not one.python:
        return one.stem
    folders = [_environment_folder(each) for each in peers]
    folder = _environment_folder(one.python)
    return f"{one.stem}@{folder if folders.count(folder) == 1 else one.python}"


def _environment_folder(python: str) -> str:
    parts = Path(python).parts
    return parts[-3] if len(parts) > 3 and parts[-2] == "bin" else python


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
            f"{python} doesn't run, or has no {name}, or doesn't say so within "
            f"{_PROBE_SECONDS:g} s and {size(MOST_ANSWER_BYTES)}: install Keras and {name} for it."
        )
    return f"the backend {name} isn't installed: {backends.load(backend).INSTALL}, or leave it out."
