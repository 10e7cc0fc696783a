"""The rounds of one cell, and what follows of them launch by launch."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Generic, Protocol, TypeVar

from aebench.reports import comparison, record
from aebench.reports.launches import Spread, spreads

# Identifies a launch, and a block, over all records: run, launch (and block).
LaunchKey = tuple[int, int]
BlockKey = tuple[int, int, int]
# A cell: model, workload, batch size.
Key = tuple[str, str, int]
T = TypeVar("T")


class _Cell(Protocol):
    """What :class:`Pools` needs of a cell."""

    key: Key

    @property
    def launches_seen(self) -> int | None:
        """Return how many first launches of all cells tell this one's spread; None for all."""

    def means(self, *quantity: str) -> list[float]:
        """Return the launches' means of a quantity's logarithm; empty if it wasn't measured."""


C = TypeVar("C", bound=_Cell)


class CellRounds:
    """The rounds of one cell that count: those of disturbed blocks that were repeated don't.

    Parameters
    ----------
    key : tuple
        The cell: model, workload, batch size.
    rounds : mapping of str to mapping
        For each contender's name, its rounds by block.
    watched : mapping of BlockKey to Block
        The state of the machine in each block.
    enough : mapping of int to int
        For each run that found how many launches suffice for the cell, their number.

    Attributes
    ----------
    blocks : dict of str to dict
        Seconds per step by contender, then by block. Rounds of one block are compared in pairs.
    memory : dict of str to dict
        Seconds that moving a step's least bytes takes, likewise, for the baseline that measures it.
    """

    def __init__(
        self,
        key: Key,
        rounds: Mapping[str, Mapping[BlockKey, record.Round]],
        watched: Mapping[BlockKey, record.Block],
        enough: Mapping[int, int] | None = None,
    ) -> None:
        self.key = key
        self.watched = watched
        self.enough = enough or {}
        repeated = {place for place, row in watched.items() if row.repeated}
        self.blocks: dict[str, dict[BlockKey, float]] = {}
        self.memory: dict[str, dict[BlockKey, float]] = {}
        for name, rows in rounds.items():
            mine = {place: row for place, row in rows.items() if place not in repeated}
            if mine:
                self.blocks[name] = {place: row.seconds / row.steps for place, row in mine.items()}
            moved = {place: row.memory_seconds for place, row in mine.items()}
            if moved and all(moved.values()):
                self.memory[name] = {
                    place: seconds / mine[place].steps
                    for place, seconds in moved.items()
                    if seconds
                }
        self.steps = sorted({row.steps for rows in rounds.values() for row in rows.values()})
        self._ratios: dict[tuple[str, str], dict[LaunchKey, list[float]]] = {}
        self._steps: dict[str, dict[LaunchKey, float]] = {}

    def forget(self) -> None:
        """Free the memory of what was computed so far."""
        self._ratios.clear()
        self._steps.clear()

    @property
    def counted(self) -> list[record.Block]:
        """The blocks that count: a disturbed one that was repeated doesn't."""
        return [row for row in self.watched.values() if not row.repeated]

    def launches_of(self, run: int) -> int:
        """Return the number of launches in which a run measured the cell."""
        return len({launch for each, launch, _ in self.watched if each == run})

    def ratios(self, name: str, against: str) -> dict[LaunchKey, list[float]]:
        """Return for each launch the ratios of two contenders' seconds, in blocks with both."""
        if (name, against) not in self._ratios:
            mine, other = self.blocks.get(name, {}), self.blocks.get(against, {})
            self._ratios[name, against] = _quotients(mine, other)
        return self._ratios[name, against]

    def ratio_means(self, name: str, against: str) -> list[float]:
        """Return for each launch the mean log-ratio of two contenders' seconds."""
        return comparison.launch_means(list(self.ratios(name, against).values()))

    def limit_means(self, limit: Mapping[BlockKey, float], name: str) -> list[float]:
        """Return for each launch the mean log-ratio of a limit's seconds to a contender's."""
        ratios = _quotients(limit, self.blocks.get(name, {}))
        return comparison.launch_means(list(ratios.values()))

    def step_logs(self, name: str) -> dict[LaunchKey, float]:
        """Return for each launch the logarithm of a contender's median seconds per step."""
        if name not in self._steps:
            launches = self.by_launch(name)
            self._steps[name] = {at: math.log(median(each)) for at, each in launches.items()}
        return self._steps[name]

    def by_launch(self, name: str) -> dict[LaunchKey, list[float]]:
        """Return a contender's seconds per step in each launch, in the order of the blocks."""
        return by_launch(self.blocks.get(name, {}))

    def to_block_mean(self, name: str, in_turn: Sequence[Sequence[str]] = ()) -> list[list[float]]:
        """Return for each launch a contender's seconds over the mean of its block's contenders.

        The mean is geometric. Blocks in which a contender is missing are left out, and so is a
        contender that was measured alone. Of contenders that take turns by launch, which
        ``in_turn`` lists, a block has one.
        """
        taking_turns = {each for group in in_turn for each in group}
        columns = [each for key, each in self.blocks.items() if key not in taking_turns]
        for group in in_turn:
            rounds = [self.blocks[each] for each in group if each in self.blocks]
            if rounds:
                columns.append({place: each for mine in rounds for place, each in mine.items()})
        if len(columns) < 2:
            return []
        whole = set.intersection(*map(set, columns))
        mine = self.blocks[name]
        found = {
            place: mine[place] / math.exp(fmean([math.log(each[place]) for each in columns]))
            for place in whole
        }
        return list(by_launch(found).values())


class Pools(Generic[C]):
    """Spreads between launches, pooled over the models of one workload and batch size.

    Parameters
    ----------
    cells : sequence
        All cells, each with its ``key``.
    """

    def __init__(self, cells: Sequence[C]) -> None:
        self._cells: dict[tuple[str, int], list[C]] = {}
        for cell in cells:
            self._cells.setdefault(cell.key[1:], []).append(cell)
        self._found: dict[tuple[object, ...], dict[C, Spread | None]] = {}

    def spread(self, cell: C, *quantity: str) -> Spread | None:
        """Return the spread of a quantity in a cell, see :func:`aebench.reports.launches.spreads`.

        The words of ``quantity`` are those that a cell's ``means`` takes. A cell that ended is
        told by what was there when it ended: its intervals are those of its last look.
        """
        seen = cell.launches_seen
        key = (*cell.key[1:], seen, *quantity)
        if key not in self._found:
            cells = self._cells[cell.key[1:]]
            found = spreads([each.means(*quantity)[:seen] for each in cells])
            self._found[key] = dict(zip(cells, found, strict=True))
        return self._found[key][cell]


def _quotients(
    mine: Mapping[BlockKey, float], other: Mapping[BlockKey, float]
) -> dict[LaunchKey, list[float]]:
    """Return for each launch the quotients of two contenders' seconds, in blocks with both."""
    return by_launch({place: mine[place] / other[place] for place in mine.keys() & other.keys()})


def by_launch(values: Mapping[BlockKey, T]) -> dict[LaunchKey, list[T]]:
    """Return a list per launch of the values of its blocks, in the order of the blocks."""
    launches: dict[LaunchKey, list[T]] = {}
    for place in sorted(values):
        launches.setdefault(place[:2], []).append(values[place])
    return launches
