"""Make the tables that show all cells of the speed pass at a glance."""

from collections.abc import Callable, Sequence

from aebench.reports.formatting import interval, listed, relative, spanned
from aebench.reports.sections import TableView
from aebench.reports.summary import SpeedCell, SpeedRow, Summary
from aebench.reports.tables.shared import Shared, Table, share, shown
from aebench.reports.tables.speed import about_shares, times


def overview(summary: Summary) -> list[Table]:
    """Return the table that compares contenders, and those that explain what it shows.

    The list is empty if there are fewer than two cells.
    """
    return [glance(summary), *explained(summary)] if len(summary.speed) > 1 else []


def explained(summary: Summary) -> list[Table]:
    """Return tables on what explains the ratios, with a row per cell.

    One is on the libraries' matrix products. If there are baselines, another one shows which share
    of their throughput each contender reaches. The list is empty if there are fewer than two cells.
    """
    if len(summary.speed) < 2:
        return []
    return [*_products(summary), *_shares(summary)]


def glance(summary: Summary, how: Callable[..., str] = interval) -> Table:
    """Return the table with a row per cell, which compares each contender with the reference.

    Parameters
    ----------
    summary : Summary
        The content.
    how : callable
        Writes a number with its interval, as :mod:`aebench.reports.formatting` does.
    """
    names = _who(summary, lambda row: row.verdict != "baseline")
    references = dict.fromkeys(cell.reference for cell in summary.speed)
    heads = [f"{name}, samples/s" if name in references else f"{name}, × time" for name in names]
    note = (
        f"× time: how many times as long as the reference's {unit(summary)} takes on "
        f"{_where(summary)}, and the verdict. All with 95 % intervals over launches. Ratios are of "
        "pairs in the same block: the quotient of two throughputs, which are of steps, is another."
    )
    if not all(row.shares_blocks for cell in summary.speed for row in cell.rows):
        note += " †: not from the same blocks."
    if any(cell.runs for cell in summary.speed):
        note += (
            " Of several runs ratios are means with intervals over runs, and throughputs are the "
            "range of the runs'."
        )
    return _table(
        "At a glance",
        summary,
        heads,
        [note, *reasons(summary)],
        lambda cell: [_beside(cell, row, how) for row in _rows(cell, names)],
    )


def cell_line(cell: SpeedCell) -> str:
    """Return what is known of a cell as a line of text."""
    rows = [row for row in cell.rows if not row.control_of and row.verdict != "baseline"]
    told = [
        f"{row.contender} {_beside(cell, row, relative)}"
        + " samples/s" * bool(row.contender == cell.reference and row.samples_per_second)
        for row in rows
    ]
    return f"{cell.short}: {'; '.join(told)}"


def _products(summary: Summary) -> list[Table]:
    """Return a table of the libraries' matrix products, which explain much of the ratios."""
    libraries = list(
        dict.fromkeys(name for cell in summary.speed for name in cell.library_samples_per_second)
    )
    if not libraries:
        return []
    table = _table(
        "Matrix products alone, by library",
        summary,
        [f"{name}, samples/s" for name in libraries],
        [
            "The step's matrix products without anything else, in a loop of each library on this "
            "machine, one call after another. Within a step, XLA can do them faster. Another "
            "processor changes their order."
        ],
        lambda cell: [
            interval(found) if (found := cell.library_samples_per_second.get(name)) else "–"
            for name in libraries
        ],
    )
    return [table]


def _shares(summary: Summary) -> list[Table]:
    natives = _who(summary, lambda row: row.of_native)
    limited = _who(summary, lambda row: row.of_limit)
    if not natives and not limited:
        return []
    if limited:
        limited = _who(summary, lambda row: row.of_limit or _is_out(row))
    bounds = [cell.limit.bound if cell.limit else "" for cell in summary.speed]
    note = about_shares(any(bounds))
    table = _table(
        "How near to what could be",
        summary,
        [
            *(f"{name}, % of native" for name in natives),
            *(f"{name}, % of limit" for name in limited),
            *["limit"] * any(bounds),
        ],
        [note, *reasons(summary)],
        lambda cell: [
            *(share(row.of_native if row else None) for row in _rows(cell, natives)),
            *(share(row.of_limit if row else None) for row in _rows(cell, limited)),
            *[cell.limit.bound if cell.limit and cell.limit.bound else "–"] * any(bounds),
        ],
    )
    return [table]


def reasons(summary: Summary) -> list[str]:
    """Return notes with the reasons why contenders were not measured in some cells."""
    rows = [row for cell in summary.speed for row in cell.rows if not row.control_of]
    found = dict.fromkeys(f"{row.contender}: {row.failure}" for row in rows if _is_out(row))
    return list(map(Shared, found))


def _is_out(row: SpeedRow) -> bool:
    """Return whether a row is that of a contender, not of a baseline, without a figure."""
    return row.samples_per_second is None and row.verdict != "baseline"


def _who(summary: Summary, told: Callable[[SpeedRow], object]) -> list[str]:
    """Return the names of contenders, not controls, for which ``told`` is true in any cell."""
    rows = (row for cell in summary.speed for row in cell.rows)
    return list(dict.fromkeys(row.contender for row in rows if not row.control_of and told(row)))


def _rows(cell: SpeedCell, names: Sequence[str]) -> list[SpeedRow | None]:
    by_name = {row.contender: row for row in cell.rows}
    return [by_name.get(name) for name in names]


def _table(
    title: str,
    summary: Summary,
    heads: list[str],
    notes: list[str],
    shown_of: Callable[[SpeedCell], list[str]],
) -> Table:
    """Return a table with a row per cell, whose cells ``shown_of`` returns."""
    return Table(
        title,
        ["cell, batch", *heads],
        [[cell.short, *shown_of(cell)] for cell in summary.speed],
        notes,
        faint=[number for number, cell in enumerate(summary.speed) if cell.mostly_disturbed],
    )


def _beside(cell: SpeedCell, row: SpeedRow | None, how: Callable[..., str]) -> str:
    if row is None or row.samples_per_second is None:
        return "–"
    if row.contender == cell.reference:
        return shown(row.samples_per_second, how=spanned if cell.runs else how)
    return f"× {times(row, row.judged_ratio, how)} {row.verdict}".rstrip()


def _where(summary: Summary) -> str:
    several = any(cell.machine for cell in summary.speed)
    return "the machine of the row" if several else "this machine"


def unit(summary: Summary) -> str:
    """Return what the ratios compare, such as "an epoch of fit (train) or a step (predict)"."""
    units: dict[str, dict[str, None]] = {}
    for cell in summary.speed:
        unit = "an epoch of fit" if cell.judged_by == "epoch" else f"a {cell.judged_by}"
        units.setdefault(unit, {})[cell.workload] = None
    if len(units) == 1:
        return next(iter(units))
    return " or ".join(f"{unit} ({listed(names)})" for unit, names in units.items())


VIEWS = [
    TableView("explained", section="Throughput", order=1, make=explained),
]
