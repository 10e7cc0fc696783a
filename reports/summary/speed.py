"""What the speed pass showed: throughput, ratios in shared blocks, the cost of an epoch."""

from collections.abc import Iterable, Sequence
from math import isfinite, log, sqrt

import msgspec
import numpy as np

from reports import record, statistics
from reports.comparison import Comparison, compare, detectable, drift, noise_floor, verdict
from reports.journal import Record
from reports.summary.epochs import EpochCost, epoch_cost
from reports.summary.shared import Interval, Shown, definitions

# Where a slice stood: run, launch, block.
_Place = tuple[int, int, int]
_Key = tuple[str, str, int]


class SpeedRow(msgspec.Struct, frozen=True):
    """One contender in one cell; figures are absent where it failed.

    ``shares_blocks`` is whether it was measured in the same blocks as the reference; if so, the
    ``verdict`` goes by the ``adjusted`` interval, all comparisons of the cell holding together:
    faster, slower, same, inconclusive; unstable where a twin says that none can be trusted,
    unfinished where fewer blocks than planned were measured. ``detectable`` is the smallest
    difference that such a run calls in 80 % of cases, ``pair_sd`` and ``launch_sd`` are the
    standard deviations of the log-ratio. ``drift`` is there where the last third of its slices
    differs from the first: it wasn't steady. A control is compared with the contender ``twin_of``,
    on its own, and runs ``handicap`` (a share) more steps than it reports.
    """

    contender: str
    twin_of: str = ""
    handicap: float = 0.0
    slices: int = 0
    samples_per_second: Interval | None = None
    step_seconds: Interval | None = None
    times_reference: Interval | None = None
    shares_blocks: bool = True
    adjusted: Interval | None = None
    verdict: str = ""
    detectable: float | None = None
    pair_sd: float | None = None
    launch_sd: float | None = None
    drift: float | None = None
    epoch: EpochCost | None = None
    failure: str = ""


class SpeedCell(msgspec.Struct, frozen=True):
    """Where contenders met: definition × workload × batch size.

    ``launches`` and ``blocks`` are those of the contender that had most; ``comparisons`` is how
    many the adjustment is for. ``unstable`` names the twins that were called faster or slower than
    their originals: then nobody gets a verdict. ``noise_floor`` is the largest difference, as a
    share, that the twins' intervals allow. ``repeated`` blocks were contaminated and don't count,
    ``contaminated`` ones were too, but were beyond the limit of repetitions and do.
    ``foreign_share`` and ``stolen_share`` are means of the blocks that count, ``most_stolen_share``
    is that of the worst; ``control_sd`` is the standard deviation, within runs, of the logarithm of
    the time that fixed work took.
    """

    definition: str
    workload: str
    batch_size: int
    reference: str
    steps_per_slice: list[int]
    launches: int
    blocks: int
    rows: list[SpeedRow]
    answer: str
    comparisons: int = 0
    different: float = record.DIFFERENT
    same: float = record.SAME
    unstable: list[str] = []
    noise_floor: float | None = None
    repeated: int = 0
    contaminated: int = 0
    foreign_share: float | None = None
    stolen_share: float | None = None
    most_stolen_share: float | None = None
    control_sd: float | None = None


def cells(sources: Sequence[Record], entrants: Sequence[Shown]) -> list[SpeedCell]:
    """Summarise every cell in which something was measured or failed."""
    plans = [source.header.plan for source in sources]
    watched: dict[_Key, dict[_Place, record.Block]] = {}
    for run, source in enumerate(sources):
        for block in source.of(record.Block):
            key = (block.definition, block.workload, block.batch_size)
            watched.setdefault(key, {})[run, block.launch, block.block] = block
    found = []
    for definition in definitions(sources):
        slices: dict[_Key, dict[str, dict[_Place, record.Slice]]] = {}
        for entrant in entrants:
            for row in entrant.of(record.Slice, definition.name):
                key = (definition.name, row.workload, row.batch_size)
                if row.block >= 0:
                    mine = slices.setdefault(key, {}).setdefault(entrant.name, {})
                    mine[entrant.run, row.launch, row.block] = row
        failed = any(
            each.pass_name == "speed"
            for entrant in entrants
            for each in entrant.of(record.Failure, definition.name)
        )
        for workload in dict.fromkeys(each for plan in plans for each in plan.workloads):
            for batch_size in dict.fromkeys(each for plan in plans for each in plan.batch_sizes):
                key = (definition.name, workload, batch_size)
                if failed or key in slices:
                    cell = _Cell(key, entrants, slices.get(key, {}), watched.get(key, {}))
                    found.append(cell.summarise())
    return found


