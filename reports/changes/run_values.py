"""What one run tells of its contenders: times, starts, memory and losses, with their errors."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from aebench.reports import record
from aebench.reports.comparison import noise_floor
from aebench.reports.journal import Record
from aebench.reports.launches import Error, Spread, combined, mean_error, spread
from aebench.reports.summary import footprint, parity, quality, speed
from aebench.reports.summary.cell_comparisons import CellComparisons
from aebench.reports.summary.cell_measurements import EPOCH, EPOCH_RATIO, RATIO, STEPS
from aebench.reports.summary.cell_rounds import Key, Pools
from aebench.reports.summary.footprint import FootprintRow
from aebench.reports.summary.parity import ParityRow
from aebench.reports.summary.quality import QualityRow
from aebench.reports.summary.shared import ContenderView, contenders

# What a cell is judged by, where all epochs are known.
_EPOCH = "epoch"


@dataclass(frozen=True)
class RunValue:
    """A quantity in one run.

    Parameters
    ----------
    log : float
        The mean over launches of its logarithm.
    error : Error or None
        The error of that mean, by the launches of the run; None for a single launch.
    spread : Spread or None
        The spread between launches.
    """

    log: float
    error: Error | None
    spread: Spread | None

    def beside(self, other: "RunValue") -> "RunValue":
        """Return the ratio to another quantity of the run that shares no blocks with this one."""
        errors = [each.error for each in (self, other) if each.error]
        spreads = [each.spread for each in (self, other) if each.spread]
        if len(errors) < 2 or len(spreads) < 2:
            return RunValue(self.log - other.log, None, None)
        sd = math.hypot(*(each.sd for each in spreads))
        return RunValue(
            self.log - other.log,
            combined(*errors),
            Spread(sd, min(each.freedom for each in spreads)),
        )


def over_starts(values: Sequence[float]) -> RunValue | None:
    """Return the value of a quantity that was measured once per start; None unless positive."""
    if not values or min(values) <= 0:
        return None
    logs = [math.log(each) for each in values]
    known = spread(logs)
    return RunValue(sum(logs) / len(logs), mean_error(known, len(logs)), known)


class RunValues:
    """The measurements of one run.

    Parameters
    ----------
    source : Record
        The run's record.
    """

    def __init__(self, source: Record) -> None:
        self.source = source
        self.header = source.header
        self.views: Mapping[str, ContenderView] = {view.name: view for view in contenders([source])}

    @cached_property
    def cells(self) -> dict[Key, CellComparisons]:
        """The cells of the speed pass that were measured."""
        found = speed.measurements(self.source, list(self.views.values()))
        pools = Pools(found)
        return {cell.key: CellComparisons(cell, pools) for cell in found if cell.blocks}

    @cached_property
    def starts(self) -> dict[tuple[str, str], FootprintRow]:
        """The cold starts, by model and contender."""
        found = footprint.rows([self.source], list(self.views.values()))
        return {(row.model, row.contender): row for row in found}

    @cached_property
    def trained(self) -> dict[tuple[str, str], QualityRow]:
        """The trainings of the quality pass, by model and contender."""
        found = quality.rows([self.source], list(self.views.values()))
        return {(row.model, row.contender): row for row in found}

    @cached_property
    def parity(self) -> dict[tuple[str, str], ParityRow]:
        """The checks of parity, by model and contender."""
        found = parity.rows([self.source], list(self.views.values()))
        return {(row.model, row.contender): row for row in found}

    @cached_property
    def worker_of(self) -> dict[tuple[str, str], record.WorkerInfo]:
        """A worker by contender and model, with its versions and settings in force.

        Workers of the speed pass come first.
        """
        found: dict[tuple[str, str], record.WorkerInfo] = {}
        workers = self.source.of(record.WorkerInfo)
        for worker in sorted(workers, key=lambda each: each.pass_name != "speed"):
            found.setdefault((worker.contender, worker.model), worker)
        return found

    def has_epochs(self, key: Key, *names: str) -> bool:
        """Return whether the cell is judged by epochs, and these contenders' epochs are known."""
        cell = self.cells[key].cell
        return cell.judged_by == _EPOCH and set(names) <= cell.epochs.keys()

    def seconds(self, key: Key, name: str, epochs: bool) -> RunValue | None:
        """Return the seconds of a contender's step, or of its epoch of ``fit``."""
        compared = self.cells[key]
        known = compared.spread(EPOCH if epochs else STEPS, name)
        means = compared.cell.means(EPOCH if epochs else STEPS, name)
        if not means:
            return None
        error = mean_error(known, len(means))
        shared = compared.cell.epochs[name].fixed_error if epochs else None
        if error and shared:
            error = combined(error, shared)
        return RunValue(sum(means) / len(means), error, known)

    def ratio(self, key: Key, name: str, against: str, epochs: bool) -> RunValue | None:
        """Return the ratio of two contenders' seconds, from the blocks that both share."""
        found = self.cells[key].alone(EPOCH_RATIO if epochs else RATIO, name, against)
        if found is None:
            return None
        return RunValue(math.log(found.ratio.value), found.error, found.spread)

    def noise_floor(self, key: Key) -> float | None:
        """Return the largest difference, a share, that the cell's A/A controls allow."""
        floors = map(noise_floor, self.cells[key].control_ratios)
        return max((each for each in floors if each is not None), default=None)

    def obstacle(self, key: Key, name: str) -> str:
        """Return why a contender's time in a cell tells nothing; empty if it does."""
        cell = self.cells[key].cell
        if cell.differs.get(name):
            return f"it isn't shown to be the same model: {cell.differs[name]}"
        counted = cell.rounds.counted
        if 2 * sum(row.disturbed for row in counted) > len(counted):
            return "most of its blocks were disturbed"
        return ""

    def start(self, model: str, name: str, of: str) -> RunValue | None:
        """Return the seconds (``start``) or the peak memory (``peak``) of cold starts.

        Return None if the contender has none.
        """
        view = self.views.get(name)
        if view is None:
            return None
        done = {row.launch for row in view.of(record.FootprintFacts, model)}
        launches: dict[int, list[record.Phase]] = {}
        for row in view.of(record.Phase, model):
            if row.launch in done:
                launches.setdefault(row.launch, []).append(row)
        if of == "start":
            return over_starts([sum(row.seconds for row in each) for each in launches.values()])
        return over_starts(
            [float(max(row.peak_bytes for row in each)) for each in launches.values()]
        )

    def losses(self, model: str, name: str) -> dict[int, float]:
        """Return the test loss after the last epoch, by seed."""
        row = self.trained.get((model, name))
        return {each.seed: each.test_loss for each in row.trainings} if row else {}
