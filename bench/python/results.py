"""What came out of a run: its tables, comparisons and figures, for scripts and notebooks."""

import io
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType

from aebench.bench.errors import BadInputError, refusing
from aebench.bench.python import html
from aebench.bench.quoting import shortly
from aebench.reports import csv_export, journal, summary, terminal
from aebench.reports.journal import Record, RecordError
from aebench.reports.screen import last_screen
from aebench.reports.summary import SpeedCell, SpeedRow, Summary
from aebench.reports.tables import VERDICT, Table, shown

if TYPE_CHECKING:
    import pandas

_TIMES = "× time: how many times as long as the reference's, with its 95 % interval."


class Shown:
    """What a notebook shows as HTML, and Python elsewhere as text; Rich prints it too."""

    def __rich__(self) -> RenderableType:
        """Return it as Rich prints it."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        text = io.StringIO()
        console = Console(
            file=text, width=terminal.WIDTH, force_jupyter=False, force_terminal=False
        )
        console.print(self.__rich__())
        return text.getvalue().rstrip()


class ShownTables(Shown):
    """Tables of a record, as :attr:`tables`: each has a title, columns, rows and notes."""

    def __init__(self, tables: list[Table]) -> None:
        self.tables = tables

    def __rich__(self) -> RenderableType:
        """Return the tables as Rich prints them."""
        return terminal.render(self.tables)

    def _repr_html_(self) -> str:
        return html.tables(self.tables)


@dataclass(frozen=True)
class PairCompared:
    """A contender against the reference, in one cell.

    Parameters
    ----------
    model, workload, batch_size
        The cell.
    contender, reference : str
        Who is compared with whom.
    ratio : float or None
        How many times as long as the reference it takes; None if it wasn't measured.
    low, high : float or None
        The ends of the ratio's 95 % interval.
    verdict : str
        ``faster``, ``slower``, ``same``, ``inconclusive``, or why there is none.
    per : str
        What takes so long: an ``epoch``, a ``step``, a ``call`` or a ``whole call``.
    reason : str
        Why it wasn't measured, or isn't ranked; else empty.
    """

    model: str
    workload: str
    batch_size: int
    contender: str
    reference: str
    ratio: float | None
    low: float | None
    high: float | None
    verdict: str
    per: str
    reason: str


class Comparisons(list[PairCompared], Shown):
    """The comparisons of a record: a list, which a notebook shows as a table."""

    def __init__(self, summarised: Summary) -> None:
        pairs = [
            (cell, row)
            for cell in summarised.speed
            for row in cell.rows
            if row.contender != cell.reference and not row.control_of and row.verdict != "baseline"
        ]
        super().__init__(_compared(cell, row) for cell, row in pairs)
        reasons = dict.fromkeys(
            f"{row.contender}: {_reason(row)}" for _, row in pairs if _reason(row)
        )
        self._table = Table(
            "",
            ["cell, batch", "contender", "reference", "× time", VERDICT],
            [
                [cell.short, row.contender, cell.reference, shown(row.judged_ratio), row.verdict]
                for cell, row in pairs
            ],
            [_TIMES, *reasons],
        )

    def __rich__(self) -> RenderableType:
        """Return the comparisons as Rich prints them."""
        return terminal.render([self._table])

    def _repr_html_(self) -> str:
        return html.tables([self._table])

    __repr__ = Shown.__repr__


class SvgFigure:
    """A figure of a report.

    Parameters
    ----------
    name, caption : str
        Its name, and what it shows.
    svg : str
        The figure itself.
    """

    def __init__(self, name: str, caption: str, svg: str) -> None:
        self.name = name
        self.caption = caption
        self.svg = svg

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"{self.name}: {self.caption}"

    def save(self, path: "str | PathLike[str]") -> None:
        """Write the figure into a file whose name ends in ``.svg``."""
        Path(path).write_text(self.svg, encoding="utf-8")


class RunResult(Shown):
    """What came out of a run. A notebook shows the last screen of the run.

    Parameters
    ----------
    path : Path
        The record's file.
    record : Record
        Its content: the header, and everything that was measured.
    """

    def __init__(self, path: Path, record: Record) -> None:
        self.path = path
        self.record = record

    @cached_property
    def summary(self) -> Summary:
        """Return every figure that tables and reports show."""
        return summary.summarise(self.record)

    def table(self) -> ShownTables:
        """Return the table of the last screen; where no speed was measured, all tables."""
        return ShownTables(last_screen(self.summary).tables)

    def compare(self) -> Comparisons:
        """Return the comparisons with the reference: ratio, interval and verdict by cell."""
        return Comparisons(self.summary)

    def to_frame(self) -> "pandas.DataFrame":
        """Return every number of the report as a pandas frame, with the columns of ``data.csv``.

        Raises
        ------
        aebench.BadInputError
            If pandas isn't installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise BadInputError("to_frame() needs pandas: pip install pandas.") from error
        lines = csv_export.lines(self.summary)
        frame = pandas.DataFrame.from_records(list(lines), columns=list(csv_export.COLUMNS))
        return frame.astype({"batch_size": "Int64"})

    def figure(self, name: str = "throughput") -> SvgFigure:
        """Draw a figure of the report.

        Parameters
        ----------
        name : str
            The name of its file in a report, without the ending.

        Raises
        ------
        aebench.BadInputError
            If there is no such figure, or the record has nothing to show in it.
        """
        from aebench.reports.figures import FIGURES, draw

        views = {view.name: view for view in FIGURES}
        if name not in views:
            raise BadInputError(f"{shortly(name)} is not a figure: use {', '.join(views)}.")
        caption, svg = draw(views[name], self.summary)
        if not caption:
            raise BadInputError(f"{self.path} has nothing to show in the figure {name}.")
        return SvgFigure(name, caption, svg.decode())

    def __rich__(self) -> RenderableType:
        """Return the last screen as Rich prints it."""
        return terminal.render_screen(self.summary)

    def _repr_html_(self) -> str:
        return html.of_last_screen(self.summary)


def load(path: "str | PathLike[str]") -> RunResult:
    """Load a record.

    Parameters
    ----------
    path : str or path
        A ``record.jsonl``, or the folder that holds one.

    Raises
    ------
    aebench.BadInputError
        If the record can't be read.
    """
    with refusing(RecordError):
        file = journal.record_path(Path(path))
        return RunResult(file, journal.load(file))


def summarise(*sources: "RunResult | Record") -> Summary:
    """Return a summary of records: every figure that tables and reports show.

    Parameters
    ----------
    *sources : RunResult or Record
        What :func:`load` and :func:`aebench.run` return; several are set side by side.

    Raises
    ------
    aebench.BadInputError
        If the records can't be set side by side.
    """
    records = [each.record if isinstance(each, RunResult) else each for each in sources]
    with refusing(RecordError):
        return summary.summarise(*records)


def _compared(cell: SpeedCell, row: SpeedRow) -> PairCompared:
    ratio = row.judged_ratio
    return PairCompared(
        model=cell.model,
        workload=cell.workload,
        batch_size=cell.batch_size,
        contender=row.contender,
        reference=cell.reference,
        ratio=ratio.value if ratio else None,
        low=ratio.low if ratio else None,
        high=ratio.high if ratio else None,
        verdict=row.verdict,
        per=cell.judged_by,
        reason=_reason(row),
    )


def _reason(row: SpeedRow) -> str:
    return row.failure or row.differs
