"""Parts that the tables of all passes use: the table, its limits, and the text of cells."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from aebench.reports.formatting import interval
from aebench.reports.summary import Estimate

T = TypeVar("T")

VERDICT = "verdict"
# Largest numbers of rows and of columns of a table, and of characters of a note.
MOST_ROWS, MOST_COLUMNS, MOST_NOTE = 20_000, 100, 5_000
# Largest number of parts in a row: its first column is a name, and its last one a sum.
MOST_BESIDE = MOST_COLUMNS - 2
# Largest number of cells (rows × columns) in a table, or in all tables of one kind. The second is
# the largest number of tables of one kind.
MOST_SHOWN_CELLS, MOST_TABLES = 50_000, 500


class Shared(str):
    """A note that means the same under every table: a page with several of these says it once.

    Such a note explains a column or a mark, or says why a row is empty.
    """

    __slots__ = ()


@dataclass(frozen=True)
class Table:
    """A table of text.

    A ``doubtful`` table is shown faintly, since nothing may be concluded from it. In other tables
    the rows whose indices are in ``faint`` are shown faintly. ``hints`` are the same rows in other
    words, such as whole intervals, which a page shows where a reader points; they may be empty.
    """

    title: str
    columns: list[str]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)
    doubtful: bool = False
    faint: list[int] = field(default_factory=list)
    hints: list[list[str]] = field(default_factory=list)

    def hint(self, row: int, column: int) -> str:
        """Return what a page shows where a reader points at an entry; empty if nothing more."""
        hint = self.hints[row][column] if self.hints else ""
        return "" if hint == self.rows[row][column] else hint

    @property
    def lefts(self) -> list[bool]:
        """Whether each column is left-aligned: the first column, and columns of words, are."""
        _, *others = list(zip(*self.rows, strict=True)) or [()] * len(self.columns)
        return [True, *map(_of_words, others)]

    def legible(self) -> "Table":
        """Return the table within the limits of its size; a note says how much is left out."""
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
            hints=[row[:MOST_COLUMNS] for row in self.hints[:kept]],
        )

    def without(self, said: Collection[str]) -> "Table":
        """Return the table without the shared notes that are said elsewhere."""
        notes = [each for each in self.notes if not (isinstance(each, Shared) and each in said)]
        return replace(self, notes=notes)


def shared_notes(tables: Iterable[Table]) -> list[str]:
    """Return the shared notes that stand under several of the tables, in their order.

    Notes that explain one thing in two ways, as of records of different versions, are not among
    them: they stay where they hold.
    """
    counts = Counter(
        note for table in tables for note in dict.fromkeys(table.notes) if isinstance(note, Shared)
    )
    ways = Counter(note.partition(":")[0] for note in counts)
    return [
        note for note, count in counts.items() if count > 1 and ways[note.partition(":")[0]] == 1
    ]


def some_tables(make: Callable[[T], Table], of: Sequence[T]) -> list[Table]:
    """Return a table per item of ``of``, up to limits; the last one notes how many are left out."""
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
    """Return the first ``most`` values, and a list with a note on how many are left out, or none.

    Tables use it before they are filled, to spare the work for values that aren't shown.
    """
    left = len(values) - most
    if left <= 0:
        return values, []
    return values[:most], [f"{left:,} more {what} are in the record, and not shown."]


def _short(note: str) -> str:
    """Return a note within the limit; a short one as it is, shared or not."""
    return note if len(note) <= MOST_NOTE else f"{note[: MOST_NOTE - 1]}…"


def _of_words(cells: Sequence[str]) -> bool:
    begun = [cell[0] for cell in cells if cell not in ("", "–")]
    return bool(begun) and all(first.isalpha() for first in begun)


def shown(value: Estimate | None, factor: float = 1.0, how: Callable[..., str] = interval) -> str:
    """Return a value times ``factor``, with its interval, as text; a dash for None.

    ``how`` makes the text from the value and the ends of its interval.
    """
    if value is None:
        return "–"
    low = None if value.low is None else value.low * factor
    high = None if value.high is None else value.high * factor
    return how(value.value * factor, low, high)


def share(value: Estimate | None) -> str:
    """Return a share in whole per cent as text, with ± to the farther end of its interval."""
    if value is None:
        return "–"
    if value.low is None or value.high is None:
        return f"{100 * value.value:.0f}"
    reach = max(value.high - value.value, value.value - value.low)
    return f"{100 * value.value:.0f} ±{max(1, round(100 * reach))}"


def failed(contender: str, columns: Sequence[str], reason: str) -> tuple[list[str], str]:
    """Return a row of dashes for a contender that failed, and a note with the reason."""
    return [contender, *["–"] * (len(columns) - 1)], Shared(f"{contender}: {reason}")


def count(number: int, what: str) -> str:
    """Return a number of things as text, such as "1 block" or "2 blocks"."""
    return f"{number} {what}{'' if number == 1 else 's'}"
