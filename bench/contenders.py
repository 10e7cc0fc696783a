"""Who takes part: ``ENGINE[:SETTING,…][@PYTHON]``."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import backends
from bench.errors import BadInputError
from bench.fleet import ROOT
from bench.settings import Settings, is_setting, parse
from reports.record import ContenderInfo

ALL = "all"
_PROBE_SECONDS = 60.0
_PROBE = "import sys, backends; print(backends.installed_version(sys.argv[1]) or '')"


@dataclass(frozen=True)
class _Wanted:
    """What was asked for, understood."""

    engine: str
    settings: Settings
    python: str

    @property
    def stem(self) -> str:
        """The name, as far as no interpreter is needed to tell it from others."""
        text = str(self.settings)
        return f"{self.engine}:{text}" if text else self.engine


def find(asked: Sequence[str]) -> list[ContenderInfo]:
    """Look for contenders.

    Parameters
    ----------
    asked : sequence of str
        Each ``ENGINE[:SETTING,…][@PYTHON]``: a Keras backend, ``native-`` with a framework, or
        ``gemm``; see :mod:`bench.settings` for settings; PYTHON is the path of an interpreter that
        has NumPy, Keras and the framework. What has a comma in it may come in pieces. Empty, or
        :data:`ALL` alone, for Keras's backends; then one that isn't installed is told so in its
        ``missing``.

    Raises
    ------
    BadInputError
        If one that was asked for isn't known, can't be had or isn't there, or there is none at all.
    """
    if list(asked) == [ALL]:
        asked = ()
    words = _joined(asked or backends.NAMES)
    wanted = list(dict.fromkeys(map(_understand, words)))
    found = []
    for each in wanted:
        version = _version(each.engine, each.python)
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
                settings=each.settings.told(),
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


def yardsticks(found: Sequence[ContenderInfo]) -> list[ContenderInfo]:
    """List the yardsticks of contenders that aren't among them: their frameworks, and gemm.

    Parameters
    ----------
    found : sequence of ContenderInfo
        The contenders; each framework runs in its contender's interpreter, and gemm in the first
        one's.
    """
    present = [each for each in found if not each.missing]
    keras = [each for each in present if each.on_keras]
    wanted = [
        *(_Wanted(backends.NATIVE + each.backend, Settings(), each.python) for each in keras),
        _Wanted(backends.GEMM, Settings(), present[0].python),
    ]
    there = {(each.backend, each.python) for each in present}
    left = [each for each in dict.fromkeys(wanted) if (each.engine, each.python) not in there]
    return [
        ContenderInfo(
            name=_name(each, left),
            backend=each.engine,
            version=_version(each.engine, each.python) or "",
            python=each.python,
            yardstick=True,
        )
        for each in left
    ]


def check_again(contenders: Sequence[ContenderInfo]) -> None:
    """Make sure that a record's contenders are here as they were.

    Raises
    ------
    BadInputError
        If one is gone, or has another version.
    """
    for each in contenders:
        if each.missing:
            continue
        if each.python and not Path(each.python).exists():
            raise BadInputError(
                f"the record was measured with {each.python}, which isn't there: call aebench from "
                "the folder where the run began, or start a new run."
            )
        version = _version(each.backend, each.python)
        if version != each.version:
            raise BadInputError(
                f"the record was measured with {each.name} {each.version}, and here is "
                f"{version or 'none'}: install that version, or start a new run."
            )


def interpreter(contender: ContenderInfo) -> str:
    """Return the path of the interpreter that runs a contender."""
    # Not resolved: a virtual environment's interpreter is a link, and is known by its own path.
    return os.path.abspath(contender.python) if contender.python else sys.executable  # noqa: PTH100


def _joined(words: Sequence[str]) -> list[str]:
    """Put contenders together again whose settings were split at their commas."""
    joined: list[str] = []
    for word in words:
        if is_setting(word) and joined and ":" in joined[-1] and "@" not in joined[-1]:
            joined[-1] += f",{word}"
        else:
            joined.append(word)
    return joined


def _understand(text: str) -> _Wanted:
    before, at, python = text.partition("@")
    engine, _, words = before.partition(":")
    if engine not in backends.ENGINES:
        raise BadInputError(f"{engine!r} is not a backend: use {', '.join(backends.ENGINES)}.")
    settings = parse(engine, words)
    if not at:
        return _Wanted(engine, settings, "")
    if not python:
        raise BadInputError(f"{text!r} names no interpreter: give its path after the @.")
    path = Path(python).expanduser()
    if not (path.is_file() and os.access(path, os.X_OK)):
        extra = backends.framework(engine)
        raise BadInputError(
            f"there is no interpreter {python!r} for {engine}: give the path of a Python that "
            f"has Keras and {extra} (tox -e {extra} --notest makes .tox/{extra}/bin/python)."
        )
    return _Wanted(engine, settings, str(path))


def _name(one: _Wanted, wanted: Sequence[_Wanted]) -> str:
    """Name a contender as shortly as tells it from the others."""
    rivals = [other.python for other in wanted if other.stem == one.stem]
    if len(rivals) < 2 or not one.python:
        return one.stem
    folders = [_environment_folder(each) for each in rivals]
    folder = _environment_folder(one.python)
    return f"{one.stem}@{folder if folders.count(folder) == 1 else one.python}"


def _environment_folder(python: str) -> str:
    parts = Path(python).parts
    return parts[-3] if len(parts) > 3 and parts[-2] == "bin" else python


def _version(engine: str, python: str) -> str | None:
    if not python:
        return backends.installed_version(engine)
    try:
        told = subprocess.run(
            [os.path.abspath(python), "-c", _PROBE, engine],  # noqa: PTH100
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"},
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = told.stdout.split()
    return lines[-1] if told.returncode == 0 and lines else None


def _not_there(engine: str, python: str) -> str:
    name = backends.framework(engine)
    if python:
        return f"{python} doesn't run, or has no {name}: install Keras and {name} for it."
    return (
        f"the backend {name} isn't installed: pip install -c constraints.txt "
        f"-e '.[{name}]', or leave it out."
    )
