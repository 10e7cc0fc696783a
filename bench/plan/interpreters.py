"""Find the interpreters of contenders, and ask them which version of a framework they have."""

import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from aebench import backends
from aebench.bench.errors import BadInputError
from aebench.bench.plan.probing import MOST_ANSWER_BYTES, ask
from aebench.bench.protocol.package_path import link_package
from aebench.reports.files import size
from aebench.reports.record import ContenderInfo

# The version shown in a dry run for a contender with another interpreter: a dry run doesn't run the
# interpreter to ask for the version.
UNKNOWN = "(version unknown)"
_PROBE_SECONDS = 60.0
_VERSION = re.compile(r"[\w.+!-]{1,100}", re.ASCII)
_PROBE = (
    "import sys; from aebench import backends; backends.remember(*sys.argv[1:3]); "
    "print(backends.installed_version(sys.argv[1]) or '')"
)


def interpreter(contender: ContenderInfo) -> str:
    """Return the path of the interpreter that runs a contender."""
    return absolute(contender.python) or sys.executable


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
            here[what] = framework_version(*what, run=True)
        if here[what] != contender.version:
            raise BadInputError(
                f"the record was measured with {contender.name} {contender.version}, and here is "
                f"{here[what] or 'none'}: install that version, or start a new run."
            )


def framework_version(backend: str, python: str, run: bool) -> str | None:
    """Return which version of a framework an interpreter has.

    Parameters
    ----------
    backend : str
        One of :func:`aebench.backends.measurable_names`.
    python : str
        The path of the interpreter; empty for that of this process.
    run : bool
        Whether another interpreter may be run.

    Returns
    -------
    str or None
        The version, or :data:`UNKNOWN` if the interpreter may not be run. None if the framework
        isn't installed for it, or it gives no proper answer.
    """
    if not python:
        return backends.installed_version(backend)
    if not run:
        return UNKNOWN
    with tempfile.TemporaryDirectory(prefix="aebench-") as folder:
        path = link_package(Path(folder) / "package", backends.outside_modules([backend]))
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
        probe = [absolute(python), "-c", _PROBE, backend, backends.module_name(backend)]
        told = ask(probe, _PROBE_SECONDS, environment)
    lines = told.split() if told else []
    return lines[-1] if lines and _VERSION.fullmatch(lines[-1]) else None


def why_absent(backend: str, python: str) -> str:
    """Return why an interpreter has no version of a framework, and what to do, as a sentence."""
    name = backends.backend_name(backend)
    if python:
        return (
            f"{python} doesn't run, or has no {name}, or gives no answer within "
            f"{_PROBE_SECONDS:g} s and {size(MOST_ANSWER_BYTES)}: install Keras and {name} for it."
        )
    return f"the backend {name} isn't installed: {backends.load(backend).INSTALL}, or leave it out."


def runnable(python: str) -> str | None:
    """Return a path with ``~`` replaced by the home folder; None if it isn't an executable file."""
    try:
        path = Path(python).expanduser()
        return str(path) if path.is_file() and os.access(absolute(str(path)), os.X_OK) else None
    except (OSError, RuntimeError, ValueError):  # the name is too long, or there is no home
        return None


def absolute(python: str) -> str:
    """Return a path as an absolute path without following links; an empty path stays empty.

    The interpreter of a virtual environment is a link. Its target, run directly, wouldn't find the
    packages of the environment.
    """
    try:
        return os.path.abspath(python) if python else ""  # noqa: PTH100
    except OSError:  # the working folder was removed
        return python
