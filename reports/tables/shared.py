"""What the tables of all passes share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from aebench.reports.formatting import interval
from aebench.reports.summary import Estimate

T = TypeVar("T")

VERDICT = "verdict"
# Of a table; a note has so many characters.
MOST_ROWS, MOST_COLUMNS, MOST_NOTE = 20_000, 100, 5_000
# What is shown side by side stands between a name and a sum.
MOST_BESIDE = MOST_COLUMNS - 2
# Rows × columns of a table, and of tables of one kind; how many these may be.
MOST_SHOWN_CELLS, MOST_TABLES = 50_000, 500


@dataclass(frozen=True)
class Table:
    """A table of text.

    ``doubtful`` is one of which nothing may be concluded: it is shown faintly, as are its rows
    whose numbers are in ``faint``.
    """

    title: str
    columns: list[str]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)
    doubtful: bool = False
    faint: list[int] = field(default_factory=list)

    @property
    def lefts(self) -> list[bool]:
        """Which columns are left-aligned: the first, and those that hold words; numbers aren't."""
        _, *others = list(zip(*self.rows, strict=True)) or [()] * len(self.columns)
        return [True, *map(_of_words, others)]

    def legible(self) -> "Table":
        """Leave out what is more than anybody reads, and say how much: the record has it all."""
        kept = min(MOST_ROWS, MOST_SHOWN_CELLS // min(MOST_COLUMNS, len(self.columns)))
        rows, columns = len(self.rows) - kept, len(self.columns) - MOST_COLUMNS
        left = [
            f"{count:,} more {what}"
            for count, what in ((rows, "rows"), (columns, "columns"))
            if count > 0
        ]
        notes = [_short(each) for each in self.notes[:MOST_ROWS]]
        if left:
            notes.append(f"{' and '.join(left)} are in the record, and not shown.")
        return replace(
            self,
            columns=self.columns[:MOST_COLUMNS],
            rows=[row[:MOST_COLUMNS] for row in self.rows[:kept]],
            notes=notes,
        )


def some_tables(make: Callable[[T], Table], of: Sequence[T]) -> list[Table]:
    """Make a table of each, as many as somebody reads; the last one says how many more are left."""
    found: list[Table] = []
    cells = 0
    for each in of[:MOST_TABLES]:
        found.append(make(each).legible())
        cells += len(found[-1].rows) * len(found[-1].columns)
        if cells > MOST_SHOWN_CELLS:
            break
    left = len(of) - len(found)
    if left:
        found[-1].notes.append(f"{left:,} more such tables are in the record, and not shown.")
    return found


def few(values: Sequence[T], what: str, most: int) -> tuple[Sequence[T], list[str]]:
    """Take as many as are shown, with a note on the others, before a table is filled with them."""
    left = len(values) - most
    if left <= 0:
        return values, []
    return values[:most], [f"{left:,} more {what} are in the record, and not shown."]


def _short(note: str) -> str:
    return note if len(note) <= MOST_NOTE else f"{note[: MOST_NOTE - 1]}…"


def _of_words(cells: Sequence[str]) -> bool:
    begun = [cell[0] for cell in cells if cell not in ("", "–")]
    return bool(begun) and all(first.isalpha() for first in begun)


def shown(value: Estimate | None, factor: float = 1.0, how: Callable[..., str] = interval) -> str:
    """Show a value with its interval, a dash if there is none."""
    if value is None:
        return "–"
    low = None if value.low is None else value.low * factor
    high = None if value.high is None else value.high * factor
    return how(value.value * factor, low, high)


def share(value: Estimate | None) -> str:
    """Show a share in whole per cent, and to how many its interval reaches."""
    if value is None:
        return "–"
    if value.low is None or value.high is None:
        return f"{100 * value.value:.0f}"
    reach = max(value.high - value.value, value.value - value.low)
    return f"{100 * value.value:.0f} ±{max(1, round(100 * reach))}"


def failed(contender: str, columns: Sequence[str], reason: str) -> tuple[list[str], str]:
    """Make the row of one that failed, and the note that says why."""
    return [contender, *["–"] * (len(columns) - 1)], f"{contender}: {reason}"


def count(number: int, what: str) -> str:
    """Count things: 1 block, 2 blocks."""
    return f"{number} {what}{'' if number == 1 else 's'}"
