"""Combine the ratios of one cell on several machines, and say how far machines differ."""

from collections.abc import Iterator, Sequence
from math import expm1

import msgspec

from aebench.reports.comparison import holm
from aebench.reports.random_effects import over_machines
from aebench.reports.statistics import Estimate
from aebench.reports.summary.speed_rows import SpeedCell, SpeedRow


class OnMachine(msgspec.Struct, frozen=True):
    """A contender's ratio on one machine; of several runs it is their mean."""

    machine: str
    ratio: Estimate


class MachinesRow(msgspec.Struct, frozen=True):
    """A contender's ratio in one cell over the machines that have it, at least two.

    ``reference`` and ``judged_by`` are those of the cell. ``mean`` is over machines, and
    ``prediction`` holds the ratio measured on one more machine like these; it is None for fewer
    than three. ``between_sd`` is the standard deviation between machines, as a share, without what
    their own errors explain. ``p_equal`` is the p-value of the hypothesis that they have one ratio.
    ``differ`` is whether that is rejected where all rows are judged together (Holm's procedure).
    The last three are None where a machine's own error isn't known.
    """

    model: str
    workload: str
    batch_size: int
    contender: str
    reference: str
    judged_by: str
    machines: list[OnMachine]
    mean: Estimate
    prediction: Estimate | None = None
    between_sd: float | None = None
    p_equal: float | None = None
    differ: bool | None = None

    @property
    def short(self) -> str:
        """Return the cell's name in tables with a row per cell."""
        return f"{self.workload} {self.model}, {self.batch_size}"

    @property
    def reach(self) -> float:
        """Return how many times the least ratio the largest one is."""
        values = [each.ratio.value for each in self.machines]
        return max(values) / min(values)

    @property
    def ends(self) -> tuple[OnMachine, OnMachine]:
        """Return the machines with the least and the largest ratio."""
        ordered = sorted(self.machines, key=lambda each: each.ratio.value)
        return ordered[0], ordered[-1]


def rows(cells: Sequence[SpeedCell]) -> list[MachinesRow]:
    """Return a row for each contender and cell that several machines have; seconds have none.

    Only cells with the same reference that are judged by the same belong together. A machine with
    runs that can't be combined has several ratios and is in no mean.
    """
    together: dict[tuple[object, ...], list[SpeedCell]] = {}
    for cell in cells:
        if cell.machine:
            key = (*cell.key, cell.reference, cell.judged_by)
            together.setdefault(key, []).append(cell)
    found = [row for mine in together.values() for row in _rows(mine)]
    known = [row.p_equal for row in found if row.p_equal is not None]
    rejected = iter(holm(known, len(known)))
    return [
        row if row.p_equal is None else msgspec.structs.replace(row, differ=next(rejected))
        for row in found
    ]


def _rows(cells: Sequence[SpeedCell]) -> Iterator[MachinesRow]:
    """Yield the rows of one cell, given on all machines."""
    by_contender: dict[str, dict[str, list[tuple[SpeedRow, Estimate]]]] = {}
    for cell in cells:
        for row in ranked(cell):
            ratio = row.times_epoch if cell.judged_by == "epoch" else row.times_reference
            if ratio:
                here = by_contender.setdefault(row.contender, {})
                here.setdefault(cell.machine, []).append((row, ratio))
    for contender, by_machine in by_contender.items():
        single = {machine: mine[0] for machine, mine in by_machine.items() if len(mine) == 1}
        if len(single) < 2:
            continue
        ratios = [ratio for _, ratio in single.values()]
        compared = over_machines(
            [ratio.value for ratio in ratios], [row.log_error for row, _ in single.values()]
        )
        between = compared.between_sd
        yield MachinesRow(
            *cells[0].key,
            contender,
            cells[0].reference,
            cells[0].judged_by,
            [OnMachine(machine, ratio) for machine, (_, ratio) in single.items()],
            compared.mean,
            compared.prediction,
            None if between is None else expm1(between),
            compared.p_equal,
        )


def ranked(cell: SpeedCell) -> list[SpeedRow]:
    """Return the rows of a cell that are judged, without controls."""
    return [row for row in cell.rows if row.adjusted and row.judged_ratio and not row.control_of]
