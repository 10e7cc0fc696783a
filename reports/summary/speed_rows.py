"""The summary of one cell of the speed pass: throughputs, ratios, verdicts, the fastest."""

import msgspec

from aebench.reports import record
from aebench.reports.formatting import listed
from aebench.reports.launches import Error
from aebench.reports.statistics import Estimate
from aebench.reports.summary.cell_controls import ControlLaunch
from aebench.reports.summary.epochs import EpochCost

# Without an interval, a contender must be above the limit by this share to show a defect in it.
LIMIT_ERROR = 0.05


class OverRuns(msgspec.Struct, frozen=True):
    """How a contender's ratio, of what its cell is judged by, came out in several runs.

    ``ratios`` are those of the runs in order of size. ``between_sd`` is the standard deviation
    between runs, as a share, without what launches within a run explain; None if it isn't known.
    """

    ratios: list[float]
    between_sd: float | None = None


class CellLimit(msgspec.Struct, frozen=True):
    """What a cell's contenders can reach at most on this machine.

    ``bound`` is what takes longer: ``compute``, a step's matrix products, or ``memory``, moving the
    least bytes of a step. It is empty in older records, which have no memory: the products alone
    count there. Both throughputs are those that a step with nothing else in it would have.
    """

    bound: str
    products_samples_per_second: Estimate
    memory_samples_per_second: Estimate | None = None
    operations_per_second: float | None = None
    step_bytes: int | None = None
    bytes_per_second: float | None = None


class SpeedRow(msgspec.Struct, frozen=True):
    """One contender in one cell; figures are None where the contender failed.

    ``shares_blocks`` is whether the contender was measured in the same blocks as the reference. If
    it was, the ``verdict`` follows from the interval of ``adjusted``, which is of what the cell is
    judged by. That interval is widened: the intervals of all comparisons of the cell are right
    together. Verdicts are ``faster``, ``slower``, ``same`` and ``inconclusive``. The verdict is
    ``unfinished`` if fewer blocks than planned were measured, and ``disturbed`` if most blocks were
    disturbed.

    For a contender that gets no verdict, the field ``verdict`` has another word. It is ``baseline``
    for a baseline. It is ``differs`` or ``unchecked`` if the model is not shown to be the same, for
    the reason in the field ``differs``; that reason is in ``despite`` if the run was asked to rank
    all contenders. It is the contender's precision, such as ``tf32``, if
    the reference has another precision.

    ``times_reference`` is the ratio of the seconds per step, ``times_epoch`` that of the seconds
    per epoch of ``fit``. ``log_error`` is the error of the logarithm of that of the two which the
    cell is judged by. ``times_reference_calm`` is the ratio of the seconds per step in calm
    blocks, by the machine controls. ``control_correlations`` are the correlations of the seconds
    per step with each machine control, both as running medians. ``of_native`` is the share of the
    throughput of the same framework without Keras, ``of_limit`` the share of the limit (see
    :class:`CellLimit`). ``times_products`` is the ratio of the seconds that the contender's library
    takes for the step's matrix products alone to those of the reference's. ``steady_step_seconds``
    is the time of a step inside a call, where rounds are whole calls, and ``times_steady`` its
    ratio to the reference's. ``minimum_detectable_effect`` is the smallest true difference that 80
    % of such runs would detect. ``pair_sd`` is the standard deviation of the log-ratio of a pair of
    rounds, and ``launch_sd`` that of a launch's mean log-ratio. ``drift`` is the change from the
    first to the last third of the blocks against the other contenders, None if it is not
    significant. A control is compared with the contender ``control_of`` alone, and runs
    ``known_effect`` (a share) more steps than it reports. A/A controls that take turns by launch
    share a row: it has ratios to their ``originals`` and no throughput.

    In the cell of several runs ratios are means over runs, and ``over_runs`` has their parts.
    Throughputs and seconds aren't pooled: there the ends of an interval are the least and the
    largest of the runs, and the value lies between them.
    """

    contender: str
    control_of: str = ""
    known_effect: float = 0.0
    rounds: int = 0
    samples_per_second: Estimate | None = None
    step_seconds: Estimate | None = None
    times_reference: Estimate | None = None
    times_epoch: Estimate | None = None
    times_reference_calm: Estimate | None = None
    control_correlations: dict[str, float] = {}
    shares_blocks: bool = True
    adjusted: Estimate | None = None
    verdict: str = ""
    minimum_detectable_effect: Estimate | None = None
    pair_sd: float | None = None
    launch_sd: float | None = None
    drift: float | None = None
    epoch: EpochCost | None = None
    failure: str = ""
    differs: str = ""
    of_native: Estimate | None = None
    of_limit: Estimate | None = None
    originals: list[str] = []
    over_runs: OverRuns | None = None
    times_products: Estimate | None = None
    steady_step_seconds: Estimate | None = None
    times_steady: Estimate | None = None
    despite: str = ""
    log_error: Error | None = None

    @property
    def judged_ratio(self) -> Estimate | None:
        """Return the ratio that the verdict is about: of epochs where these are known."""
        return self.times_epoch or self.times_reference


class Stopping(msgspec.Struct, frozen=True):
    """The rule by which a cell has launches enough.

    ``confidence`` is that of the cell's intervals of 95 %: they allow for the run's looks.
    ``enough`` is the number of launches that suffice, None if that isn't known.
    """

    rule: record.StoppingRule
    confidence: float
    enough: int | None


