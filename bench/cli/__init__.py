"""The command ``aebench``. Heavy imports wait inside the commands, so that --help is quick."""

import errno
import sys
from pathlib import Path
from typing import Annotated

import typer

from aebench.bench.cli import measure, output_streams, report
from aebench.bench.cli.exit_codes import BAD_INPUT, INTERRUPTED, OK
from aebench.bench.cli.options import ManyValues
from aebench.bench.errors import BadInputError
from aebench.reports.sanitize import printable, reason

# Characters of a refusal.
_MOST_SHOWN = 1000
# The commands whose output is all that they leave; none is --help.
_ANSWERS = {"list", "doctor", "show", "--help", "--version"}

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def aebench(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> int:
    """Measure the same MNIST autoencoders on Keras 3's three backends."""
    if version:
        from importlib import metadata

        print(f"aebench {metadata.version('aebench')}")
    elif context.invoked_subcommand is None:
        print(context.get_help())
    return OK


# In the order of --help.
app.command(cls=ManyValues)(measure.run)
app.command(cls=ManyValues)(measure.parity)
app.command()(measure.selfcheck)
app.command(cls=ManyValues)(measure.profile)
app.command(cls=ManyValues)(measure.memory)
app.command()(report.show)
app.command()(report.report)
app.command()(report.site)


@app.command(name="list")
def list_everything() -> int:
    """List models, backends, workloads and presets."""
    from aebench.bench.cli.listing import render
    from aebench.reports.terminal import new_console

    new_console().print(render())
    return OK


@app.command()
def doctor() -> int:
    """Say what could make numbers wrong here, and what to do."""
    from aebench.bench.system.doctor import diagnose, render
    from aebench.reports.terminal import new_console

    new_console().print(render(diagnose()))
    return OK


def main() -> int:
    """Run the command; every error of the user's is one sentence and exit code 2.

    Returns
    -------
    int
        The exit code.
    """
    output_streams.prepare()
    code = _run(sys.argv[1:])
    sys.stdout.flush()
    failure = getattr(sys.stdout, "failure", None)
    # A measurement is in its record, whoever reads on; an answer that nobody got is none.
    answers = set(sys.argv[1:2]) <= _ANSWERS or "--dry-run" in sys.argv
    if failure and failure.errno != errno.EPIPE and answers:
        code = _refuse(f"the output can't be written: {reason(failure)}.")
    return code


def _run(arguments: list[str]) -> int:
    """Run the command, and return its exit code."""
    try:
        _check(arguments)
        code = app(arguments, prog_name="aebench", standalone_mode=False)
    except BadInputError as error:
        return _refuse(str(error))
    except typer.TyperException as error:
        command = getattr(getattr(error, "ctx", None), "command_path", "aebench")
        return _refuse(f"{error.format_message().rstrip('.')}: see {command} --help.")
    except OSError as error:
        where = f"{error.filename} can't be used: " if error.filename else ""
        return _refuse(f"{where}{reason(error)}.")
    except MemoryError:
        return _refuse("there is not enough memory for this.")
    except typer.Abort:  # which Typer makes of an interrupt
        return INTERRUPTED
    return code if isinstance(code, int) else OK


def _check(arguments: list[str]) -> None:
    """Refuse what no command can work with.

    Raises
    ------
    BadInputError
        If a word isn't UTF-8, or the working folder is gone.
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
    shown = printable(sentence)
    if len(shown) > _MOST_SHOWN:  # of what was given the beginning; the end says what to do
        shown = f"{shown[: _MOST_SHOWN // 2]}…{shown[-_MOST_SHOWN // 2 :]}"
    print(f"aebench: {shown}", file=sys.stderr)
    return BAD_INPUT
