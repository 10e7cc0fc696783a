"""Run the command in a copy of this process, which has imported it: an import takes a second."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from aebench import __main__ as command
from aebench.bench.cli import run_command  # noqa: F401  (imported once, before the copies are made)
from aebench.reports import publish, site  # noqa: F401
from helpers.paths import CLEAN


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``aebench`` with arguments in a folder; return its exit code and output.

    Variables of the environment that Python reads when it starts have no effect.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if not child:
            _become(folder, arguments, environment, output.fileno(), errors.fileno())
        _, status = os.waitpid(child, 0)
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode())
    return subprocess.CompletedProcess(arguments, os.waitstatus_to_exitcode(status), *texts)


def _become(
    folder: Path,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    output: int,
    errors: int,
) -> None:
    """Run the command and end the process, whatever happens: it is a copy of the tests' process."""
    code = 70
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(errors, 2)
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(descriptor, mode) for descriptor, mode in enumerate(("r", "w", "w"))
        )
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(CLEAN | environment)
        sys.argv = ["aebench", *arguments]
        command.main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
