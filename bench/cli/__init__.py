"""The command ``aebench``.

Modules that are slow to import are imported inside functions: ``--help`` then takes under 1 s.
"""

import errno
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aebench.backends.contract import BackendError
from aebench.bench.cli import output_streams
from aebench.bench.cli.exit_codes import BAD_INPUT, OK
from aebench.bench.errors import BadInputError
from aebench.reports.sanitize import printable, reason

if TYPE_CHECKING:
    from aebench.bench.cli.options import Given

# Longer error messages are shortened in the middle.
_MOST_SHOWN_CHARACTERS = 1000
# Commands whose only result is what they print. Without a command, the help is printed.
_PRINTING = {"list", "doctor", "show", "compare", "history", "completion"}
_PRINTING |= {"-h", "--help", "--version"}


def main() -> int:
    """Run the command of ``sys.argv``; on bad input print one sentence and return exit code 2.

    Returns
    -------
    int
        The exit code.
    """
    output_streams.prepare()
    code = _run(sys.argv[1:])
    sys.stdout.flush()
    failure = getattr(sys.stdout, "failure", None)
    # If printing fails, only commands whose sole result is printed text fail.
    output_is_all = set(sys.argv[1:2]) <= _PRINTING or "--dry-run" in sys.argv
    if failure and failure.errno != errno.EPIPE and output_is_all:
        code = _refuse(f"the output can't be written: {reason(failure)}.")
    return code


def _run(arguments: list[str]) -> int:
    """Run a command line, print the message of an error, and return the exit code."""
    try:
        _check(arguments)
        return _parsed_and_run(arguments)
    except (BadInputError, BackendError) as error:
        return _refuse(str(error))
    except OSError as error:
        where = f"{error.filename} can't be used: " if error.filename else ""
        return _refuse(f"{where}{reason(error)}.")
    except MemoryError:
        return _refuse("there is not enough memory for this.")


def _parsed_and_run(arguments: list[str]) -> int:
    """Parse a command line, run its command and return the exit code."""
    # The options name the backends: importing them here lets a file that can't be used be refused.
    from aebench.bench.cli import parser

    parser.check_words(arguments)
    commands = parser.make()
    try:
        given: Given = vars(commands.parse_args(arguments))
    except SystemExit:  # argparse raises it after printing --help
        return OK
    handler: Callable[[Given], int] | None = given.pop("handler", None)
    if given.pop("version"):
        from importlib import metadata

        print(f"aebench {metadata.version('aebench')}")
    elif handler is None:
        commands.print_help()
    else:
        return handler(given)
    return OK


def _check(arguments: list[str]) -> None:
    """Refuse words that are not UTF-8, and a working folder that no longer exists.

    Raises
    ------
    BadInputError
        If a word isn't UTF-8, or the working folder doesn't exist.
    """
    for word in arguments:
        try:
            word.encode()
        except UnicodeEncodeError:
            raise BadInputError(
                f"{word!r} is not UTF-8: give it, or the file, another name."
            ) from None
    try:
        Path.cwd()
    except OSError:
        raise BadInputError("the working folder is gone: go to another one.") from None


def _refuse(sentence: str) -> int:
    """Print an error message, shortened if it is long, and return the exit code of bad input."""
    shown = printable(sentence)
    half = _MOST_SHOWN_CHARACTERS // 2
    if len(shown) > 2 * half:  # the beginning quotes the input, the end tells what to do
        shown = f"{shown[:half]}…{shown[-half:]}"
    print(f"aebench: {shown}", file=sys.stderr)
    return BAD_INPUT
