"""The parser of the command line, made from the tables of commands and options."""

import argparse
from collections.abc import Callable, Sequence
from typing import NoReturn

from aebench.bench.cli.commands import COMMANDS
from aebench.bench.cli.options import OPTIONS, Option
from aebench.bench.errors import BadInputError
from aebench.bench.plan.renamed_options import renamed
from aebench.bench.quoting import shortly

DESCRIPTION = "Measure the same Keras model on several backends, and report which is faster."


class _Help(argparse.HelpFormatter):
    """Format help texts. The name of an option's value is shown once, even if it takes several."""

    def _format_args(self, action: argparse.Action, default_metavar: str) -> str:
        if action.nargs == argparse.ONE_OR_MORE:
            return f"{action.metavar or default_metavar} ..."
        return super()._format_args(action, default_metavar)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        flags = ", ".join(action.option_strings)
        return f"{flags} {self._format_args(action, action.dest.upper())}"


class Parser(argparse.ArgumentParser):
    """An argument parser that raises BadInputError, whose message is one sentence."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line.

        Raises
        ------
        BadInputError
            Always.
        """
        sentence = message.removeprefix("argument ")
        raise BadInputError(f"{sentence}: see {self.prog} --help.")


class _CommandParser(Parser):
    """The parser of one command, which refuses unknown words itself and names its own help.

    Argparse would leave such words to the parser of all commands, whose help lists no options.
    """

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse the words of a command.

        Raises
        ------
        BadInputError
            If a word is unknown.
        """
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown


def make(attach: Callable[[argparse.Action, Option], None] | None = None) -> Parser:
    """Make the parser of all commands.

    The parsed namespace has no entry for an option that was left out: ``--resume`` refuses options
    that were given. Its ``handler`` is the function that runs the command.

    Parameters
    ----------
    attach : callable or None
        Called with every action and its option; shell completion uses it.
    """
    parser = Parser(
        prog="aebench", description=DESCRIPTION, formatter_class=_Help, allow_abbrev=False
    )
    parser.add_argument("--version", action="store_true", help="Show the version and end.")
    subparsers = parser.add_subparsers(
        title="commands", metavar="COMMAND", parser_class=_CommandParser
    )
    for command in COMMANDS:
        subparser = subparsers.add_parser(
            command.name,
            help=command.help,
            description=f"{command.help} {command.more}".strip(),
            argument_default=argparse.SUPPRESS,
            formatter_class=_Help,
            allow_abbrev=False,
        )
        for name in command.options:
            option = OPTIONS[name]
            action = subparser.add_argument(*option.flags, help=option.help, **option.keywords)
            if attach:
                attach(action, option)
        subparser.set_defaults(handler=command.handler)
    return parser


def check_words(words: Sequence[str]) -> None:
    """Refuse a command that does not exist, and options by their old names.

    Raises
    ------
    BadInputError
        If the command does not exist, or an option was renamed.
    """
    names = [command.name for command in COMMANDS]
    if words and not words[0].startswith("-") and words[0] not in names:
        raise BadInputError(
            f"{shortly(words[0])} is not a command: use {', '.join(names)}; see aebench --help."
        )
    sentence = renamed(words)
    if sentence:
        raise BadInputError(f"{sentence}.")