class SpeedCell(msgspec.Struct, frozen=True):
    """A cell (model, workload and batch size), in which contenders are compared.

    ``judged_by`` is what verdicts compare: ``epoch``, ``step``, ``call`` or ``whole call``.
    ``fastest`` is the fastest contender, or empty if none can be named; ``answer`` is a sentence on
    it, or on why none can be named. ``stands`` is whether it is the fastest too where all cells of
    the report are judged together (Holm's procedure): sentences over many cells name only these.
    ``launches`` is the largest number of any contender, and ``blocks`` the number of all blocks in
    which any contender was measured. ``comparisons`` is the
    number of comparisons for which intervals are adjusted. ``control_excess`` is by how much (a
    share) the interval of an A/A control lies off 1; all intervals are wider by that much.
    ``noise_floor`` is the largest difference, as a share, that the A/A controls' intervals allow.
    Where A/A controls take turns, ``noise_floors`` is that of each contender which had its control
    in several launches, and ``controls`` holds what came out launch by launch.

    ``repeated`` is the number of disturbed blocks that were measured again and do not count.
    ``disturbed`` is the number of disturbed blocks that count, because no more repetitions were
    allowed. ``background_share`` and ``steal_share`` are means over the blocks that count;
    ``most_steal_share`` is the largest steal. ``control_sds`` are the standard deviations, within
    runs, of the logarithms of the machine controls' times. ``calm_blocks`` is the number of blocks
    that count and were calm by these, None if that isn't known; ``depends_on_state`` is a sentence
    on ratios that differ between calm blocks and the others, empty if none do.
    ``library_samples_per_second`` is what each library does of the step's matrix products alone,
    the fastest first. ``timing`` is what a round is a number of: ``step``, ``call`` or ``whole
    call``. ``stopping`` is None in a run of fixed size.

    ``machine`` is the machine's name, where the report has several machines. ``runs`` are the names
    of the runs that the cell combines, empty for a single one. ``apart`` names the runs where the
    report has other runs of this machine, which can't be combined with these. ``fastest_in_each``
    is the contender that every single run calls the fastest, where it stands in that run.
    """

    model: str
    workload: str
    batch_size: int
    reference: str
    steps_per_round: list[int]
    launches: int
    blocks: int
    rows: list[SpeedRow]
    answer: str
    judged_by: str = "step"
    fastest: str = ""
    stands: bool = False
    comparisons: int = 0
    different: float = record.DIFFERENT
    same: float = record.SAME
    control_excess: float = 0.0
    noise_floor: float | None = None
    noise_floors: dict[str, float] = {}
    controls: list[ControlLaunch] = []
    repeated: int = 0
    disturbed: int = 0
    background_share: float | None = None
    steal_share: float | None = None
    most_steal_share: float | None = None
    control_sds: dict[str, float] = {}
    calm_blocks: int | None = None
    depends_on_state: str = ""
    library_samples_per_second: dict[str, float] = {}
    limit: CellLimit | None = None
    timing: str = "step"
    has_epochs: bool = False
    stopping: Stopping | None = None
    machine: str = ""
    runs: list[str] = []
    apart: list[str] = []
    fastest_in_each: str = ""

    @property
    def key(self) -> tuple[str, str, int]:
        """Return model, workload and batch size: cells on several machines share them."""
        return self.model, self.workload, self.batch_size

    @property
    def label(self) -> str:
        """Return what tells the cell from those of other machines and runs; empty for one alone."""
        return ", ".join(filter(None, [self.machine, listed(self.apart)]))

    @property
    def short(self) -> str:
        """Return the cell's name in tables with a row per cell."""
        on = f", {self.label}" if self.label else ""
        return f"{self.workload} {self.model}, {self.batch_size}{on}"

    def contradicted(self, row: SpeedRow) -> bool:
        """Return whether throughputs order a contender and the reference unlike pairs of rounds do.

        Throughputs are of all rounds, those also that a machine in another state slowed. The pairs,
        which share its state, are right then, and the throughput isn't shown beside them.
        """
        mine, ratio = row.samples_per_second, row.times_reference
        other = next(
            (each.samples_per_second for each in self.rows if each.contender == self.reference),
            None,
        )
        if self.runs or row.control_of or not row.shares_blocks or not (mine and other and ratio):
            return False
        if ratio.low is None or ratio.high is None or ratio.low <= 1 <= ratio.high:
            return False
        return (ratio.value > 1) != (other.value > mine.value)

    @property
    def mostly_disturbed(self) -> bool:
        """Whether most of the blocks that count were disturbed: then there are no verdicts."""
        return 2 * self.disturbed > self.blocks

    @property
    def faster_than_limit(self) -> list[str]:
        """Names of contenders that are above the limit by more than their interval.

        The limit has a defect then. On an accelerator, starting small products one by one can take
        longer than computing them.
        """
        return [
            row.contender
            for row in self.rows
            if row.of_limit and not row.control_of and _is_above_one(row.of_limit)
        ]


def _is_above_one(share: Estimate) -> bool:
    return share.value > 1 + LIMIT_ERROR if share.low is None else share.low > 1
