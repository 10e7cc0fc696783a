"""Make a script for shell completion. Completing a word then needs no start of Python."""

import argparse

from aebench.bench.cli.exit_codes import OK
from aebench.bench.cli.options import SHELLS, Given, Option
from aebench.bench.errors import BadInputError
from aebench.bench.quoting import shortly


def show(given: Given) -> int:
    """Print the completion script of a shell.

    Raises
    ------
    BadInputError
        If the shell is not supported.
    """
    print(script(given["shell"]))
    return OK


def script(shell: str) -> str:
    """Return the completion script of a shell.

    Raises
    ------
    BadInputError
        If the shell is not supported.
    """
    import shtab

    from aebench.bench.cli.parser import make

    if shell not in SHELLS:
        raise BadInputError(f"{shortly(shell)} is not a shell known here: use {', '.join(SHELLS)}.")

    def attach(action: argparse.Action, option: Option) -> None:
        """Attach the words or paths that complete an option.

        The parser of commands doesn't get them, since it would refuse all other words.
        """
        if option.values:
            action.choices = list(option.values)
        elif option.path:
            paths = {"file": shtab.FILE, "directory": shtab.DIRECTORY}
            action.complete = paths[option.path]  # type: ignore[attr-defined]

    return str(shtab.complete(make(attach), shell=shell))
