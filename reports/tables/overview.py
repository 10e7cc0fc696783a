"""Make the tables that show all cells of the speed pass at a glance."""

from collections.abc import Callable, Sequence

from aebench.reports.formatting import interval, listed, relative, spanned
from aebench.reports.record import MachineInfo
from aebench.reports.sections import TableView
from aebench.reports.summary import SpeedCell, SpeedRow, Summary
from aebench.reports.summary.questions import machine_names
from aebench.reports.tables.shared import (
    MOST_ROWS,
    MOST_SHOWN_CELLS,
    Shared,
    Table,
    few,
    share,
    shown,
)
from aebench.reports.tables.speed import about_shares, times


def overview(summary: Summary) -> list[Table]:
    """Return the table that compares contenders, and those that explain what it shows.

    The list is empty if there are fewer than two cells.
    """
    return [glance(summary), *explained(summary)] if len(summary.speed) > 1 else []


def explained(summary: Summary) -> list[Table]:
    """Return tables on what explains the ratios, with a row per cell.

    One is on the libraries' matrix products, and on the machines where there are several. If there
    are baselines, another one shows which share of their throughput each contender reaches. The
    list is empty if there are fewer than two cells.
    """
    if len(summary.speed) < 2:
        return []
    return [*_products(summary), *_shares(summary)]


def glance(summary: Summary, how: Callable[..., str] = interval, most: int = MOST_ROWS) -> Table:
    """Return the table with a row per cell, which compares each contender with the reference.

    Parameters
    ----------
    summary : Summary
        The content.
    how : callable
        Writes a number with its interval, as :mod:`aebench.reports.formatting` does.
    most : int
        The largest number of rows; the first cells are shown.
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
        most,
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
    """Return a table of the libraries' matrix products, which explain much of the ratios.

    Of several machines it has what else may explain why their ratios differ, and the ratios.
    """
    libraries = list(
        dict.fromkeys(name for cell in summary.speed for name in cell.library_samples_per_second)
    )
    machines = _machines(summary)
    if not (libraries or machines):
        return []
    operations = _operations(summary) if machines else {}
    unit = "GFLOP/s" if operations else "samples/s"
    names = _who(summary, lambda row: row.adjusted) if machines else []

    def entries(cell: SpeedCell) -> list[str]:
        here = machines.get(cell.machine)
        factor = operations.get((cell.model, cell.has_epochs), 1e9) / 1e9
        return [
            *([vectors(here), str(here.cores)] if here else ["–"] * 2 * bool(machines)),
            *(
                interval(found * factor)
                if (found := cell.library_samples_per_second.get(name))
                else "–"
                for name in libraries
            ),
            *(_alone(row) for row in _rows(cell, names)),
        ]

    notes = [
        "The step's matrix products without anything else, in a loop of each library on this "
        "machine, one call after another. Within a step, XLA can do them faster. Another "
        "processor changes their order."
    ] * bool(libraries)
    return [
        _table(
            "What differs between machines" if machines else "Matrix products alone, by library",
            summary,
            [
                *["vectors", "cores"] * bool(machines),
                *(f"{name}{', products' * bool(machines)}, {unit}" for name in libraries),
                *(f"{name}, × time" for name in names),
            ],
            notes,
            entries,
        )
    ]


def _machines(summary: Summary) -> dict[str, MachineInfo]:
    """Return the machines by the names that their cells have; empty for a single one."""
    if not any(cell.machine for cell in summary.speed):
        return {}
    found = [run.machine for run in summary.runs]
    names = machine_names(found)
    return {names[each.kind]: each for each in found}


def _operations(summary: Summary) -> dict[tuple[str, bool], int]:
    """Return the operations per sample by model and whether it trains; empty if any is unknown."""
    models = {model.name: model for model in summary.models}
    found = {
        (cell.model, cell.has_epochs): models[cell.model].training_operations
        if cell.has_epochs
        else models[cell.model].forward_operations
        for cell in summary.speed
        if cell.library_samples_per_second
    }
    known = {key: each for key, each in found.items() if each}
    return known if len(known) == len(found) else {}


def vectors(machine: MachineInfo) -> str:
    """Return the widest vector instructions of a machine; a dash where they aren't known."""
    known = machine.identity.get("vector instructions", "").split()
    return next(
        (text for start, text in _VECTORS.items() if any(each.startswith(start) for each in known)),
        "–",
    )


# The wider come first. How wide SVE is, flags don't tell.
_VECTORS = {
    "avx512": "AVX-512 (512 bits)",
    "avx2": "AVX2 (256 bits)",
    "avx": "AVX (256 bits)",
    "sve": "SVE",
    "sse4": "SSE4 (128 bits)",
    "asimd": "NEON (128 bits)",
}


def _alone(row: SpeedRow | None) -> str:
    """Return a ratio without its interval, which stands beside the verdict elsewhere."""
    return interval(row.judged_ratio.value) if row and row.judged_ratio else "–"


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
    most: int = MOST_ROWS,
) -> Table:
    """Return a table with a row per cell, whose cells ``shown_of`` returns."""
    cells, left = few(summary.speed, "rows", min(most, MOST_SHOWN_CELLS // (1 + len(heads))))
    return Table(
        title,
        ["cell, batch", *heads],
        [[cell.short, *shown_of(cell)] for cell in cells],
        [*notes, *left],
        faint=[number for number, cell in enumerate(cells) if cell.mostly_disturbed],
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
