"""Analyse the cells of the speed pass run by run, and decide which runs a cell combines.

Rounds are paired within a run only: a run is a stratum.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeVar

import msgspec

from aebench.reports import record
from aebench.reports.comparison import holm
from aebench.reports.summary.cell_answer import Ranking
from aebench.reports.summary.cell_comparisons import CellComparisons
from aebench.reports.summary.cell_measurements import CellMeasurements
from aebench.reports.summary.cell_rounds import BlockKey, CellRounds, Key, Pools
from aebench.reports.summary.cell_summary import CellSummary
from aebench.reports.summary.merged_cells import MergedCell
from aebench.reports.summary.parity import Standing
from aebench.reports.summary.questions import Runs
from aebench.reports.summary.shared import ContenderView
from aebench.reports.summary.speed_rows import SpeedCell
from aebench.reports.summary.states import States, with_states

T = TypeVar("T")
K = TypeVar("K")


class Measured(NamedTuple):
    """The cells of the speed pass.

    In ``shown``, all runs of one question on one machine have a cell together. In ``by_run`` each
    run has a cell of its own, with the names of the views. For a single record both are equal.
    ``parts`` are those of ``by_run`` that are shown together with others.
    """

    shown: list[SpeedCell]
    by_run: list[SpeedCell]
    parts: list[SpeedCell]


@dataclass(frozen=True)
class RunCell:
    """The measurements of a cell in a run, or in several runs that measured one contender each.

    Parameters
    ----------
    cell : CellMeasurements
        The measurements. For a single run contenders have their names in the record.
    runs : tuple of int
        The runs.
    names : mapping of str to str
        The views' names of the cell's contenders.
    """

    cell: CellMeasurements
    runs: tuple[int, ...]
    names: Mapping[str, str]


@dataclass(frozen=True)
class MeasuredCell:
    """What all runs measured in a cell.

    Parameters
    ----------
    key : Key
        The cell.
    workload : WorkloadInfo
        The words for the workload.
    views : sequence of ContenderView
        The contenders that any run planned here, or that are missing in all runs.
    standings : mapping of (int, str) to Standing
        By run and name, whether a contender's model was shown to be the same in this cell.
    rounds : mapping of str to mapping
        For each view's name, its rounds by block.
    watched : mapping of BlockKey to Block
        The state of the machine in each block.
    enough : mapping of int to int
        By run, after how many launches the cell ended, where a rule ended it.
    """

    key: Key
    workload: record.WorkloadInfo
    views: Sequence[ContenderView]
    standings: Mapping[tuple[int, str], Standing]
    rounds: Mapping[str, Mapping[BlockKey, record.Round]]
    watched: Mapping[BlockKey, record.Block]
    enough: Mapping[int, int]

    def by_run(self, runs: Runs) -> list[RunCell]:
        """Return the measurements per run; runs of one contender each are taken together."""
        return [self._measured(together, runs) for together in self._together(runs)]

    def _together(self, runs: Runs) -> list[tuple[int, ...]]:
        """Return the sets of runs that are taken together, all of one machine.

        Runs of a single contender each, as of environments with one backend, have no pairs. They
        are compared with each other unpaired; if they have the same contender, they are repetitions
        of a run. A run that measured nothing here is left out if another one did.
        """
        planned = {view.run for view in self.views if not view.info.missing}
        measured: dict[int, set[str]] = {}
        for view in self.views:
            if self.rounds.get(view.name):
                mine = measured.setdefault(view.run, set())
                mine |= {view.info.name} if not view.info.control_of else set()
        if not measured:
            return [tuple(self._ordered(planned or {view.run for view in self.views}, runs))]
        found: list[tuple[int, ...]] = []
        by_machine: dict[str, set[int]] = {}
        for run in self._ordered(measured, runs):
            by_machine.setdefault(runs.machine(run), set()).add(run)
        for machine, here in by_machine.items():
            alone = {run for run in here if len(measured[run]) < 2}
            if len({frozenset(measured[run]) for run in alone}) > 1:
                failed = {run for run in planned - measured.keys() if runs.machine(run) == machine}
                found.append(tuple(self._ordered(alone | failed, runs)))
                here = here - alone
            found += [(run,) for run in self._ordered(here, runs)]
        return found

    @staticmethod
    def _ordered(some: Collection[int], runs: Runs) -> list[int]:
        """Return runs in an order that doesn't depend on how they were given."""
        return sorted(some, key=runs.place.__getitem__)

    @cached_property
    def _views_of(self) -> dict[int, list[ContenderView]]:
        """Return the views by run: there may be hundreds of runs."""
        return _by(self.views, lambda view: view.run)

    @cached_property
    def _missing(self) -> list[ContenderView]:
        return [view for view in self.views if view.info.missing]

    @cached_property
    def _watched_in(self) -> dict[int, list[tuple[BlockKey, record.Block]]]:
        return _by(self.watched.items(), lambda pair: pair[0][0])

    def _measured(self, together: tuple[int, ...], runs: Runs) -> RunCell:
        # The first run's reference counts, whichever record was given first.
        views = [view for run in together for view in self._views_of.get(run, [])]
        views += [view for view in self._missing if view.run not in together]
        here = {view.name: view for view in views}
        if len(together) == 1:
            # Within a run its contenders need no name of their run.
            here = {view.name: view.within_run for view in views}
        shown = {old: view.name for old, view in here.items()}
        rounds = CellRounds(
            self.key,
            {shown[old]: self.rounds[old] for old in here if old in self.rounds},
            dict(pair for run in together for pair in self._watched_in.get(run, [])),
            self.enough,
        )
        first = next((view for view in views if view.run in together), views[0])
        cell = CellMeasurements(
            rounds,
            self.workload,
            first.source.header.plan,
            list(here.values()),
            {shown[old]: self.standings[view.run, old] for old, view in here.items()},
            runs.machine_of(together) or "this machine",
        )
        return RunCell(cell, together, {name: old for old, name in shown.items()})


