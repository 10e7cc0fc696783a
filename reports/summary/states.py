"""Say whether a cell's ratios depend on the machine's state, which its controls alone tell."""

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import msgspec
import numpy as np

from aebench.reports import calm, comparison, record
from aebench.reports.comparison import holm
from aebench.reports.formatting import interval, listed
from aebench.reports.journal import Record
from aebench.reports.launches import spreads
from aebench.reports.statistics import Estimate
from aebench.reports.summary.cell_rounds import BlockKey, CellRounds, Key
from aebench.reports.summary.speed_rows import SpeedCell, SpeedRow

# A launch has a mean over calm blocks if it has at least so many.
_LEAST_CALM_BLOCKS = 3
_LEVEL = 0.05


class State(NamedTuple):
    """What the machine controls showed in a block."""

    calm: bool
    compute_seconds: float
    streaming_seconds: float


States = Mapping[BlockKey, State]


def states(sources: Sequence[Record]) -> dict[Key, dict[BlockKey, State]]:
    """Return the machine's state in every block of which it is known, by cell.

    A launch's blocks follow each other without a gap, whatever their cell and whether they count.
    """
    found: dict[Key, dict[BlockKey, State]] = {}
    for run, source in enumerate(sources):
        known = [
            row for row in source.of(record.Block) if row.compute_seconds and row.streaming_seconds
        ]
        stretches = [list(rows) for _, rows in groupby(known, lambda row: (row.model, row.launch))]
        compute, streaming = (
            [[getattr(row, field) for row in rows] for rows in stretches]
            for field in ("compute_seconds", "streaming_seconds")
        )
        for at, (rows, quiet) in enumerate(
            zip(stretches, calm.calm([compute, streaming]), strict=True)
        ):
            told = map(State, quiet.tolist(), compute[at], streaming[at])
            for row, state in zip(rows, told, strict=True):
                key = (row.model, row.workload, row.batch_size)
                found.setdefault(key, {})[run, row.launch, row.block] = state
    return found


def with_states(
    cells: Sequence[SpeedCell],
    rounds: Sequence[CellRounds],
    known: Mapping[Key, States],
) -> list[SpeedCell]:
    """Return cells with what depends on the machine's state.

    Parameters
    ----------
    cells : sequence of SpeedCell
        The cells.
    rounds : sequence of CellRounds
        The cells' rounds, in the same order.
    known : mapping of Key to States
        The states of :func:`states`.
    """
    if not known:
        return list(cells)
    pools: dict[tuple[str, int], list[_CellStates]] = {}
    for cell, mine in zip(cells, rounds, strict=True):
        of_cell = _CellStates(cell, mine, known.get(mine.key, {}))
        pools.setdefault(mine.key[1:], []).append(of_cell)
    for pool in pools.values():
        for name in dict.fromkeys(name for each in pool for name in each.against):
            _compare([each for each in pool if name in each.against], name)
    _depend(list(pools.values()))
    by_key = {each.rounds.key: each for pool in pools.values() for each in pool}
    return [by_key[mine.key].summarised() for mine in rounds]


