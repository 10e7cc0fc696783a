"""Show the tables in a terminal, with the library Rich."""

import os
import re
from collections.abc import Iterable

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from aebench.reports.sanitize import printable
from aebench.reports.screen import Layout, everything, last_screen
from aebench.reports.summary import Summary
from aebench.reports.tables import VERDICT, Table
from aebench.reports.tables.shared import shared_notes

WIDTH = 100
# Only the verdicts that establish a difference are coloured, not "same" or "inconclusive".
_COLOURS = {"faster": "green", "slower": "red"}
# By the kind of a line.
_STYLES = {
    "notice": "yellow",
    "failure": "red",
    "answer": "bold",
    "doubt": "yellow",
    "fact": "dim",
}


def new_console() -> Console:
    """Return a console as wide as the terminal; in a pipe, $COLUMNS or else 100 columns wide.

    In a notebook it prints plain lines, as in a pipe.
    """
    console = Console()
    if console.is_jupyter:  # whose output says that it is a terminal
        return Console(width=WIDTH, force_jupyter=False, force_terminal=False)
    if console.is_terminal or "COLUMNS" in os.environ:
        return console
    return Console(width=WIDTH)


def plain(text: str = "", style: str = "") -> Text:
    """Return a record's text for the terminal, without effect as markup or as escape sequences."""
    return Text(printable(text), style)


def render(tables: Iterable[Table]) -> RenderableType:
    """Return the tables as a Rich renderable, in which a note that several share stands once.

    It adapts to the width of the console that prints it.
    """
    legible = [table.legible() for table in tables]
    shared = set(shared_notes(legible))
    parts: list[RenderableType] = []
    said: set[str] = set()
    for table in legible:
        parts += _parts(table.without(said))
        said |= shared & set(table.notes)
    return Group(*parts)


class _Fitting:
    """Shows a table as a grid if it fits the console's width, else one cell per line, uncut."""

    def __init__(self, grid: RichTable, table: Table) -> None:
        self._grid = grid
        self._table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        least = _least_widths(self._table)
        # Every column takes two blanks in addition to its text, and the grid takes one more.
        room = options.max_width - 2 * len(least) - 1
        if sum(least) <= room:
            whole = [max(map(cell_len, each)) for each in _by_column(self._table)]
            for column, width in zip(self._grid.columns, _spread(least, whole, room), strict=True):
                column.width = width
            yield self._grid
            return
        yield plain(self._table.title, "bold")
        for first, *others in self._table.rows:
            yield plain(first, "bold")
            for heading, cell in zip(self._table.columns[1:], others, strict=True):
                if not cell:
                    continue
                yield Padding(plain(f"{heading}: {cell}"), (0, 0, 0, 2))


def _least_widths(table: Table) -> list[int]:
    """Return each column's smallest width: it breaks no word, nor a line of the first column.

    A no-break space is part of a word.
    """
    first, *others = _by_column(table)
    words = (re.split(r"[ \n]", " ".join(cells)) for cells in others)
    return [max(map(cell_len, first)), *(max(map(cell_len, each)) for each in words)]


def _by_column(table: Table) -> list[tuple[str, ...]]:
    return list(zip(table.columns, *table.rows, strict=True))


def _spread(least: list[int], whole: list[int], room: int) -> list[int]:
    """Return the widths of the columns; as many as there is room for get their whole width.

    The room that is left goes to the first of the others: fewer of its lines break.

    Parameters
    ----------
    least : list of int
        Each column's smallest width, in characters; the sum is at most ``room``.
    whole : list of int
        The width at which the column breaks no line.
    room : int
        Largest sum of the widths.
    """
    widths = list(least)
    # The columns that need the least extra width come first: so most columns get their whole width.
    for place in sorted(range(len(least)), key=lambda each: whole[each] - least[each]):
        wish = whole[place] - least[place]
        if wish <= room - sum(widths):
            widths[place] += wish
    for place, width in enumerate(widths):
        widths[place] += min(whole[place] - width, room - sum(widths))
    return widths


def _parts(table: Table) -> Iterable[RenderableType]:
    grid = RichTable(
        title=plain(table.title, "bold") if table.title else None,
        title_justify="left",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for position, (column, left) in enumerate(zip(table.columns, table.lefts, strict=True)):
        grid.add_column(plain(column), justify="left" if left else "right", no_wrap=position == 0)
    for number, row in enumerate(table.rows):
        cells = [
            plain(cell, _COLOURS.get(cell, "") if column == VERDICT else "")
            for column, cell in zip(table.columns, row, strict=True)
        ]
        grid.add_row(*cells, style="dim" if table.doubtful or number in table.faint else "")
    yield _Fitting(grid, table)
    for note in table.notes:
        yield Padding(plain(note, "dim"), (0, 0, 0, 1))
    yield plain()


def render_screen(summary: Summary) -> RenderableType:
    """Return the last screen of a run: one table and what to think of it."""
    return _laid_out(last_screen(summary))


def render_summary(summary: Summary) -> RenderableType:
    """Return all that a terminal can show: notices, tables, failures, and facts."""
    return _laid_out(everything(summary))


def _laid_out(layout: Layout) -> RenderableType:
    above, below = (
        [plain(line.text, _STYLES.get(line.kind, "")) for line in lines]
        for lines in (layout.above, layout.below)
    )
    return Group(*above, render(layout.tables), *below)