class _Cell:
    """What was measured where contenders met.

    Parameters
    ----------
    key : tuple
        Definition, workload, batch size.
    entrants : sequence of Shown
        Everyone, also who wasn't measured here.
    slices, watched : dict
        What was measured, by contender and place, and what the machine did, by place.
    """

    def __init__(
        self,
        key: _Key,
        entrants: Sequence[Shown],
        slices: dict[str, dict[_Place, record.Slice]],
        watched: dict[_Place, record.Block],
    ) -> None:
        self.definition, self.workload, self.batch_size = key
        self.where = f"{self.definition} at batch {self.batch_size}"
        self._entrants = {entrant.name: entrant for entrant in entrants}
        self._watched = watched
        repeated = {place for place, row in watched.items() if row.repeated}
        # Seconds per step by contender, then by place: blocks are what pairs.
        self.blocks: dict[str, dict[_Place, float]] = {}
        for name, rows in slices.items():
            mine = {place: row for place, row in rows.items() if place not in repeated}
            if mine:
                self.blocks[name] = {place: row.seconds / row.steps for place, row in mine.items()}
        self._steps = sorted({row.steps for rows in slices.values() for row in rows.values()})
        self.rivals = [name for name in self.blocks if not self._entrants[name].info.twin_of]
        self.reference = _reference(entrants, self.rivals)
        self.plan = entrants[0].source.header.plan

    def summarise(self) -> SpeedCell:
        """Judge everyone."""
        comparisons = max(0, len(self.rivals) - 1)
        rows = [self._row(entrant, comparisons) for entrant in self._entrants.values()]
        twins = [row for row in rows if row.twin_of and not row.handicap and row.times_reference]
        unstable = [row.contender for row in twins if row.verdict in ("faster", "slower")]
        if unstable:
            rows = [
                msgspec.structs.replace(row, verdict="unstable")
                if row.verdict and not row.twin_of
                else row
                for row in rows
            ]
        floors = [
            noise_floor(statistics.Estimate(each.value, each.low, each.high))
            for each in (row.times_reference for row in twins)
            if each
        ]
        counted = [row for row in self._watched.values() if not row.repeated]
        return SpeedCell(
            self.definition,
            self.workload,
            self.batch_size,
            self.reference,
            steps_per_slice=self._steps,
            launches=max(
                (len({place[:2] for place in mine}) for mine in self.blocks.values()), default=0
            ),
            blocks=max(map(len, self.blocks.values()), default=0),
            rows=rows,
            answer=self._why_no_verdicts(unstable) or self._answer(),
            comparisons=comparisons,
            different=self.plan.different,
            same=self.plan.same,
            unstable=unstable,
            noise_floor=max((each for each in floors if each is not None), default=None),
            repeated=len(self._watched) - len(counted),
            contaminated=sum(row.contaminated for row in counted),
            foreign_share=_mean(row.foreign_share for row in counted),
            stolen_share=_mean(row.stolen_share for row in counted),
            most_stolen_share=max(
                (row.stolen_share for row in counted if row.stolen_share is not None), default=None
            ),
            control_sd=_spread(
                (run, log(row.control_seconds))
                for (run, *_), row in self._watched.items()
                if not row.repeated
            ),
        )

    def _row(self, entrant: Shown, comparisons: int) -> SpeedRow:
        failure = entrant.failure("speed", self.definition)
        twin_of = self._original(entrant)
        nothing = SpeedRow(entrant.name, twin_of, entrant.info.handicap)
        mine = self.blocks.get(entrant.name)
        if not mine:
            return msgspec.structs.replace(nothing, failure=failure or "not measured")
        seconds = list(mine.values())
        step = statistics.median(seconds)
        against = twin_of or self.reference
        ratio = paired = None
        if entrant.name != against and against in self.blocks:
            paired = self._compare(entrant.name, against, 1 if twin_of else comparisons)
            ratio = (
                paired.ratio
                if paired
                else statistics.unpaired_ratio(seconds, list(self.blocks[against].values()))
            )
        epoch = None
        if self.workload == "train" and not twin_of:
            epoch = epoch_cost(entrant, self.definition, self.batch_size, seconds)
        return msgspec.structs.replace(
            nothing,
            slices=len(mine),
            samples_per_second=Interval.of(step.inverted().scaled(self.batch_size)),
            step_seconds=Interval.of(step),
            times_reference=Interval.of(ratio) if ratio else None,
            shares_blocks=ratio is None or paired is not None,
            adjusted=Interval.of(paired.adjusted) if paired else None,
            verdict=self._verdict(entrant.name, against, paired) if paired else "",
            detectable=self._detectable(paired, 1 if twin_of else comparisons) if paired else None,
            pair_sd=paired.pair_sd if paired else None,
            launch_sd=paired.launch_sd if paired else None,
            drift=drift(_by_launch(mine)),
            epoch=epoch,
            failure=failure,
        )

    def _original(self, entrant: Shown) -> str:
        """Name whom a control controls, as it is shown; empty for everyone else."""
        return next(
            (
                other.name
                for other in self._entrants.values()
                if other.source is entrant.source and other.info.name == entrant.info.twin_of
            ),
            "",
        )

    def _compare(self, name: str, against: str, comparisons: int) -> Comparison | None:
        """Compare two contenders in the blocks that they share; None if there are none."""
        mine, other = self.blocks[name], self.blocks[against]
        ratios = {place: mine[place] / other[place] for place in mine.keys() & other.keys()}
        return compare(_by_launch(ratios), comparisons) if ratios else None

    def _verdict(self, name: str, against: str, paired: Comparison) -> str:
        if min(len(self.blocks[each]) for each in (name, against)) < self._planned(name):
            return "unfinished"
        return verdict(paired.adjusted, self.plan.different, self.plan.same)

    def _planned(self, name: str) -> int:
        plan = self._entrants[name].source.header.plan
        return plan.launches * plan.blocks

    def _detectable(self, paired: Comparison, comparisons: int) -> float | None:
        if paired.pair_sd is None:
            return None
        plan = self.plan
        seen = detectable(
            paired.pair_sd,
            paired.launch_sd or 0.0,
            plan.launches,
            plan.blocks,
            plan.different,
            comparisons,
        )
        return seen if isfinite(seen) else None

    def _why_no_verdicts(self, unstable: Sequence[str]) -> str:
        """Say why nobody can be called fastest, whatever the intervals say; empty if that isn't so.

        Verdicts wait for the planned number of blocks, and are withheld where a twin, which is the
        same as its original, was called different.
        """
        nobody = f"Nobody is called fastest for {self.where} ({self.workload})"
        if unstable:
            others = " and ".join(unstable)
            return f"{nobody}: {others} came out different from its own original."
        for name in self.rivals:
            mine = self.blocks[name]
            planned = self._planned(name)
            if len(mine) < planned and len(mine) == max(len(self.blocks[n]) for n in self.rivals):
                return f"{nobody}: {len(mine)} of {planned} blocks were measured."
        return ""

    def _answer(self) -> str:
        """Say who is fastest, if the paired intervals bear it."""
        verb = {"train": "trains", "predict": "predicts with"}[self.workload]
        if len(self.rivals) < 2:
            return ""
        leader = min(
            self.rivals, key=lambda each: statistics.median(list(self.blocks[each].values())).value
        )
        rivals = sorted(set(self.rivals) - {leader})
        found = {rival: self._compare(rival, leader, len(rivals)) for rival in rivals}
        strangers = [rival for rival, comparison in found.items() if comparison is None]
        if strangers:
            return (
                f"No backend is called fastest for {self.where}: {leader} leads, but shared no "
                f"blocks with {' and '.join(strangers)}."
            )
        beaten = {
            rival: comparison.ratio.value
            for rival, comparison in found.items()
            if comparison and self._verdict(rival, leader, comparison) == "slower"
        }
        if len(beaten) == len(rivals):
            told = " and ".join(f"{each} takes {beaten[each]:.2g} times as long" for each in rivals)
            return f"{leader} {verb} {self.where} fastest here: for a step, {told}."
        others = " and ".join(sorted(set(rivals) - set(beaten)))
        return (
            f"No backend is shown to be fastest for {self.where}: {leader} leads, "
            f"{others} can't be told apart from it."
        )


