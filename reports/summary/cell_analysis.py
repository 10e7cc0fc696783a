"""How contenders are compared where they meet: one cell of the speed pass."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, log, sqrt

import msgspec
import numpy as np

from aebench.reports import record, statistics
from aebench.reports.comparison import Comparison, compare, detectable, drift, noise_floor, verdict
from aebench.reports.summary.epochs import epoch_cost
from aebench.reports.summary.parity import Standing
from aebench.reports.summary.shared import Interval, Shown
from aebench.reports.summary.speed_rows import SpeedCell, SpeedRow

# Where a slice stood: run, launch, block.
Place = tuple[int, int, int]
Key = tuple[str, str, int]


class Meeting:
    """What was measured where contenders met.

    Parameters
    ----------
    key : tuple
        Definition, workload, batch size.
    entrants : sequence of Shown
        Everyone, also who wasn't measured here.
    standings : mapping of (int, str) to Standing
        How each of them, by run and name, stands in the definition.
    slices, watched : dict
        What was measured, by contender and place, and what the machine did, by place.
    """

    def __init__(
        self,
        key: Key,
        entrants: Sequence[Shown],
        standings: Mapping[tuple[int, str], Standing],
        slices: dict[str, dict[Place, record.Slice]],
        watched: dict[Place, record.Block],
    ) -> None:
        self.definition, self.workload, self.batch_size = key
        self.where = f"{self.definition} at batch {self.batch_size}"
        self._entrants = {entrant.name: entrant for entrant in entrants}
        self._standings = {each.name: standings[each.run, each.name] for each in entrants}
        self._watched = watched
        repeated = {place for place, row in watched.items() if row.repeated}
        # Seconds per step by contender, then by place: blocks are what pairs.
        self.blocks: dict[str, dict[Place, float]] = {}
        for name, rows in slices.items():
            mine = {place: row for place, row in rows.items() if place not in repeated}
            if mine:
                self.blocks[name] = {place: row.seconds / row.steps for place, row in mine.items()}
        self._steps = sorted({row.steps for rows in slices.values() for row in rows.values()})
        measured = [
            name
            for name in self.blocks
            if not (self._entrants[name].info.twin_of or self._is_yardstick(name))
        ]
        self.reference = _reference(entrants, measured)
        self._differs = {name: self._standings[name].differs for name in measured}
        self.rivals = [name for name in measured if not self._apart(name)]
        self.plan = entrants[0].source.header.plan
        # As they are shown, by run and by the record's name; the first of a name counts.
        self._names: dict[tuple[int, str], str] = {}
        self._by_backend: dict[str, list[Shown]] = {}
        for name, each in self._entrants.items():
            self._names.setdefault((each.run, each.info.name), name)
            if name in self.blocks:
                self._by_backend.setdefault(each.info.backend, []).append(each)
        self._medians: dict[str, statistics.Estimate] = {}

    def _is_yardstick(self, name: str) -> bool:
        info = self._entrants[name].info
        return info.yardstick or info.backend == record.GEMM

    def _apart(self, name: str) -> str:
        """Say in a word why someone is in no ranking; empty for who is."""
        if self._is_yardstick(name):
            return "yardstick"
        if self._differs.get(name):
            return self._standings[name].word
        mine, other = (self._standings[each].precision for each in (name, self.reference))
        # A record from before precisions were recorded tells none.
        return mine if mine and other and mine != other else ""

    def summarise(self) -> SpeedCell:
        """Judge everyone."""
        comparisons = max(0, len(self.rivals) - 1) if self.reference in self.rivals else 0
        rows = [self._row(entrant, comparisons) for entrant in self._entrants.values()]
        twins = [row for row in rows if row.twin_of and not row.handicap and row.times_reference]
        unstable = [row.contender for row in twins if row.verdict in ("faster", "slower")]
        if unstable:
            rows = [
                msgspec.structs.replace(row, verdict="unstable")
                if row.contender in self.rivals and row.verdict
                else row
                for row in rows
            ]
        floors = [
            noise_floor(statistics.Estimate(each.value, each.low, each.high))
            for each in (row.times_reference for row in twins)
            if each
        ]
        why_not = self._why_no_verdicts(unstable)
        fastest, answer = ("", why_not) if why_not else self._answer()
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
            answer=answer,
            fastest=fastest,
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
            libraries=self._libraries(),
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
        apart = "" if twin_of else self._apart(entrant.name)
        judged = bool(twin_of) or (entrant.name in self.rivals and comparisons > 0)
        ratio = paired = None
        if entrant.name != against and against in self.blocks:
            paired = self._compare(
                entrant.name, against, comparisons if judged and not twin_of else 1
            )
            ratio = paired.ratio if paired else self._unpaired(entrant.name, against)
        epoch = None
        if self.workload == "train" and not twin_of and entrant.info.on_keras:
            epoch = epoch_cost(entrant, self.definition, self.batch_size, seconds)
        return msgspec.structs.replace(
            nothing,
            slices=len(mine),
            samples_per_second=Interval.of(step.inverted().scaled(self.batch_size)),
            step_seconds=Interval.of(step),
            times_reference=Interval.of(ratio) if ratio else None,
            shares_blocks=ratio is None or paired is not None,
            adjusted=Interval.of(paired.adjusted) if paired and judged else None,
            verdict=self._verdict(entrant.name, against, paired) if paired and judged else apart,
            detectable=self._detectable(paired, 1 if twin_of else comparisons)
            if paired and judged
            else None,
            pair_sd=paired.pair_sd if paired else None,
            launch_sd=paired.launch_sd if paired else None,
            drift=drift(_by_launch(mine)),
            epoch=epoch,
            failure=failure,
            differs=self._differs.get(entrant.name, ""),
            of_native=None if twin_of else self._share(entrant, record.NATIVE),
            of_limit=None if twin_of else self._share(entrant, record.GEMM),
        )

    def _share(self, entrant: Shown, kind: str) -> Interval | None:
        """Tell a contender's share of a yardstick's throughput in the blocks that they share."""
        wanted = kind if kind == record.GEMM else kind + entrant.info.backend
        # The one in the same interpreter, where there are several.
        yardstick = min(
            self._by_backend.get(wanted, []),
            key=lambda each: each.info.python != entrant.info.python,
            default=None,
        )
        if yardstick is None or yardstick is entrant:
            return None
        shared = self._compare(yardstick.name, entrant.name, 1)
        return Interval.of(shared.ratio) if shared else None

    def _libraries(self) -> list[str]:
        """Name the libraries that did the matrix products, in any launch."""
        found = [
            each.library
            for entrant in self._entrants.values()
            for each in entrant.of_batch(record.Library, self.definition, self.batch_size)
            if each.workload == self.workload
        ]
        return sorted(set(found))

    def _original(self, entrant: Shown) -> str:
        """Name whom a control controls, as it is shown; empty for everyone else."""
        return self._names.get((entrant.run, entrant.info.twin_of), "")

    def _compare(self, name: str, against: str, comparisons: int) -> Comparison | None:
        """Compare two contenders in the blocks that they share; None if there are none."""
        mine, other = self.blocks[name], self.blocks[against]
        ratios = {place: mine[place] / other[place] for place in mine.keys() & other.keys()}
        return compare(_by_launch(ratios), comparisons) if ratios else None

    def _unpaired(self, name: str, against: str) -> statistics.Estimate:
        """Compare two contenders that share no blocks."""
        for each in (name, against):
            if each not in self._medians:
                seconds = list(self.blocks[each].values())
                self._medians[each] = statistics.median(seconds, statistics.TOGETHER)
        return statistics.ratio_of_medians(self._medians[name], self._medians[against])

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
        if self._differs.get(self.reference):
            return f"{nobody}: {self.reference}, the reference, isn't shown to be the same model."
        for name in self.rivals:
            mine = self.blocks[name]
            planned = self._planned(name)
            if len(mine) < planned and len(mine) == max(len(self.blocks[n]) for n in self.rivals):
                return f"{nobody}: {len(mine)} of {planned} blocks were measured."
        return ""

    def _answer(self) -> tuple[str, str]:
        """Name who is fastest, if the paired intervals bear it, and say so or why not."""
        verb = {"train": "trains", "predict": "predicts with"}[self.workload]
        if len(self.rivals) < 2:
            return "", ""
        leader = min(
            self.rivals, key=lambda each: statistics.median(list(self.blocks[each].values())).value
        )
        rivals = sorted(set(self.rivals) - {leader})
        found = {rival: self._compare(rival, leader, len(rivals)) for rival in rivals}
        strangers = [rival for rival, comparison in found.items() if comparison is None]
        if strangers:
            return "", (
                f"No backend is called fastest for {self.where}: {leader} leads, but shared no "
                f"blocks with {' and '.join(strangers)}."
            )
        beaten = {
            rival: comparison.ratio.value
            for rival, comparison in found.items()
            if comparison and self._verdict(rival, leader, comparison) == "slower"
        }
        if len(beaten) == len(rivals):
            told = " and ".join(f"{each} takes {beaten[each]:.3g} times as long" for each in rivals)
            return leader, f"{leader} {verb} {self.where} fastest here: for a step, {told}."
        others = " and ".join(sorted(set(rivals) - set(beaten)))
        return "", (
            f"No backend is shown to be fastest for {self.where}: {leader} leads, "
            f"{others} can't be told apart from it."
        )


def _reference(entrants: Sequence[Shown], rivals: Sequence[str]) -> str:
    """Choose the first run's reference if it was measured here, else the first that was."""
    wanted = entrants[0].source.header.plan.reference
    asked = [entrant.name for entrant in entrants if entrant.info.name == wanted]
    return next((name for name in [*asked, *rivals] if name in rivals), wanted)


def _by_launch(values: dict[Place, float]) -> list[list[float]]:
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