class _CellStates:
    """A cell's ratios in calm blocks and in the others."""

    def __init__(self, cell: SpeedCell, rounds: CellRounds, known: States) -> None:
        self.cell = cell
        self.rounds = rounds
        self.known = known
        self.rows = {row.contender: row for row in cell.rows}
        # With whom each contender is compared.
        self.against = {
            row.contender: against
            for row in cell.rows
            if row.contender in rounds.blocks
            and (against := row.control_of or cell.reference) != row.contender
            and against in rounds.blocks
        }
        self.judged = [
            name
            for name in self.against
            if self.rows[name].adjusted and not self.rows[name].control_of
        ]
        self.ratios: dict[str, Estimate] = {}
        self.contrasts: dict[str, calm.Contrast] = {}
        self.depending: list[str] = []

    def launches(self, name: str) -> list[tuple[list[float], list[bool]]]:
        """Return for each launch the log-ratios of blocks, and whether these were calm."""
        mine, other = (self.rounds.blocks[each] for each in (name, self.against[name]))
        shared = sorted(mine.keys() & other.keys() & self.known.keys())
        found = []
        for _, places in groupby(shared, lambda place: place[:2]):
            listed_places = list(places)
            found.append(
                (
                    [math.log(mine[each] / other[each]) for each in listed_places],
                    [self.known[each].calm for each in listed_places],
                )
            )
        return found

    def calm_means(self, name: str) -> list[float]:
        """Return the mean log-ratio of calm blocks of each launch that has enough of them."""
        found = []
        for logarithms, quiet in self.launches(name):
            if sum(quiet) >= _LEAST_CALM_BLOCKS:
                found.append(float(np.mean(np.array(logarithms)[np.array(quiet)])))
        return found

    def part(self, name: str) -> bool:
        """Return whether the ratios of calm and of all blocks part by more than the margin."""
        whole, quiet = self.rows[name].times_reference, self.ratios.get(name)
        if not (whole and quiet):
            return False
        return abs(math.log(whole.value / quiet.value)) > math.log1p(self.cell.different)

    def correlations(self, name: str) -> dict[str, float]:
        """Return the correlation of a contender's seconds with those of each machine control."""
        mine = self.rounds.blocks.get(name, {})
        places = sorted(mine.keys() & self.known.keys())
        stretches = [list(each) for _, each in groupby(places, lambda place: place[:2])]
        seconds = [[mine[place] for place in each] for each in stretches]
        found = {
            control: calm.correlation(
                seconds, [[self.known[place][at] for place in each] for each in stretches]
            )
            for control, at in (("compute", 1), ("streaming", 2))
        }
        return {control: value for control, value in found.items() if value is not None}

    def sentence(self) -> str:
        """Return a sentence on ratios that depend on the machine's state; empty if none do."""
        if not self.depending:
            return ""
        quiet, others = [], []
        for name in self.depending:
            value = self.ratios[name].value
            quiet.append(f"{name} {interval(value)}")
            others.append(interval(value * math.exp(self.contrasts[name].difference)))
        return (
            f"The ratio depends on what neighbours on the machine do: a {self.cell.timing} takes "
            f"{listed(quiet)} times {self.cell.reference}'s time in calm blocks, in the others "
            f"{listed(others)}."
        )

    def summarised(self) -> SpeedCell:
        """Return the cell with what depends on the machine's state."""
        counted = [self.known[place].calm for place in self._counted()]
        rows: list[SpeedRow] = [
            msgspec.structs.replace(
                row,
                times_reference_calm=self.ratios.get(row.contender),
                control_correlations=self.correlations(row.contender),
            )
            for row in self.cell.rows
        ]
        return msgspec.structs.replace(
            self.cell,
            rows=rows,
            calm_blocks=sum(counted) if counted else None,
            depends_on_state=self.sentence(),
        )

    def _counted(self) -> list[BlockKey]:
        """Return the blocks that count and whose state is known."""
        return [
            place
            for place, row in self.rounds.watched.items()
            if place in self.known and not row.repeated
        ]


def _compare(pool: Sequence[_CellStates], name: str) -> None:
    """Compare a contender's calm blocks with all, in the cells of a workload and batch size."""
    means = [each.calm_means(name) for each in pool]
    differences = calm.contrasts([each.launches(name) for each in pool])
    for each, mine, known, difference in zip(pool, means, spreads(means), differences, strict=True):
        if mine:
            excess = 0.0 if each.rows[name].control_of else math.log1p(each.cell.control_excess)
            each.ratios[name] = comparison.compare(mine, pooled=known, excess=excess).ratio
        if difference:
            each.contrasts[name] = difference


def _depend(every: Sequence[Sequence[_CellStates]]) -> None:
    """Find the contenders whose ratios depend on the machine's state.

    The cells of a workload and batch size are tested together first, all such tests by Holm's
    procedure. Where the ratio depends on the state there, a cell's own test decides on the cell.
    """
    families = [
        (name, cells)
        for pool in every
        for name in dict.fromkeys(name for each in pool for name in each.judged)
        if (cells := [each for each in pool if name in each.judged and name in each.contrasts])
    ]
    p_values = [
        calm.together([each.contrasts[name] for each in cells]).p_value for name, cells in families
    ]
    for (name, cells), rejected in zip(families, holm(p_values, len(p_values)), strict=True):
        for each in cells:
            if rejected and each.contrasts[name].p_value <= _LEVEL and each.part(name):
                each.depending.append(name)
