"""Compare the contenders of one cell of the speed pass."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import expm1, log, sqrt
from statistics import fmean

import msgspec
import numpy as np

from aebench.reports import comparison, launches, record
from aebench.reports.comparison import (
    Comparison,
    drift,
    minimum_detectable_effect,
    noise_floor,
    pair_sd,
    verdict,
)
from aebench.reports.formatting import listed
from aebench.reports.launches import Error, Spread
from aebench.reports.statistics import Estimate
from aebench.reports.stopping import spent_share
from aebench.reports.summary import limits
from aebench.reports.summary.cell_controls import CellControls, by_name
from aebench.reports.summary.cell_rounds import CellRounds, Key, Pools
from aebench.reports.summary.epochs import Epochs, epoch_ratio, epochs
from aebench.reports.summary.libraries import Libraries
from aebench.reports.summary.parity import Standing
from aebench.reports.summary.shared import ContenderView
from aebench.reports.summary.speed_rows import CellLimit, SpeedCell, SpeedRow, Stopping
from aebench.reports.summary.steady import SteadySteps

# Machine controls, and the fields of a block with their seconds. Older records have the first.
_MACHINE_CONTROLS = {
    "fixed NumPy work": "fixed_work_seconds",
    "the compute control": "compute_seconds",
    "the streaming control": "streaming_seconds",
}
STEPS, RATIO, EPOCH, EPOCH_RATIO = "steps", "ratio", "epoch", "epoch ratio"
CONTROL = "control"
LIMIT_RATIO, PRODUCTS_RATIO = "limit ratio", "products ratio"
STEADY, STEADY_RATIO = "steady", "steady ratio"


@dataclass(frozen=True)
class Ranking:
    """The order of a cell's contenders: a leader, and its comparisons with all others.

    Parameters
    ----------
    leader : str
        The contender with the shortest time; empty if there are fewer than two to rank.
    p_values : sequence of float
        For each other contender, the p-value of its not being slower than the leader.
    tests : int
        Number of pairs of contenders: any pair could have been the two in question.
    """

    leader: str = ""
    p_values: Sequence[float] = ()
    tests: int = 0


class CellAnalysis:
    """The measurements of one cell, and the comparison of its contenders.

    Parameters
    ----------
    rounds : CellRounds
        The cell's rounds.
    workload : WorkloadInfo
        The words for the workload.
    plan : PlanInfo
        The plan of the first record that planned the cell.
    views : sequence of ContenderView
        All contenders, also those that were not measured in this cell.
    standings : mapping of str to Standing
        For each contender's name, whether its model was shown to be the same in this cell.
    machine : str
        What sentences call the machine.
    """

    def __init__(
        self,
        rounds: CellRounds,
        workload: record.WorkloadInfo,
        plan: record.PlanInfo,
        views: Sequence[ContenderView],
        standings: Mapping[str, Standing],
        machine: str = "this machine",
    ) -> None:
        self.key: Key = rounds.key
        self.model, self.workload, self.batch_size = rounds.key
        self.rounds = rounds
        self._words = workload
        self.where = f"{self.model} at batch {self.batch_size}"
        self.machine = machine
        self._views = {view.name: view for view in views}
        self._standings = standings
        self.blocks = rounds.blocks
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
        self._libraries = Libraries(views, rounds.key)
        self._steady = SteadySteps(views, rounds.key)
        self._epochs: dict[str, Epochs] = {}
        for name, each in self._views.items():
            self._names.setdefault((each.run, each.info.name), name)
            if name in self.blocks and not each.info.on_keras:
                self._without_keras.setdefault(each.info.computes_with, []).append(each)
            elif name in self.blocks and not each.info.control_of:
                found = epochs(each, rounds)
                if found:
                    self._epochs[name] = found
        self._controls = by_name(rounds, views, self._original)
        self._in_turn = [
            [view.name for view in each.views] for each in self._controls.values() if each.rotate
        ]
        # Verdicts are about what a user waits for: epochs, where all epochs are known.
        whole = {self.reference, *self.peers} <= self._epochs.keys()
        self.judged_by = "epoch" if whole else workload.timing
        self._excess = 0.0

    def means(self, *quantity: str) -> list[float]:
        """Return the launches' means of a quantity's logarithm; empty if it wasn't measured.

        Quantities are the seconds per step or per epoch of a contender, the ratio of these between
        two contenders, and that of A/A controls to their originals: a word, then one name or two.
        """
        what, *names = quantity
        if what == CONTROL:
            return self._controls[names[0]].means if names[0] in self._controls else []
        if what == STEPS:
            return list(self.rounds.step_logs(names[0]).values())
        if what == RATIO:
            return self.rounds.ratio_means(*names)
        if what == LIMIT_RATIO:
            limit, name = names
            return self.rounds.limit_means(limits.seconds(self.rounds, limit), name)
        if what == PRODUCTS_RATIO:
            return self._libraries.ratio_means(*names)
        if what == STEADY:
            return self._steady.step_means(*names)
        if what == STEADY_RATIO:
            return self._steady.ratio_means(*names)
        found = [self._epochs.get(name) for name in names]
        if not all(found):
            return []
        if what == EPOCH:
            return list(self._epochs[names[0]].logs.values())
        return epoch_ratio(*(self._epochs[name] for name in names))[0]

    @property
    def launches_seen(self) -> int | None:
        """Return how many first launches of all cells tell this one's spread; None for all.

        They are those up to the look at which the cell ended, or the first stage of a run that
        planned its launches by the spread of that stage.
        """
        rule = self._rule(self.reference)
        if rule is None:
            return None
        return rule.first_look if rule.by_width else self._enough(self.reference)

    def spreads(self, pools: Pools["CellAnalysis"]) -> list[tuple[Spread, list[Error]]]:
        """Return the spreads of what the cell is judged by, each with errors that launches share.

        They are of the ratio of each ranked contender to the reference; of the reference's own
        seconds per step where nothing is compared with it.
        """
        against = self.reference
        others = [name for name in self.peers if name != against]
        found: list[tuple[Spread | None, list[Error]]] = []
        for name in others:
            if self.judged_by == "epoch":
                _, further = epoch_ratio(self._epochs[name], self._epochs[against])
                found.append((pools.spread(self, EPOCH_RATIO, name, against), further))
            else:
                found.append((pools.spread(self, RATIO, name, against), []))
        if not others and against in self.blocks:
            found.append((pools.spread(self, STEPS, against), []))
        return [(known, further) for known, further in found if known]

    def _rule(self, name: str) -> record.StoppingRule | None:
        return self._views[name].source.header.plan.until if name in self._views else None

    def _enough(self, name: str) -> int | None:
        """Return how many launches sufficed in a contender's run; None if that isn't known."""
        return self.rounds.enough.get(self._views[name].run)

    def _spent(self, name: str) -> float:
        """Return the share of the probability of error that a contender's intervals may spend."""
        return spent_share(self._rule(name), self.rounds.launches_of(self._views[name].run))

    def _confidence(self, name: str) -> float:
        return 1 - (1 - 0.95) * self._spent(name)

    def _stopping(self) -> Stopping | None:
        """Return by which rule the cell ends, as far as its reference's run has one."""
        rule = self._rule(self.reference)
        if rule is None:
            return None
        return Stopping(rule, self._confidence(self.reference), self._enough(self.reference))

    def _is_baseline(self, name: str) -> bool:
        info = self._views[name].info
        return info.baseline or not info.has_model

    def _precision(self, name: str) -> str:
        """Return a contender's precision; empty if it isn't known, or there is no such contender.

        The reference that a damaged record names needn't be among its contenders.
        """
        return self._standings[name].precision if name in self._standings else ""

    def _apart(self, name: str) -> str:
        """Return one word for the reason why a contender isn't ranked; empty if it is ranked."""
        if self._is_baseline(name):
            return "baseline"
        if self._differs.get(name):
            return self._standings[name].word
        mine, other = map(self._precision, (name, self.reference))
        # Older records have no precisions. A contender isn't excluded if a precision is unknown.
        return mine if mine and other and mine != other else ""

    def summarise(self, pools: Pools["CellAnalysis"]) -> tuple[SpeedCell, Ranking]:
        """Return the summary of the cell, with a verdict for every ranked contender."""
        self._pools = pools
        comparisons = max(0, len(self.peers) - 1) if self.reference in self.peers else 0
        controls = [
            compared.ratio
            for each in self._controls.values()
            if (compared := self._compare_controls(each))
        ]
        # An A/A control that comes out different shows that the intervals are too narrow here.
        self._excess = max(map(comparison.excess, controls), default=0.0)
        rows = self._rows(comparisons)
        floors = [floor for each in controls if (floor := noise_floor(each)) is not None]
        rotating = [each for each in self._controls.values() if each.rotate]
        counted = [row for row in self.rounds.watched.values() if not row.repeated]
        cell = SpeedCell(
            self.model,
            self.workload,
            self.batch_size,
            self.reference,
            steps_per_round=self.rounds.steps,
            launches=max((len(self.rounds.step_logs(name)) for name in self.blocks), default=0),
            blocks=max(map(len, self.blocks.values()), default=0),
            rows=rows,
            answer="",
            judged_by=self.judged_by,
            comparisons=comparisons,
            different=self.plan.different,
            same=self.plan.same,
            control_excess=expm1(self._excess),
            noise_floor=max(floors, default=None),
            noise_floors=self._noise_floors(rotating),
            controls=[launch for each in rotating for launch in each.described],
            repeated=len(self.rounds.watched) - len(counted),
            disturbed=sum(row.disturbed for row in counted),
            background_share=_mean(row.background_share for row in counted),
            steal_share=_mean(row.steal_share for row in counted),
            most_steal_share=max(
                (row.steal_share for row in counted if row.steal_share is not None), default=None
            ),
            control_sds=self._control_sds(),
            library_samples_per_second=self._libraries.samples_per_second(self.batch_size),
            limit=self._limit(),
            timing=self._words.timing,
            has_epochs=self._words.trains,
            stopping=self._stopping(),
        )
        if cell.mostly_disturbed:
            judged = {*self.peers, *(row.contender for row in rows if row.control_of)}
            rows = [
                msgspec.structs.replace(row, verdict="disturbed")
                if row.contender in judged and row.verdict
                else row
                for row in rows
            ]
        why_not = self._why_no_verdicts(cell)
        fastest, answer, ranking = ("", why_not, Ranking()) if why_not else self._answer()
        return msgspec.structs.replace(cell, rows=rows, answer=answer, fastest=fastest), ranking

    def _compare_controls(self, controls: CellControls) -> Comparison | None:
        """Compare A/A controls with their originals; None if no block has both."""
        if not controls.means:
            return None
        pooled = self._pools.spread(self, CONTROL, controls.name)
        spent = self._spent(controls.views[0].name)
        return comparison.compare(controls.means, pooled=pooled, spent=spent)

    def control_alone(self, name: str) -> Comparison | None:
        """Return the ratio of the A/A controls of a row; None if the cell has no such row."""
        controls = self._controls.get(name)
        return self._compare_controls(controls) if controls else None

    def _noise_floors(self, rotating: Iterable[CellControls]) -> dict[str, float]:
        """Return the noise floor of each contender that had a control in several launches."""
        pairs = [pair for each in rotating for pair in each.repeated_pairs]
        found = {of: self._compare(control, of, 1) for control, of in pairs}
        floors = {of: noise_floor(compared.ratio) for of, compared in found.items() if compared}
        return {of: floor for of, floor in floors.items() if floor is not None}

    def _rows(self, comparisons: int) -> list[SpeedRow]:
        """Return a row for each contender, and one for the A/A controls that take turns."""
        rotating = {
            view.name: each
            for each in self._controls.values()
            if each.rotate
            for view in each.views
        }
        rows: dict[str, SpeedRow] = {}
        for name, view in self._views.items():
            controls = rotating.get(name)
            if controls is None:
                rows[name] = self._row(view, comparisons)
            elif controls.name not in rows:
                rows[controls.name] = self._control_row(controls)
        return list(rows.values())

    def _control_row(self, controls: CellControls) -> SpeedRow:
        """Return the row of A/A controls that take turns: they have no throughput in common."""
        originals = controls.originals
        failure = controls.failure(self.model)
        nothing = SpeedRow(controls.name, listed(originals), originals=originals)
        compared = self._compare_controls(controls)
        if compared is None:
            return msgspec.structs.replace(nothing, failure=failure or "not measured")
        blocks = controls.blocks
        fewest = min(len(each) for each in (blocks, *(self.blocks[of] for of in originals)))
        planned = self._planned(controls.views[0].name)
        return msgspec.structs.replace(
            nothing,
            rounds=len(blocks),
            times_reference=compared.ratio,
            adjusted=compared.adjusted,
            verdict="unfinished"
            if fewest < planned
            else verdict(compared.adjusted, self.plan.different, self.plan.same),
            minimum_detectable_effect=self._smallest_effect(controls.views[0].name, compared, 1),
            pair_sd=pair_sd(controls.ratios),
            launch_sd=compared.spread.sd if compared.spread else None,
            failure=failure,
        )

    def _row(self, view: ContenderView, comparisons: int) -> SpeedRow:
        failure = view.failure("speed", self.model, self.workload)
        control_of = self._original(view)
        nothing = SpeedRow(view.name, control_of, view.info.known_effect)
        name = view.name
        mine = self.blocks.get(name)
        if not mine:
            return msgspec.structs.replace(
                nothing,
                verdict="baseline" if not control_of and self._is_baseline(name) else "",
                failure=failure or "not measured",
            )
        step = self._time(STEPS, name)
        against = control_of or self.reference
        apart = "" if control_of else self._apart(name)
        judged = bool(control_of) or (name in self.peers and comparisons > 0)
        excess = 0.0 if control_of else self._excess
        steps: Comparison | None = None
        epoch: Comparison | None = None
        if name != against and against in self.blocks:
            steps = self._compare(name, against, comparisons if not control_of else 1, excess)
            epoch = self._compare_epochs(name, against, comparisons, excess)
        if steps is None and name != against and against in self.blocks:
            ratio: Estimate | None = self._unpaired(STEPS, name, against)
        else:
            ratio = steps.ratio if steps else None
        paired = epoch if epoch and self.judged_by == "epoch" else steps
        mine_epochs = self._epochs.get(name)
        return msgspec.structs.replace(
            nothing,
            rounds=len(mine),
            samples_per_second=step.inverted().scaled(self.batch_size),
            step_seconds=step,
            times_reference=ratio,
            times_epoch=epoch.ratio if epoch else None,
            shares_blocks=ratio is None or steps is not None,
            adjusted=paired.adjusted if paired and judged else None,
            verdict=self._verdict(name, against, paired) if paired and judged else apart,
            minimum_detectable_effect=self._smallest_effect(
                name, paired, 1 if control_of else comparisons
            )
            if paired and judged
            else None,
            pair_sd=pair_sd(list(self.rounds.ratios(name, against).values())) if steps else None,
            launch_sd=steps.spread.sd if steps and steps.spread else None,
            drift=drift(self.rounds.to_block_mean(name, self._in_turn)),
            epoch=mine_epochs.cost(self._pools.spread(self, EPOCH, name), self._confidence(name))
            if mine_epochs
            else None,
            failure=failure,
            differs=self._differs.get(name, ""),
            of_native=_ratio(None if control_of else self.of_native(name)),
            of_limit=_ratio(None if control_of else self.of_limit(name)),
            steady_step_seconds=self._time(STEADY, name) if self.means(STEADY, name) else None,
            times_steady=None
            if name == self.reference
            else self._explaining_ratio(STEADY_RATIO, name, self.reference),
            times_products=None
            if control_of or apart == "baseline"
            else self._times_products(view, self.reference),
        )

    def of_native(self, name: str) -> Comparison | None:
        """Return a contender's share of the throughput of its framework without Keras."""
        return self._share(self._views[name], self._views[name].info.computes_with)

    def of_limit(self, name: str) -> Comparison | None:
        """Return a contender's share of the throughput of matrix products alone."""
        return self._share(self._views[name], "")

    @property
    def verb(self) -> str:
        """Return what contenders do here, such as "trains"."""
        return self._words.verb

    def alone(self, what: str, name: str, against: str) -> Comparison | None:
        """Return a ratio in this cell for itself: neither adjusted nor widened.

        ``what`` is :data:`RATIO` or :data:`EPOCH_RATIO`. Return None if the two share no blocks.
        """
        if what == EPOCH_RATIO:
            return self._compare_epochs(name, against, 1, 0.0)
        return self._compare(name, against, 1)

    def _share(self, view: ContenderView, framework: str) -> Comparison | None:
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
        if baseline is None or baseline is view or not self._comparable(view, baseline):
            return None
        return self._compare(baseline.name, view.name, 1, what=RATIO if framework else LIMIT_RATIO)

    def _comparable(self, *views: ContenderView) -> bool:
        """Return whether no two known precisions of contenders differ."""
        known = {self._precision(view.name) for view in views}
        return len(known - {""}) < 2

    def _limit(self) -> CellLimit | None:
        """Return the limit of the cell; None if no baseline measured it."""
        baseline = next(iter(self._without_keras.get("", [])), None)
        if baseline is None:
            return None
        model = next(each for each in baseline.source.header.models if each.name == self.model)
        operations = model.training_operations if self._words.trains else model.forward_operations
        chosen = baseline.of_batch(record.Library, self.model, self.batch_size)
        mine = [each for each in chosen if each.workload == self.workload]
        return limits.summarise(self.rounds, baseline.name, mine, operations)

    def _times_products(self, view: ContenderView, against: str) -> Estimate | None:
        """Return how a contender's library compares with another's in the products alone."""
        views = [each for each in (view, self._views.get(against)) if each]
        names = [self._libraries.name_of(each.info) for each in views]
        if "" in names or len(set(names)) < 2:
            return None
        return self._explaining_ratio(PRODUCTS_RATIO, *names)

    def _explaining_ratio(self, what: str, name: str, against: str) -> Estimate | None:
        """Return a ratio over launches that no verdict is about; None if it wasn't measured."""
        means = self.means(what, name, against)
        pooled = self._pools.spread(self, what, name, against)
        return comparison.compare(means, pooled=pooled).ratio if means else None

    def _control_sds(self) -> dict[str, float]:
        """Return the spread of each machine control's seconds over the blocks that count."""
        found = {
            name: _spread(
                (run, log(seconds))
                for (run, *_), row in self.rounds.watched.items()
                if not row.repeated and (seconds := getattr(row, field))
            )
            for name, field in _MACHINE_CONTROLS.items()
        }
        return {name: spread for name, spread in found.items() if spread is not None}

    def _original(self, view: ContenderView) -> str:
        """Return the shown name of a control's original; empty if the contender is no control."""
        return self._names.get((view.run, view.info.control_of), "")

    def _compare(
        self, name: str, against: str, comparisons: int, excess: float = 0.0, what: str = RATIO
    ) -> Comparison | None:
        """Compare two contenders' steps in the blocks with both; None if they share no block.

        ``what`` is :data:`LIMIT_RATIO` to compare the limit, by the name of its baseline, instead.
        """
        means = self.means(what, name, against)
        if not means:
            return None
        pooled = self._pools.spread(self, what, name, against)
        return comparison.compare(
            means, max(1, comparisons), pooled=pooled, excess=excess, spent=self._spent(name)
        )

    def _compare_epochs(
        self, name: str, against: str, comparisons: int, excess: float
    ) -> Comparison | None:
        """Compare two contenders' epochs in the launches with both; None if there are none."""
        if not {name, against} <= self._epochs.keys():
            return None
        means, further = epoch_ratio(self._epochs[name], self._epochs[against])
        if not means:
            return None
        pooled = self._pools.spread(self, EPOCH_RATIO, name, against)
        return comparison.compare(
            means,
            max(1, comparisons),
            pooled=pooled,
            further=further,
            excess=excess,
            spent=self._spent(name),
        )

    def _time(self, what: str, name: str) -> Estimate:
        """Return the seconds of a contender's step."""
        value, error = fmean(self.means(what, name)), self._error(what, name)
        return launches.estimate(value, error, self._confidence(name))

    def _error(self, what: str, name: str) -> Error | None:
        known = self._pools.spread(self, what, name)
        return launches.mean_error(known, len(self.means(what, name)))

    def _unpaired(self, what: str, name: str, against: str) -> Estimate:
        """Return the ratio of two contenders' times, which share no blocks: Welch's interval."""
        value = fmean(self.means(what, name)) - fmean(self.means(what, against))
        errors = [self._error(what, each) for each in (name, against)]
        known = [error for error in errors if error]
        error = launches.combined(*known) if len(known) == 2 else None
        return launches.estimate(value, error, min(map(self._confidence, (name, against))))

    def _verdict(self, name: str, against: str, paired: Comparison) -> str:
        if min(len(self.blocks[each]) for each in (name, against)) < self._planned(name):
            return "unfinished"
        return verdict(paired.adjusted, self.plan.different, self.plan.same)

    def _planned(self, name: str) -> int:
        sizes = self._views[name].source.header.plan.sizes_of(self.workload)
        return min(sizes.launches, self._enough(name) or sizes.launches) * sizes.blocks

    def _smallest_effect(self, name: str, paired: Comparison, comparisons: int) -> Estimate | None:
        if paired.error is None:
            return None
        return minimum_detectable_effect(
            paired.error, self.plan.different, max(1, comparisons), self._confidence(name)
        )

    def _why_no_verdicts(self, cell: SpeedCell) -> str:
        """Return a sentence on why no contender may be called fastest; empty if one may be.

        Reasons are a machine that did other work in most blocks, a reference that isn't shown to be
        the same model, blocks that are missing from the plan, and a single launch.
        """
        nobody = f"No contender is called fastest for {self.where} ({self.workload})"
        if cell.mostly_disturbed:
            return (
                f"{nobody}: the machine did other work in {cell.disturbed} of the {cell.blocks} "
                "blocks that count."
            )
        if self._differs.get(self.reference):
            return f"{nobody}: {self.reference}, the reference, isn't shown to be the same model."
        for name in self.peers:
            mine = self.blocks[name]
            planned = self._planned(name)
            if len(mine) < planned and len(mine) == max(len(self.blocks[n]) for n in self.peers):
                return f"{nobody}: {len(mine)} of {planned} blocks were measured."
        if len(self.peers) > 1 and cell.launches == 1:
            return f"{nobody}: a single launch doesn't show how much processes differ."
        return ""

    def _seconds(self, name: str) -> float:
        """Return the mean logarithm of what the cell is judged by."""
        return fmean(self.means(EPOCH if self.judged_by == "epoch" else STEPS, name))

    def _answer(self) -> tuple[str, str, Ranking]:
        """Return the fastest contender, a sentence on it, and the ranking behind it.

        The contender is empty if paired intervals don't show one to be fastest; the sentence then
        says so. All are empty with fewer than two ranked contenders.
        """
        if len(self.peers) < 2:
            return "", "", Ranking()
        leader = min(self.peers, key=self._seconds)
        peers = sorted(set(self.peers) - {leader})
        found = {
            peer: self._compare_epochs(peer, leader, len(peers), self._excess)
            if self.judged_by == "epoch"
            else self._compare(peer, leader, len(peers), self._excess)
            for peer in peers
        }
        strangers = [peer for peer, compared in found.items() if compared is None]
        if strangers:
            return (
                "",
                f"No backend is called fastest for {self.where}: {leader} leads, but shared no "
                f"blocks with {' and '.join(strangers)}.",
                Ranking(),
            )
        known = {peer: compared for peer, compared in found.items() if compared}
        ranking = Ranking(
            leader,
            [compared.p_value(self.plan.different) for compared in known.values()],
            len(self.peers) * len(peers) // 2,
        )
        beaten = {
            peer: compared.ratio.value
            for peer, compared in known.items()
            if self._verdict(peer, leader, compared) == "slower"
        }
        if len(beaten) == len(peers):
            slower = " and ".join(
                f"{peer} takes {beaten[peer]:.3g} times as long" for peer in peers
            )
            unit = "an epoch" if self.judged_by == "epoch" else f"a {self.judged_by}"
            return (
                leader,
                f"On {self.machine} {leader} {self._words.verb} {self.where} fastest: for {unit}, "
                f"{slower}.",
                ranking,
            )
        others = " and ".join(sorted(set(peers) - set(beaten)))
        return (
            "",
            f"No backend is shown to be fastest for {self.where}: {leader} leads, "
            f"{others} can't be told apart from it.",
            ranking,
        )


def _reference(views: Sequence[ContenderView], wanted: str, peers: Sequence[str]) -> str:
    """Return the name of the plan's reference, or of the first measured contender in its place.

    ``peers`` are the measured contenders. Without any, return the name ``wanted`` itself.
    """
    asked = [view.name for view in views if view.info.name == wanted]
    return next((name for name in [*asked, *peers] if name in peers), wanted)


def _ratio(compared: Comparison | None) -> Estimate | None:
    return compared.ratio if compared else None


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
