"""The tables in a terminal, by Rich."""

import re
from collections.abc import Iterable

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from reports.summary import Summary
from reports.tables import Table, all_tables, facts

WIDTH = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def new_console() -> Console:
    """Make a console as wide as the terminal; 100 columns in a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def plain(text: str = "", style: str = "") -> Text:
    """Make text of what a record says: no markup in it is read, no escape reaches the terminal."""
    return Text(_CONTROL.sub(" ", text), style)


def render(tables: Iterable[Table]) -> RenderableType:
    """Lay tables out for a terminal 100 columns wide."""
    return Group(*(part for table in tables for part in _parts(table)))


def _parts(table: Table) -> Iterable[RenderableType]:
    grid = RichTable(
        title=plain(table.title, "bold"),
        title_justify="left",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for position, column in enumerate(table.columns):
        grid.add_column(
            plain(column),
            justify="left" if position == 0 else "right",
            no_wrap=position == 0,
        )
    for row in table.rows:
        grid.add_row(*(plain(cell) for cell in row))
    yield grid
    for note in table.notes:
        yield Padding(plain(note, "dim"), (0, 0, 0, 1))
    yield plain()


def render_summary(summary: Summary) -> RenderableType:
    """Show everything: notices, tables, failures, and what a referee asks for."""
    notices = [plain(f"! {notice}", "yellow") for notice in summary.notices]
    failures = [
        plain(f"! {each.pass_name} {each.definition} {each.contender} failed: {each.reason}", "red")
        for each in summary.failures
    ]
    lines = [plain(line, "dim") for line in facts(summary)]
    return Group(*notices, render(all_tables(summary)), *failures, *lines)