def combined(found: Sequence[RunCell], runs: Runs, known: Mapping[Key, States]) -> Measured:
    """Return the cells by run, and those that combine runs of one question on one machine.

    ``known`` holds the machine's state in every block, where it is known.
    """
    groups = _groups(found, runs)
    merged = {number for numbers in groups if len(numbers) > 1 for number in numbers}
    compared: dict[int, CellComparisons] = {}
    alone: dict[int, SpeedCell] = {}
    rankings: dict[int, Ranking] = {}
    places = _by(range(len(found)), lambda number: found[number].runs)
    for mine_at in places.values():
        mine = [found[number].cell for number in mine_at]
        pools = Pools(mine)
        comparisons = [CellComparisons(cell, pools) for cell in mine]
        tested = sum(len(cell.blocks) for cell in mine)
        ranked = [CellSummary(each, tested).summarise() for each in comparisons]
        # A run's own answers stand or fall by what is in the run.
        cells = with_states(_standing(ranked), [cell.rounds for cell in mine], known)
        alone |= dict(zip(mine_at, cells, strict=True))
        rankings |= {at: ranking for at, (_, ranking) in zip(mine_at, ranked, strict=True)}
        compared |= {
            at: each for at, each in zip(mine_at, comparisons, strict=True) if at in merged
        }
        for measured in mine:
            # Of hundreds of machines all of it together would take hundreds of megabytes.
            measured.forget()
    by_run = [_named(alone[number], each.names) for number, each in enumerate(found)]
    shown: list[tuple[SpeedCell, Ranking]] = []
    parts: list[SpeedCell] = []
    told_apart = _told_apart(found, runs)
    for numbers in groups:
        first = found[numbers[0]]
        cell, ranking = alone[numbers[0]], rankings[numbers[0]]
        if len(numbers) > 1:
            cell, ranking = MergedCell(
                [(compared[number], alone[number]) for number in numbers],
                [runs.names[found[number].runs[0]] for number in numbers],
            ).summarise()
            parts += [
                msgspec.structs.replace(by_run[number], apart=[runs.names[found[number].runs[0]]])
                for number in numbers
            ]
        names = [runs.names[found[number].runs[0]] for number in numbers]
        cell = msgspec.structs.replace(
            cell,
            machine=runs.machine_of(first.runs),
            apart=names if _group(first, runs) in told_apart else [],
        )
        shown.append((cell, ranking))
    return Measured(_standing(shown), by_run, parts)


def _by(values: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Return the values by what they have in common."""
    found: dict[K, list[T]] = {}
    for value in values:
        found.setdefault(key(value), []).append(value)
    return found


def _group(each: RunCell, runs: Runs) -> tuple[object, ...]:
    """Return what the cells have in common that are combined; these are of single runs."""
    if len(each.runs) > 1:
        return each.runs
    run = each.runs[0]
    return runs.machine(run), runs.question_of[run], each.cell.reference


def _groups(found: Sequence[RunCell], runs: Runs) -> list[list[int]]:
    """Return the indices of the cells that are combined, in the order of cells, then machines."""
    by_key: dict[Key, dict[tuple[object, ...], list[int]]] = {}
    place = runs.place
    for number, each in enumerate(found):
        groups = by_key.setdefault(each.cell.key, {})
        groups.setdefault(_group(each, runs), []).append(number)

    def first(numbers: Iterable[int]) -> int:
        return min(place[found[number].runs[0]] for number in numbers)

    return [
        sorted(numbers, key=lambda number: place[found[number].runs[0]])
        for groups in by_key.values()
        for numbers in sorted(groups.values(), key=first)
    ]


def _told_apart(found: Sequence[RunCell], runs: Runs) -> set[tuple[object, ...]]:
    """Return the groups that need their runs' names: their machine has others.

    These are of another question, or of the same cell.
    """
    groups = {_group(each, runs) for each in found if len(each.runs) == 1}
    questions: dict[object, set[object]] = {}
    for machine, question, _ in groups:
        questions.setdefault(machine, set()).add(question)
    of_cell: dict[tuple[object, ...], set[tuple[object, ...]]] = {}
    for each in found:
        if len(each.runs) == 1:
            group = _group(each, runs)
            of_cell.setdefault((each.cell.key, group[0]), set()).add(group)
    crowded = {group for here in of_cell.values() if len(here) > 1 for group in here}
    return crowded | {group for group in groups if len(questions[group[0]]) > 1}


def _named(cell: SpeedCell, names: Mapping[str, str]) -> SpeedCell:
    """Return a cell whose contenders have other names; its sentences keep the old ones."""

    def named(name: str) -> str:
        return names.get(name, name)

    rows = [
        msgspec.structs.replace(
            row,
            contender=named(row.contender),
            control_of=named(row.control_of),
            originals=list(map(named, row.originals)),
        )
        for row in cell.rows
    ]
    return msgspec.structs.replace(
        cell, rows=rows, reference=named(cell.reference), fastest=named(cell.fastest)
    )


def _standing(found: Sequence[tuple[SpeedCell, Ranking]]) -> list[SpeedCell]:
    """Return the cells, marked where the fastest stands if all cells are judged together."""
    p_values = [p for _, ranking in found for p in ranking.p_values]
    rejected = iter(holm(p_values, sum(ranking.tests for _, ranking in found)))
    cells = []
    for cell, ranking in found:
        slower = [next(rejected) for _ in ranking.p_values]
        cells.append(msgspec.structs.replace(cell, stands=bool(cell.fastest) and all(slower)))
    return cells
