"""Who takes part: ``ENGINE[:SETTING,…][@PYTHON]``."""

import os
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from aebench import backends
from aebench.bench.errors import BadInputError
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
    "import sys; from aebench import backends; print(backends.installed_version(sys.argv[1]) or '')"
)


@dataclass(frozen=True)
class _Wanted:
    """What was asked for, understood."""

    engine: str
    settings: ContenderSettings
    python: str

    @property
    def stem(self) -> str:
        """The name, as far as no interpreter is needed to tell it from others."""
        text = str(self.settings)
        return f"{self.engine}:{text}" if text else self.engine


def find(asked: Sequence[str], run: bool = True) -> list[ContenderInfo]:
    """Look for contenders.

    Parameters
    ----------
    asked : sequence of str
        Each ``ENGINE[:SETTING,…][@PYTHON]``: a Keras backend, ``native-`` with a framework, or
        ``gemm``; see :mod:`aebench.bench.plan.settings` for settings; PYTHON is the path of an interpreter that
        has NumPy, Keras and the framework. Empty, or :data:`ALL` alone, for Keras's backends; then one that isn't installed is told so in its
        ``missing``.
    run : bool
        Whether interpreters may be run, to tell their versions.

    Raises
    ------
    BadInputError
        If one that was asked for isn't known, can't be had or isn't there, or there is none at all.
    """
    if list(asked) == [ALL]:
        asked = ()
    wanted = list(dict.fromkeys(map(_understand, asked or backends.NAMES)))
    found = []
    for each in wanted:
        version = _version(each.engine, each.python, run)
        if version is None and asked:
            raise BadInputError(_not_there(each.engine, each.python))
        extra = backends.framework(each.engine)
        install = f"not installed (pip install -c constraints.txt -e '.[{extra}]')"
        found.append(
            ContenderInfo(
                name=_name(each, wanted),
                backend=each.engine,
                version=version or "",
                missing="" if version else install,
                python=each.python,
                settings=each.settings.to_dict(),
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
    keras = [each for each in present if each.on_keras]
    wanted = [
        *(
            _Wanted(backends.NATIVE + each.backend, ContenderSettings(), each.python)
            for each in keras
        ),
        _Wanted(backends.GEMM, ContenderSettings(), present[0].python),
    ]
    there = {(each.backend, each.python) for each in present}
    left = [each for each in dict.fromkeys(wanted) if (each.engine, each.python) not in there]
    return [
        ContenderInfo(
            name=_name(each, left),
            backend=each.engine,
            version=_version(each.engine, each.python, run) or "",
            python=each.python,
            baseline=True,
        )
        for each in left
    ]


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
    engine, _, settings_text = before.partition(":")
    if engine not in backends.ENGINES:
        raise BadInputError(
            f"{shortly(engine)} is not a backend: use {', '.join(backends.ENGINES)}."
        )
    settings = parse(engine, settings_text)
    if not at:
        return _Wanted(engine, settings, "")
    if not python:
        raise BadInputError(f"{shortly(text)} names no interpreter: give its path after the @.")
    if not is_encodable(python):
        raise BadInputError(
            f"{shortly(python)} is no name in UTF-8, and no record can hold it: rename it."
        )
    path = _runnable(python)
    if path is None:
        extra = backends.framework(engine)
        raise BadInputError(
            f"there is no interpreter {shortly(python)} for {engine}: give the path of a Python "
            f"that has Keras and {extra} (tox -e {extra} --notest makes .tox/{extra}/bin/python)."
        )
    return _Wanted(engine, settings, path)


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


def _version(engine: str, python: str, run: bool) -> str | None:
    if not python:
        return backends.installed_version(engine)
    if not run:
        return UNKNOWN
    with tempfile.TemporaryDirectory(prefix="aebench-") as folder:
        path = link_package(Path(folder) / "package")
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
        told = ask([_absolute(python), "-c", _PROBE, engine], _PROBE_SECONDS, environment)
    lines = told.split() if told else []
    return lines[-1] if lines and _VERSION.fullmatch(lines[-1]) else None


def _not_there(engine: str, python: str) -> str:
    name = backends.framework(engine)
    if python:
        return (
            f"{python} doesn't run, or has no {name}, or doesn't say so within "
            f"{_PROBE_SECONDS:g} s and {size(MOST_ANSWER_BYTES)}: install Keras and {name} for it."
        )
    return (
        f"the backend {name} isn't installed: pip install -c constraints.txt "
        f"-e '.[{name}]', or leave it out."
    )
