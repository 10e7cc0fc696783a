"""Compare the contenders of one cell of the speed pass."""

from collections.abc import Iterable
from functools import cached_property
from statistics import fmean

from aebench.reports import comparison, launches
from aebench.reports.comparison import (
    Comparison,
    minimum_detectable_effect,
    noise_floor,
    verdict,
)
from aebench.reports.launches import Error, Spread
from aebench.reports.statistics import Estimate
from aebench.reports.summary.cell_controls import CellControls
from aebench.reports.summary.cell_measurements import (
    CONTROL,
    EPOCH,
    EPOCH_RATIO,
    LIMIT_RATIO,
    PRODUCTS_RATIO,
    RATIO,
    CellMeasurements,
)
from aebench.reports.summary.cell_rounds import Pools
from aebench.reports.summary.epochs import EpochCost, epoch_ratio
from aebench.reports.summary.shared import ContenderView


class CellComparisons:
    """The comparisons of one cell's contenders, by spreads that are pooled over cells.

    Parameters
    ----------
    cell : CellMeasurements
        The cell.
    pools : Pools
        The spreads between launches, pooled over all cells of the run.
    """

    def __init__(self, cell: CellMeasurements, pools: Pools[CellMeasurements]) -> None:
        self.cell = cell
        self._pools = pools

    @cached_property
    def control_ratios(self) -> list[Estimate]:
        """The ratios of the A/A controls to their originals."""
        compared = map(self.compare_controls, self.cell.controls.values())
        return [each.ratio for each in compared if each]

    @cached_property
    def excess(self) -> float:
        """By how much an A/A control is beyond its interval: intervals are too narrow here."""
        return max(map(comparison.excess, self.control_ratios), default=0.0)

    def compare_controls(self, controls: CellControls) -> Comparison | None:
        """Compare A/A controls with their originals; None if no block has both."""
        if not controls.means:
            return None
        pooled = self._pools.spread(self.cell, CONTROL, controls.name)
        spent = self.cell.spent(controls.views[0].name)
        return comparison.compare(controls.means, pooled=pooled, spent=spent)

    def control_alone(self, name: str) -> Comparison | None:
        """Return the ratio of the A/A controls of a row; None if the cell has no such row."""
        controls = self.cell.controls.get(name)
        return self.compare_controls(controls) if controls else None

    def noise_floors(self, rotating: Iterable[CellControls]) -> dict[str, float]:
        """Return the noise floor of each contender that had a control in several launches."""
        pairs = [pair for each in rotating for pair in each.repeated_pairs]
        found = {of: self.compare(control, of, 1) for control, of in pairs}
        floors = {of: noise_floor(compared.ratio) for of, compared in found.items() if compared}
        return {of: floor for of, floor in floors.items() if floor is not None}

    def of_native(self, name: str) -> Comparison | None:
        """Return a contender's share of the throughput of its framework without Keras."""
        return self._share(name, self.cell.views[name].info.computes_with)

    def of_limit(self, name: str) -> Comparison | None:
        """Return a contender's share of the throughput of matrix products alone."""
        return self._share(name, "")

    def alone(self, what: str, name: str, against: str) -> Comparison | None:
        """Return a ratio in this cell for itself: neither adjusted nor widened.

        ``what`` is :data:`RATIO` or :data:`EPOCH_RATIO`. Return None if the two share no blocks.
        """
        if what == EPOCH_RATIO:
            return self.compare_epochs(name, against, 1, 0.0)
        return self.compare(name, against, 1)

    def _share(self, name: str, framework: str) -> Comparison | None:
        """Return a contender's share of a baseline's throughput, from the blocks with both."""
        baseline = self.cell.baseline_of(name, framework)
        what = RATIO if framework else LIMIT_RATIO
        return self.compare(baseline, name, 1, what=what) if baseline else None

    def times_products(self, view: ContenderView, against: str) -> Estimate | None:
        """Return how a contender's library compares with another's in the products alone."""
        views = [each for each in (view, self.cell.views.get(against)) if each]
        names = [self.cell.libraries.name_of(each.info) for each in views]
        if "" in names or len(set(names)) < 2:
            return None
        return self.explaining_ratio(PRODUCTS_RATIO, *names)

    def explaining_ratio(self, what: str, name: str, against: str) -> Estimate | None:
        """Return a ratio over launches that no verdict is about; None if it wasn't measured."""
        means = self.cell.means(what, name, against)
        pooled = self._pools.spread(self.cell, what, name, against)
        return comparison.compare(means, pooled=pooled).ratio if means else None

    def compare(
        self, name: str, against: str, comparisons: int, excess: float = 0.0, what: str = RATIO
    ) -> Comparison | None:
        """Compare two contenders' steps in the blocks with both; None if they share no block.

        ``what`` is :data:`LIMIT_RATIO` to compare the limit, by the name of its baseline, instead.
        """
        means = self.cell.means(what, name, against)
        if not means:
            return None
        pooled = self._pools.spread(self.cell, what, name, against)
        return comparison.compare(
            means, max(1, comparisons), pooled=pooled, excess=excess, spent=self.cell.spent(name)
        )

    def compare_epochs(
        self, name: str, against: str, comparisons: int, excess: float
    ) -> Comparison | None:
        """Compare two contenders' epochs in the launches with both; None if there are none."""
        if not {name, against} <= self.cell.epochs.keys():
            return None
        means, further = epoch_ratio(self.cell.epochs[name], self.cell.epochs[against])
        if not means:
            return None
        pooled = self._pools.spread(self.cell, EPOCH_RATIO, name, against)
        return comparison.compare(
            means,
            max(1, comparisons),
            pooled=pooled,
            further=further,
            excess=excess,
            spent=self.cell.spent(name),
        )

    def time(self, what: str, name: str) -> Estimate:
        """Return the seconds of a contender's step."""
        value, error = fmean(self.cell.means(what, name)), self._error(what, name)
        return launches.estimate(value, error, self.cell.confidence(name))

    def spread(self, what: str, name: str) -> Spread | None:
        """Return the spread between launches of a contender's seconds."""
        return self._pools.spread(self.cell, what, name)

    def _error(self, what: str, name: str) -> Error | None:
        return launches.mean_error(self.spread(what, name), len(self.cell.means(what, name)))

    def epoch_cost(self, name: str) -> EpochCost | None:
        """Return the cost of a contender's epoch; None if ends of epochs weren't timed."""
        mine = self.cell.epochs.get(name)
        known = self.spread(EPOCH, name)
        return mine.cost(known, self.cell.confidence(name)) if mine else None

    def unpaired(self, what: str, name: str, against: str) -> Estimate:
        """Return the ratio of two contenders' times, which share no blocks: Welch's interval."""
        value = fmean(self.cell.means(what, name)) - fmean(self.cell.means(what, against))
        errors = [self._error(what, each) for each in (name, against)]
        known = [error for error in errors if error]
        error = launches.combined(*known) if len(known) == 2 else None
        return launches.estimate(value, error, min(map(self.cell.confidence, (name, against))))

    def verdict(self, name: str, against: str, paired: Comparison) -> str:
        """Return the verdict of a comparison; ``unfinished`` if blocks of the plan are missing."""
        if min(len(self.cell.blocks[each]) for each in (name, against)) < self.cell.planned(name):
            return "unfinished"
        return verdict(paired.adjusted, self.cell.plan.different, self.cell.plan.same)

    def smallest_effect(self, name: str, paired: Comparison, comparisons: int) -> Estimate | None:
        """Return the minimum detectable effect; None if the comparison's error isn't known."""
        if paired.error is None:
            return None
        return minimum_detectable_effect(
            paired.error, self.cell.plan.different, max(1, comparisons), self.cell.confidence(name)
        )
