"""Write the reference pages that follow from the code: options, and what presets measure.

Usage: python tools/reference.py    (writes docs/reference/options.md and docs/reference/presets.md)

Options are those of the parser itself. Models, workloads and presets are those of ``aebench list``.
"""

import argparse
from pathlib import Path

from rich.table import Table

from aebench.bench.cli import listing, parser

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
MADE = "<!-- Made by `python tools/reference.py`: don't edit. -->"
OPTIONS = f"""# Options

{MADE}

Every command with its options, as `aebench COMMAND --help` shows them. [The command](command.md)
says what the commands are for.
"""
PRESETS = f"""# Presets

{MADE}

A preset fixes how much a run measures: `aebench run --preset NAME`. Every option overrides what
the preset says. `aebench run --dry-run` says what each preset would take on your machine.

A block is one round of every contender: training steps for about 0.4 s, or a whole call of
`predict`. A launch is a fresh set of processes. Models that aren't measured *in full* are trained
by the reference alone.
"""


def main() -> None:
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Return the pages by their files' names."""
    return {"options.md": options(), "presets.md": presets()}


def options() -> str:
    """Return the page of options."""
    (commands,) = (
        action.choices
        for action in parser.make()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return "\n".join([OPTIONS, *(section(name, each) for name, each in commands.items())])


def section(name: str, command: argparse.ArgumentParser) -> str:
    """Return a command's heading, its sentences and the table of its options."""
    formatter = command._get_formatter()
    rows = [
        (f"`{formatter._format_action_invocation(action)}`", (action.help or "") % {})
        for action in command._actions
        if not isinstance(action, argparse._HelpAction)
    ]
    lines = [f"## aebench {name}", "", str(command.description), ""]
    if rows:
        lines += [*table(["option", "what it does"], rows), ""]
    return "\n".join(lines)


def presets() -> str:
    """Return the page of presets, models and workloads."""
    parts = [PRESETS, *listed(listing._presets()), "", "## Models", ""]
    parts += ["Any model of yours is measured too: [Your own model](../models.md).", ""]
    parts += [*listed(listing._models()), "", "## Workloads", "", *listed(listing._workloads()), ""]
    return "\n".join(parts)


def listed(shown: Table) -> list[str]:
    """Return a table of ``aebench list`` as lines of Markdown."""
    heads = [str(column.header) for column in shown.columns]
    columns = [[str(cell) for cell in column.cells] for column in shown.columns]
    return table(heads, list(zip(*columns, strict=True)))


def table(heads: list[str], rows: list[tuple[str, ...]]) -> list[str]:
    """Return a table as lines of Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines]


if __name__ == "__main__":
    main()
