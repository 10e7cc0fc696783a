"""Who takes part: a backend, and the interpreter that runs it (``BACKEND[@PYTHON]``)."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import backends
from bench.errors import BadInputError
from bench.fleet import ROOT
from reports.record import ContenderInfo

_PROBE_SECONDS = 60.0
_PROBE = "import sys, backends; print(backends.installed_version(sys.argv[1]) or '')"


def find(asked: Sequence[str]) -> list[ContenderInfo]:
    """Look for contenders.

    Parameters
    ----------
    asked : sequence of str
        Each ``BACKEND`` or ``BACKEND@PYTHON``, PYTHON being the path of an interpreter that has
        NumPy, Keras and the backend. Empty for all backends; then one that isn't installed is
        told so in its ``missing``.

    Raises
    ------
    BadInputError
        If one that was asked for isn't known or isn't there, or there is none at all.
    """
    wanted = [_split(each) for each in dict.fromkeys(asked or backends.NAMES)]
    found = []
    for backend, python in wanted:
        name = _name(backend, python, wanted)
        version = _version(backend, python)
        if version is None and asked:
            raise BadInputError(_not_there(backend, python))
        install = f"not installed (pip install -c constraints.txt -e '.[{backend}]')"
        missing = "" if version else install
        found.append(ContenderInfo(name, backend, version or "", missing, python))
    if all(contender.missing for contender in found):
        raise BadInputError(
            "no backend is installed: pip install -c constraints.txt -e '.[cpu]' installs "
            "all three."
        )
    return found


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


def _split(text: str) -> tuple[str, str]:
    backend, at, python = text.partition("@")
    if backend not in backends.NAMES:
        raise BadInputError(f"{backend!r} is not a backend: use {', '.join(backends.NAMES)}.")
    if not at:
        return backend, ""
    if not python:
        raise BadInputError(f"{text!r} names no interpreter: give its path after the @.")
    path = Path(python).expanduser()
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise BadInputError(
            f"there is no interpreter {python!r} for {backend}: give the path of a Python that "
            f"has Keras and {backend} (tox -e {backend} --notest makes .tox/{backend}/bin/python)."
        )
    return backend, str(path)


def _name(backend: str, python: str, wanted: Sequence[tuple[str, str]]) -> str:
    """Name a contender as shortly as tells it from the others."""
    rivals = [other for name, other in wanted if name == backend]
    if len(rivals) < 2 or not python:
        return backend
    folders = [_environment_folder(each) for each in rivals]
    folder = _environment_folder(python)
    return f"{backend}@{folder if folders.count(folder) == 1 else python}"


def _environment_folder(python: str) -> str:
    parts = Path(python).parts
    return parts[-3] if len(parts) > 3 and parts[-2] == "bin" else python


def _version(backend: str, python: str) -> str | None:
    if not python:
        return backends.installed_version(backend)
    try:
        told = subprocess.run(
            [os.path.abspath(python), "-c", _PROBE, backend],  # noqa: PTH100
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


def _not_there(backend: str, python: str) -> str:
    if python:
        return f"{python} doesn't run, or has no {backend}: install Keras and {backend} for it."
    return (
        f"the backend {backend} isn't installed: pip install -c constraints.txt "
        f"-e '.[{backend}]', or leave it out."
    )
