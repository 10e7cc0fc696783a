"""What the tables of all passes share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from reports.summary import Interval
from reports.units import interval

VERDICT = "verdict"
# Of a table; a note has so many characters.
MOST_ROWS, MOST_COLUMNS, MOST_NOTE = 20_000, 100, 5_000


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
        rows, columns = len(self.rows) - MOST_ROWS, len(self.columns) - MOST_COLUMNS
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
            rows=[row[:MOST_COLUMNS] for row in self.rows[:MOST_ROWS]],
            notes=notes,
        )


def _short(note: str) -> str:
    return note if len(note) <= MOST_NOTE else f"{note[: MOST_NOTE - 1]}…"


def _of_words(cells: Sequence[str]) -> bool:
    begun = [cell[0] for cell in cells if cell not in ("", "–")]
    return bool(begun) and all(first.isalpha() for first in begun)


def shown(value: Interval | None, factor: float = 1.0, how: Callable[..., str] = interval) -> str:
    """Show a value with its interval, a dash if there is none."""
    if value is None:
        return "–"
    low = None if value.low is None else value.low * factor
    high = None if value.high is None else value.high * factor
    return how(value.value * factor, low, high)


def share(value: Interval | None) -> str:
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
