"""What was measured in one cell of the speed pass, and which contenders can be compared there."""

from collections.abc import Mapping, Sequence

from aebench.reports import record
from aebench.reports.launches import Error, Spread
from aebench.reports.stopping import spent_share
from aebench.reports.summary import limits
from aebench.reports.summary.cell_controls import by_name
from aebench.reports.summary.cell_rounds import CellRounds, Key, Pools
from aebench.reports.summary.epochs import Epochs, epoch_ratio, epochs
from aebench.reports.summary.libraries import Libraries
from aebench.reports.summary.parity import Standing
from aebench.reports.summary.shared import ContenderView
from aebench.reports.summary.speed_rows import CellLimit, Stopping
from aebench.reports.summary.steady import SteadySteps

STEPS, RATIO, EPOCH, EPOCH_RATIO = "steps", "ratio", "epoch", "epoch ratio"
CONTROL = "control"
LIMIT_RATIO, PRODUCTS_RATIO = "limit ratio", "products ratio"
STEADY, STEADY_RATIO = "steady", "steady ratio"


class CellMeasurements:
    """What was measured in one cell, and who can be compared.

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
        self.words = workload
        self.where = f"{self.model} at batch {self.batch_size}"
        self.machine = machine
        self.views = {view.name: view for view in views}
        self.standings = standings
        self.blocks = rounds.blocks
        measured = [
            name
            for name in self.blocks
            if not (self.views[name].info.control_of or self.is_baseline(name))
        ]
        self.plan = plan
        self.reference = _reference(views, plan.reference, measured)
        self.differs = {name: self.standings[name].differs for name in measured}
        self.despite = {name: self.standings[name].despite for name in measured}
        self.peers = [name for name in measured if not self.apart(name)]
        # The shown name of a contender, by its run and its name in the record. If several views
        # have both in common, the first one's name counts.
        self._names: dict[tuple[int, str], str] = {}
        # Contenders without Keras, by their framework; "" stands for matrix products alone.
        self._without_keras: dict[str, list[ContenderView]] = {}
        self.libraries = Libraries(views, rounds.key)
        self.steady = SteadySteps(views, rounds.key)
        self.epochs: dict[str, Epochs] = {}
        for name, each in self.views.items():
            self._names.setdefault((each.run, each.info.name), name)
            if name in self.blocks and not each.info.on_keras:
                self._without_keras.setdefault(each.info.computes_with, []).append(each)
            elif name in self.blocks and not each.info.control_of:
                found = epochs(each, rounds)
                if found:
                    self.epochs[name] = found
        self._means: dict[tuple[str, ...], list[float]] = {}
        self.controls = by_name(rounds, views, self.original)
        self.in_turn = [
            [view.name for view in each.views] for each in self.controls.values() if each.rotate
        ]
        # Verdicts are about what a user waits for: epochs, where all epochs are known.
        whole = {self.reference, *self.peers} <= self.epochs.keys()
        self.judged_by = "epoch" if whole else workload.timing

    def means(self, *quantity: str) -> list[float]:
        """Return the launches' means of a quantity's logarithm; empty if it wasn't measured.

        Quantities are the seconds per step or per epoch of a contender, the ratio of these between
        two contenders, and that of A/A controls to their originals: a word, then one name or two.
        """
        # The pools ask for the same again and again.
        if quantity not in self._means:
            self._means[quantity] = self._found_means(*quantity)
        return self._means[quantity]

    def forget(self) -> None:
        """Free the memory of what was computed so far; who asks again waits again."""
        self._means.clear()
        self.rounds.forget()

    def _found_means(self, what: str, *names: str) -> list[float]:
        if what == CONTROL:
            return self.controls[names[0]].means if names[0] in self.controls else []
        if what == STEPS:
            return list(self.rounds.step_logs(names[0]).values())
        if what == RATIO:
            return self.rounds.ratio_means(*names)
        if what == LIMIT_RATIO:
            limit, name = names
            return self.rounds.limit_means(limits.seconds(self.rounds, limit), name)
        if what == PRODUCTS_RATIO:
            return self.libraries.ratio_means(*names)
        if what == STEADY:
            return self.steady.step_means(*names)
        if what == STEADY_RATIO:
            return self.steady.ratio_means(*names)
        found = [self.epochs.get(name) for name in names]
        if not all(found):
            return []
        if what == EPOCH:
            return list(self.epochs[names[0]].logs.values())
        return epoch_ratio(*(self.epochs[name] for name in names))[0]

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

    def spreads(self, pools: Pools["CellMeasurements"]) -> list[tuple[Spread, list[Error]]]:
        """Return the spreads of what the cell is judged by, each with errors that launches share.

        They are of the ratio of each ranked contender to the reference; of the reference's own
        seconds per step where nothing is compared with it.
        """
        against = self.reference
        others = [name for name in self.peers if name != against]
        found: list[tuple[Spread | None, list[Error]]] = []
        for name in others:
            if self.judged_by == "epoch":
                _, further = epoch_ratio(self.epochs[name], self.epochs[against])
                found.append((pools.spread(self, EPOCH_RATIO, name, against), further))
            else:
                found.append((pools.spread(self, RATIO, name, against), []))
        if not others and against in self.blocks:
            found.append((pools.spread(self, STEPS, against), []))
        return [(known, further) for known, further in found if known]

    def _rule(self, name: str) -> record.StoppingRule | None:
        return self.views[name].source.header.plan.until if name in self.views else None

    def _enough(self, name: str) -> int | None:
        """Return how many launches sufficed in a contender's run; None if that isn't known."""
        return self.rounds.enough.get(self.views[name].run)

    def spent(self, name: str) -> float:
        """Return the share of the probability of error that a contender's intervals may spend."""
        return spent_share(self._rule(name), self.rounds.launches_of(self.views[name].run))

    def confidence(self, name: str) -> float:
        """Return the confidence of a contender's 95 % intervals, by what its run may spend."""
        return 1 - (1 - 0.95) * self.spent(name)

    def stopping(self) -> Stopping | None:
        """Return by which rule the cell ends, as far as its reference's run has one."""
        rule = self._rule(self.reference)
        if rule is None:
            return None
        return Stopping(rule, self.confidence(self.reference), self._enough(self.reference))

    def is_baseline(self, name: str) -> bool:
        """Return whether a contender is a baseline, which isn't judged."""
        info = self.views[name].info
        return info.baseline or not info.has_model

    def _precision(self, name: str) -> str:
        """Return a contender's precision; empty if it isn't known, or there is no such contender.

        The reference that a damaged record names needn't be among its contenders.
        """
        return self.standings[name].precision if name in self.standings else ""

    def apart(self, name: str) -> str:
        """Return one word for the reason why a contender isn't ranked; empty if it is ranked."""
        if self.is_baseline(name):
            return "baseline"
        if self.differs.get(name):
            return self.standings[name].word
        mine, other = map(self._precision, (name, self.reference))
        # Older records have no precisions. A contender isn't excluded if a precision is unknown.
        if mine and other and mine != other:
            return mine
        here, there = map(self._platform, (name, self.reference))
        return f"on {here}" if here and there and here != there else ""

    def _platform(self, name: str) -> str:
        return self.views[name].platform if name in self.views else ""

    @property
    def verb(self) -> str:
        """Return what contenders do here, such as "trains"."""
        return self.words.verb

    def baseline_of(self, name: str, framework: str) -> str:
        """Return the baseline of which a contender's throughput is a share; empty if none is.

        ``framework`` is the baseline's framework, or empty for matrix products alone. Both must
        multiply in the same precision.
        """
        view = self.views[name]
        # Of several baselines of a framework, the first in the contender's interpreter is taken.
        baseline = min(
            self._without_keras.get(framework, []),
            key=lambda each: each.info.python != view.info.python,
            default=None,
        )
        if baseline is None or baseline is view:
            return ""
        known = {self._precision(each.name) for each in (view, baseline)}
        return baseline.name if len(known - {""}) < 2 else ""

    def limit(self) -> CellLimit | None:
        """Return the limit of the cell; None if no baseline measured it."""
        baseline = next(iter(self._without_keras.get("", [])), None)
        if baseline is None:
            return None
        model = next(each for each in baseline.source.header.models if each.name == self.model)
        operations = model.training_operations if self.words.trains else model.forward_operations
        chosen = baseline.of_batch(record.Library, self.model, self.batch_size)
        mine = [each for each in chosen if each.workload == self.workload]
        return limits.summarise(self.rounds, baseline.name, mine, operations)

    def original(self, view: ContenderView) -> str:
        """Return the shown name of a control's original; empty if the contender is no control."""
        return self._names.get((view.run, view.info.control_of), "")

    def planned(self, name: str) -> int:
        """Return the number of blocks that a contender's run planned for the cell, as it ended."""
        sizes = self.views[name].source.header.plan.sizes_of(self.workload)
        return min(sizes.launches, self._enough(name) or sizes.launches) * sizes.blocks


def _reference(views: Sequence[ContenderView], wanted: str, peers: Sequence[str]) -> str:
    """Return the name of the plan's reference, or of the first measured contender in its place.

    ``peers`` are the measured contenders. Without any, return the name ``wanted`` itself.
    """
    asked = [view.name for view in views if view.info.name == wanted]
    return next((name for name in [*asked, *peers] if name in peers), wanted)
