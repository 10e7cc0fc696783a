"""Show a run as lines of JSON, for scripts and notebooks: a line for each result as it comes."""

from collections.abc import Collection

import msgspec

from aebench.reports.journal import Record
from aebench.reports.record import Cell
from aebench.reports.sanitize import printable_json
from aebench.reports.summary import summarise

# The parts of a summary whose rows are results of one contender and model each.
_ROWS = ("parity", "footprint", "quality", "ladder", "profile", "memory")


class JsonDisplay:
    """The display of a run that prints an object per line, whose key says what it is.

    ``speed`` has a cell, the other keys of :class:`aebench.reports.summary.Summary` have a row, in
    the form of ``aebench show --json``. ``problem`` has a sentence.

    Parameters
    ----------
    record : Record
        The record, which grows while the run measures.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._told = self._rows()

    def close(self) -> None:
        """Do nothing: no line is left open."""

    def doing(self, text: str) -> None:
        """Do nothing: what is being measured is no result."""

    def figure(self, text: str) -> None:
        """Do nothing: the figure is part of a result that comes later."""

    def problem(self, text: str) -> None:
        """Print a failure."""
        tell("problem", text)

    def stage_done(self) -> None:
        """Print the rows that have changed since the last one."""
        rows = self._rows()
        for key, row in rows.items():
            if self._told.get(key) != row:
                tell(key[0], msgspec.Raw(row))
        self._told = rows

    def measured(self, cells: Collection[Cell]) -> None:
        """Print cells of the speed pass."""
        for cell in summarise(self._record).speed:
            if Cell(cell.model, cell.workload, cell.batch_size) in cells:
                tell("speed", cell)

    def _rows(self) -> dict[tuple[str, str, str], bytes]:
        summary = summarise(self._record)
        return {
            (part, row.model, row.contender): msgspec.json.encode(row)
            for part in _ROWS
            for row in getattr(summary, part)
        }


def tell(key: str, value: object) -> None:
    """Print a line with an object of one key."""
    print(printable_json(msgspec.json.encode({key: value}).decode()), flush=True)
