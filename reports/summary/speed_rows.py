"""One cell of the speed pass: throughput, ratios in shared blocks, who is fastest."""

import msgspec

from aebench.reports import record
from aebench.reports.summary.epochs import EpochCost
from aebench.reports.summary.shared import Interval


class SpeedRow(msgspec.Struct, frozen=True):
    """One contender in one cell; figures are absent where it failed.

    ``shares_blocks`` is whether it was measured in the same blocks as the reference; if so, the
    ``verdict`` goes by the ``adjusted`` interval, all comparisons of the cell holding together:
    faster, slower, same, inconclusive; unstable where an A/A control says that none can be trusted,
    unfinished where fewer blocks than planned were measured. Who isn't judged has another word:
    ``baseline``, ``differs`` or ``unchecked`` (not shown to be the same model: ``differs`` says
    why), or a precision that isn't the reference's. ``of_native`` is the share of the throughput of
    the same framework without Keras, ``of_limit`` of the matrix products alone. ``detectable`` is
    the smallest difference that such a run calls in 80 % of cases, ``pair_sd`` and ``launch_sd``
    are the standard deviations of the log-ratio. ``drift`` is there where the last third of its
    rounds differs from the first: it wasn't steady. A control is compared with the contender
    ``control_of``, on its own, and runs ``known_effect`` (a share) more steps than it reports.
    """

    contender: str
    control_of: str = ""
    known_effect: float = 0.0
    rounds: int = 0
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
    differs: str = ""
    of_native: Interval | None = None
    of_limit: Interval | None = None


class SpeedCell(msgspec.Struct, frozen=True):
    """Where contenders met: model × workload × batch size.

    ``answer`` says who is ``fastest``, or that it can't be said; then ``fastest`` is empty.
    ``launches`` and ``blocks`` are those of the contender that had most; ``comparisons`` is how
    many the adjustment is for. ``unstable`` names the controls that were called faster or slower than
    their originals: then nobody gets a verdict. ``noise_floor`` is the largest difference, as a
    share, that the A/A controls' intervals allow. ``repeated`` blocks were disturbed and don't count,
    ``disturbed`` ones were too, but were beyond the limit of repetitions and do.
    ``background_share`` and ``steal_share`` are means of the blocks that count, ``most_steal_share``
    is that of the worst; ``control_sd`` is the standard deviation, within runs, of the logarithm of
    the time that fixed work took. ``libraries`` are those that did matrix products fastest.
    ``timing`` is what a round is counted in, ``step`` or ``call``.
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
    fastest: str = ""
    comparisons: int = 0
    different: float = record.DIFFERENT
    same: float = record.SAME
    unstable: list[str] = []
    noise_floor: float | None = None
    repeated: int = 0
    disturbed: int = 0
    background_share: float | None = None
    steal_share: float | None = None
    most_steal_share: float | None = None
    control_sd: float | None = None
    libraries: list[str] = []
    timing: str = "step"
    has_epochs: bool = False