class Spent(msgspec.Struct, frozen=True):
    """Where the time of the launches went that were measured whole.

    ``slices`` counts the warm-up too, ``repeated`` are the slices of blocks that had to be
    repeated, ``overhead`` is all else: starting, compiling, lead-ins, pauses, ends of epochs. All
    but ``seconds`` are shares of it.
    """

    seconds: float
    slices: float
    repeated: float
    overhead: float


def spent(source: Record) -> Spent | None:
    """Tell where the pass's time went; None if no launch was measured whole, with its time."""
    whole = {
        (each.unit.definition, each.unit.launch): each.seconds
        for each in source.of(record.UnitEnd)
        if each.unit.pass_name == "speed" and each.seconds is not None
    }
    total = sum(whole.values())
    if not total:
        return None
    repeated = {row.place for row in source.of(record.Block) if row.repeated}
    seconds = {True: 0.0, False: 0.0}
    for row in source.of(record.Slice):
        if (row.definition, row.launch) in whole:
            seconds[row.place in repeated] += row.seconds
    again, once = seconds[True] / total, seconds[False] / total
    return Spent(total, once, again, 1 - once - again)


def _reference(entrants: Sequence[Shown], rivals: Sequence[str]) -> str:
    """Choose the first run's reference if it was measured here, else the first that was."""
    wanted = entrants[0].source.header.plan.reference
    asked = [entrant.name for entrant in entrants if entrant.info.name == wanted]
    return next((name for name in [*asked, *rivals] if name in rivals), wanted)


def _by_launch(values: dict[_Place, float]) -> list[list[float]]:
    """Sort values into launches, in the order of their blocks."""
    launches: dict[tuple[int, int], list[float]] = {}
    for place in sorted(values):
        launches.setdefault(place[:2], []).append(values[place])
    return list(launches.values())


def _mean(values: Iterable[float | None]) -> float | None:
    told = [each for each in values if each is not None]
    return sum(told) / len(told) if told else None


def _spread(values: Iterable[tuple[int, float]]) -> float | None:
    """Return the standard deviation within groups; None if no group has two values."""
    groups: dict[int, list[float]] = {}
    for group, value in values:
        groups.setdefault(group, []).append(value)
    freedom = sum(len(each) - 1 for each in groups.values())
    squares = sum(len(each) * float(np.var(each)) for each in groups.values())
    return sqrt(squares / freedom) if freedom else None
