"""The command ``aebench``. Heavy imports wait inside the commands, so that --help is quick."""

import os
import sys
from typing import Annotated, NoReturn

import typer

from bench import printing
from bench.cli import measure, report
from bench.cli.codes import BAD_INPUT, INTERRUPTED, OK
from bench.cli.options import ManyValues
from bench.errors import BadInputError

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
    """List definitions, backends, workloads and presets."""
    from bench.listing import render
    from reports.terminal import new_console

    new_console().print(render())
    return OK


@app.command()
def doctor() -> int:
    """Say what could make numbers wrong here, and what to do."""
    from bench.doctor import diagnose, render
    from reports.terminal import new_console

    new_console().print(render(diagnose()))
    return OK


def main() -> NoReturn:
    """Run the command; every error of the user's is one sentence and exit code 2."""
    printing.prepare()
    try:
        code = app(sys.argv[1:], prog_name="aebench", standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        # Nobody reads on, which Typer makes a SystemExit of; nothing shall fail at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = OK
    except BadInputError as error:
        _refuse(str(error))
    except typer.TyperException as error:
        command = getattr(getattr(error, "ctx", None), "command_path", "aebench")
        _refuse(f"{error.format_message().rstrip('.')}: see {command} --help.")
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    sys.exit(code if isinstance(code, int) else OK)


def _refuse(sentence: str) -> NoReturn:
    print(f"aebench: {sentence}", file=sys.stderr)
    sys.exit(BAD_INPUT)
