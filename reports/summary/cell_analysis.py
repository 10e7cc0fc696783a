"""Compare the contenders of one cell of the speed pass."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, log, sqrt

import msgspec
import numpy as np

from aebench.reports import record, statistics
from aebench.reports.comparison import (
    Comparison,
    compare,
    drift,
    minimum_detectable_effect,
    noise_floor,
    verdict,
)
from aebench.reports.statistics import Estimate
from aebench.reports.summary.epochs import epoch_cost
from aebench.reports.summary.parity import Standing
from aebench.reports.summary.shared import ContenderView
from aebench.reports.summary.speed_rows import SpeedCell, SpeedRow

# Identifies a block, and each contender's round in it: run, launch and block.
BlockKey = tuple[int, int, int]
# A cell: model, workload, batch size.
Key = tuple[str, str, int]


class CellAnalysis:
    """The measurements of one cell, and the comparison of its contenders.

    Parameters
    ----------
    key : tuple
        The cell: model, workload, batch size.
    workload : WorkloadInfo
        The words for the workload.
    plan : PlanInfo
        The plan of the first record that planned the cell.
    views : sequence of ContenderView
        All contenders, also those that were not measured in this cell.
    standings : mapping of str to Standing
        For each contender's name, whether its model was shown to be the same in this cell.
    rounds : dict of str to dict
        For each contender's name, its rounds by block.
    watched : dict of BlockKey to Block
        The state of the machine in each block.
    """

    def __init__(
        self,
        key: Key,
        workload: record.WorkloadInfo,
        plan: record.PlanInfo,
        views: Sequence[ContenderView],
        standings: Mapping[str, Standing],
        rounds: dict[str, dict[BlockKey, record.Round]],
        watched: dict[BlockKey, record.Block],
    ) -> None:
        self.model, self.workload, self.batch_size = key
        self._words = workload
        self.where = f"{self.model} at batch {self.batch_size}"
        self._views = {view.name: view for view in views}
        self._standings = standings
        self._watched = watched
        repeated = {place for place, row in watched.items() if row.repeated}
        # Seconds per step by contender, then by block. Rounds of one block are compared in pairs.
        self.blocks: dict[str, dict[BlockKey, float]] = {}
        for name, rows in rounds.items():
            mine = {place: row for place, row in rows.items() if place not in repeated}
            if mine:
                self.blocks[name] = {place: row.seconds / row.steps for place, row in mine.items()}
        self._steps = sorted({row.steps for rows in rounds.values() for row in rows.values()})
        measured = [
            name
            for name in self.blocks
            if not (self._views[name].info.control_of or self._is_baseline(name))
        ]
        self.plan = plan
        self.reference = _reference(views, plan.reference, measured)
        self._differs = {name: self._standings[name].differs for name in measured}
        self.peers = [name for name in measured if not self._apart(name)]
        # The shown name of a contender, by its run and its name in the record. If several views
        # have both in common, the first one's name counts.
        self._names: dict[tuple[int, str], str] = {}
        # Contenders without Keras, by their framework; "" stands for matrix products alone.
        self._without_keras: dict[str, list[ContenderView]] = {}
        for name, each in self._views.items():
            self._names.setdefault((each.run, each.info.name), name)
            if name in self.blocks and not each.info.on_keras:
                self._without_keras.setdefault(each.info.computes_with, []).append(each)
        self._medians: dict[str, statistics.Estimate] = {}

    def _is_baseline(self, name: str) -> bool:
        info = self._views[name].info
        return info.baseline or not info.has_model

    def _apart(self, name: str) -> str:
        """Return one word for the reason why a contender isn't ranked; empty if it is ranked."""
        if self._is_baseline(name):
            return "baseline"
        if self._differs.get(name):
            return self._standings[name].word
        mine, other = (self._standings[each].precision for each in (name, self.reference))
        # Older records have no precisions. A contender isn't excluded if a precision is unknown.
        return mine if mine and other and mine != other else ""

    def summarise(self) -> SpeedCell:
        """Return the summary of the cell, with a verdict for every ranked contender."""
        comparisons = max(0, len(self.peers) - 1) if self.reference in self.peers else 0
        rows = [self._row(view, comparisons) for view in self._views.values()]
        controls = [
            row for row in rows if row.control_of and not row.known_effect and row.times_reference
        ]
        unstable = [row.contender for row in controls if row.verdict in ("faster", "slower")]
        if unstable:
            rows = [
                msgspec.structs.replace(row, verdict="unstable")
                if row.contender in self.peers and row.verdict
                else row
                for row in rows
            ]
        floors = [noise_floor(each) for each in (row.times_reference for row in controls) if each]
        why_not = self._why_no_verdicts(unstable)
        fastest, answer = ("", why_not) if why_not else self._answer()
        counted = [row for row in self._watched.values() if not row.repeated]
        return SpeedCell(
            self.model,
            self.workload,
            self.batch_size,
            self.reference,
            steps_per_round=self._steps,
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
            disturbed=sum(row.disturbed for row in counted),
            background_share=_mean(row.background_share for row in counted),
            steal_share=_mean(row.steal_share for row in counted),
            most_steal_share=max(
                (row.steal_share for row in counted if row.steal_share is not None), default=None
            ),
            control_sd=_spread(
                (run, log(row.fixed_work_seconds))
                for (run, *_), row in self._watched.items()
                if not row.repeated
            ),
            libraries=self._libraries(),
            timing=self._words.timing,
            has_epochs=self._words.trains,
        )

    def _row(self, view: ContenderView, comparisons: int) -> SpeedRow:
        failure = view.failure("speed", self.model, self.workload)
        control_of = self._original(view)
        nothing = SpeedRow(view.name, control_of, view.info.known_effect)
        mine = self.blocks.get(view.name)
        if not mine:
            return msgspec.structs.replace(
                nothing,
                verdict="baseline" if not control_of and self._is_baseline(view.name) else "",
                failure=failure or "not measured",
            )
        seconds = list(mine.values())
        step = statistics.median(seconds)
        against = control_of or self.reference
        apart = "" if control_of else self._apart(view.name)
        judged = bool(control_of) or (view.name in self.peers and comparisons > 0)
        ratio = paired = None
        if view.name != against and against in self.blocks:
            paired = self._compare(
                view.name, against, comparisons if judged and not control_of else 1
            )
            ratio = paired.ratio if paired else self._unpaired(view.name, against)
        epoch = None
        if not control_of and view.info.on_keras:
            epoch = epoch_cost(view, self.model, self.workload, self.batch_size, seconds)
        return msgspec.structs.replace(
            nothing,
            rounds=len(mine),
            samples_per_second=step.inverted().scaled(self.batch_size),
            step_seconds=step,
            times_reference=ratio if ratio else None,
            shares_blocks=ratio is None or paired is not None,
            adjusted=paired.adjusted if paired and judged else None,
            verdict=self._verdict(view.name, against, paired) if paired and judged else apart,
            minimum_detectable_effect=self._smallest_effect(
                paired, 1 if control_of else comparisons
            )
            if paired and judged
            else None,
            pair_sd=paired.pair_sd if paired else None,
            launch_sd=paired.launch_sd if paired else None,
            drift=drift(_by_launch(mine)),
            epoch=epoch,
            failure=failure,
            differs=self._differs.get(view.name, ""),
            of_native=None if control_of else self._share(view, view.info.computes_with),
            of_limit=None if control_of else self._share(view, ""),
        )

    def _share(self, view: ContenderView, framework: str) -> Estimate | None:
        """Return a contender's share of a baseline's throughput, from the blocks with both.

        ``framework`` is the baseline's framework, or empty for matrix products alone. Return None
        if there is no such baseline, or no block with both.
        """
        # Of several baselines of a framework, the first in the contender's interpreter is taken.
        baseline = min(
            self._without_keras.get(framework, []),
            key=lambda each: each.info.python != view.info.python,
            default=None,
        )
        if baseline is None or baseline is view:
            return None
        shared = self._compare(baseline.name, view.name, 1)
        return shared.ratio if shared else None

    def _libraries(self) -> list[str]:
        """Return the names of the libraries that were fastest for matrix products in any launch."""
        found = [
            each.library
            for view in self._views.values()
            for each in view.of_batch(record.Library, self.model, self.batch_size)
            if each.workload == self.workload
        ]
        return sorted(set(found))

    def _original(self, view: ContenderView) -> str:
        """Return the shown name of a control's original; empty if the contender is no control."""
        return self._names.get((view.run, view.info.control_of), "")

    def _compare(self, name: str, against: str, comparisons: int) -> Comparison | None:
        """Compare two contenders in the blocks with both; return None if they share no block."""
        mine, other = self.blocks[name], self.blocks[against]
        ratios = {place: mine[place] / other[place] for place in mine.keys() & other.keys()}
        return compare(_by_launch(ratios), comparisons) if ratios else None

    def _unpaired(self, name: str, against: str) -> statistics.Estimate:
        """Return the ratio of two contenders' median times; they share no blocks."""
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
        sizes = self._views[name].source.header.plan.sizes_of(self.workload)
        return sizes.launches * sizes.blocks

    def _smallest_effect(self, paired: Comparison, comparisons: int) -> float | None:
        if paired.pair_sd is None:
            return None
        sizes = self.plan.sizes_of(self.workload)
        effect = minimum_detectable_effect(
            paired.pair_sd,
            paired.launch_sd or 0.0,
            sizes.launches,
            sizes.blocks,
            self.plan.different,
            comparisons,
        )
        return effect if isfinite(effect) else None

    def _why_no_verdicts(self, unstable: Sequence[str]) -> str:
        """Return a sentence on why no contender may be called fastest; empty if one may be.

        Reasons are an A/A control that was called different from its original, a reference that
        isn't shown to be the same model, and blocks that are missing from the plan.
        """
        nobody = f"No contender is called fastest for {self.where} ({self.workload})"
        if unstable:
            others = " and ".join(unstable)
            return f"{nobody}: {others} was called different from its own original."
        if self._differs.get(self.reference):
            return f"{nobody}: {self.reference}, the reference, isn't shown to be the same model."
        for name in self.peers:
            mine = self.blocks[name]
            planned = self._planned(name)
            if len(mine) < planned and len(mine) == max(len(self.blocks[n]) for n in self.peers):
                return f"{nobody}: {len(mine)} of {planned} blocks were measured."
        return ""

    def _answer(self) -> tuple[str, str]:
        """Return the fastest contender and a sentence on it.

        The contender is empty if paired intervals don't show one to be fastest; the sentence then
        says so. Both are empty with fewer than two ranked contenders.
        """
        if len(self.peers) < 2:
            return "", ""
        leader = min(
            self.peers, key=lambda each: statistics.median(list(self.blocks[each].values())).value
        )
        peers = sorted(set(self.peers) - {leader})
        found = {peer: self._compare(peer, leader, len(peers)) for peer in peers}
        strangers = [peer for peer, comparison in found.items() if comparison is None]
        if strangers:
            return "", (
                f"No backend is called fastest for {self.where}: {leader} leads, but shared no "
                f"blocks with {' and '.join(strangers)}."
            )
        beaten = {
            peer: comparison.ratio.value
            for peer, comparison in found.items()
            if comparison and self._verdict(peer, leader, comparison) == "slower"
        }
        if len(beaten) == len(peers):
            slower = " and ".join(
                f"{peer} takes {beaten[peer]:.3g} times as long" for peer in peers
            )
            return (
                leader,
                f"{leader} {self._words.verb} {self.where} fastest here: for a step, {slower}.",
            )
        others = " and ".join(sorted(set(peers) - set(beaten)))
        return "", (
            f"No backend is shown to be fastest for {self.where}: {leader} leads, "
            f"{others} can't be told apart from it."
        )


def _reference(views: Sequence[ContenderView], wanted: str, peers: Sequence[str]) -> str:
    """Return the name of the plan's reference, or of the first measured contender in its place.

    ``peers`` are the measured contenders. Without any, return the name ``wanted`` itself.
    """
    asked = [view.name for view in views if view.info.name == wanted]
    return next((name for name in [*asked, *peers] if name in peers), wanted)


def _by_launch(values: dict[BlockKey, float]) -> list[list[float]]:
    """Return a list per launch of the values of its blocks, in the order of the blocks."""
    launches: dict[tuple[int, int], list[float]] = {}
    for place in sorted(values):
        launches.setdefault(place[:2], []).append(values[place])
    return list(launches.values())


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _spread(values: Iterable[tuple[int, float]]) -> float | None:
    """Return the standard deviation within groups, pooled over all (group, value) pairs.

    Return None if no group has two values.
    """
    groups: dict[int, list[float]] = {}
    for group, value in values:
        groups.setdefault(group, []).append(value)
    freedom = sum(len(each) - 1 for each in groups.values())
    squares = sum(len(each) * float(np.var(each)) for each in groups.values())
    return sqrt(squares / freedom) if freedom else None
