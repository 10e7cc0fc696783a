"""The messages of the speed pass: cells are compiled and calibrated, then timed in rounds."""

from dataclasses import dataclass, field
from typing import ClassVar

from aebench.bench.protocol.messages.every_pass import Job


@dataclass(frozen=True)
class SpeedJob(Job):
    """Build the model, then execute the commands of the speed pass.

    ``workloads`` maps the name of a workload to the dotted name of its file. The worker's
    interpreter therefore need not know which installed packages add workloads. ``dense_shapes`` are
    the inputs and units of the layers of a chain of dense layers; empty for another model.
    """

    PASS = "speed"

    workloads: dict[str, str]
    dense_shapes: list[list[int]] = field(default_factory=list)


@dataclass(frozen=True)
class Compile:
    """Compile a workload; nothing is timed. Answer: :class:`CompiledCell`.

    ``steps`` are the numbers of steps for which loops of steps are compiled, where a number needs a
    compilation of its own.
    """

    COMMAND: ClassVar[str] = "compile"

    workload: str
    batch_size: int
    steps: list[int]


@dataclass(frozen=True)
class CompiledCell:
    """The workload is compiled at the batch size."""


@dataclass(frozen=True)
class Calibrate:
    """Measure roughly a step's seconds in a workload. Answer: :class:`Calibrated`."""

    COMMAND: ClassVar[str] = "calibrate"

    workload: str
    batch_size: int
    steps: int


@dataclass(frozen=True)
class Calibrated:
    """Rough seconds of a step; for ``gemm`` see :class:`aebench.reports.record.Library` too."""

    step_seconds: float
    library: str | None = None
    library_step_seconds: dict[str, float] | None = None
    step_bytes: int | None = None
    memory_bytes_per_second: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class TimeProducts:
    """Time a step's matrix products in the backend's own library. Answer: :class:`OwnProducts`."""

    COMMAND: ClassVar[str] = "products"

    workload: str
    batch_size: int


@dataclass(frozen=True)
class OwnProducts:
    """Seconds of a step's matrix products by library; empty if the backend has none."""

    library_step_seconds: dict[str, float]


@dataclass(frozen=True)
class Enter:
    """Start a workload, and wait inside it for commands. Answer: :class:`Entered`.

    ``epoch_steps`` is the least number of steps in an epoch. ``by_steps`` is whether rounds are of
    steps even if the workload times whole calls.
    """

    COMMAND: ClassVar[str] = "enter"

    workload: str
    batch_size: int
    epoch_steps: int
    by_steps: bool = False


@dataclass(frozen=True)
class Entered:
    """Seconds from the call of ``fit`` to its first epoch; None if ``fit`` is not called."""

    call_seconds: float | None


@dataclass(frozen=True)
class RunRound:
    """Run untimed steps, then timed steps. Answer: :class:`RoundTimes`."""

    COMMAND: ClassVar[str] = "round"

    steps: int
    discarded_steps: int


@dataclass(frozen=True)
class RoundTimes:
    """The times of one round.

    Parameters
    ----------
    seconds : float
        Duration of the timed steps.
    cpu_seconds : float
        Processor time that the worker used during the timed steps.
    discarded_seconds : float
        Duration of the untimed steps before them.
    call_seconds : list of float, optional
        Duration of each call, if the workload times calls.
    memory_seconds : float, optional
        For ``gemm``: how long moving the least bytes of the timed steps takes.
    """

    seconds: float
    cpu_seconds: float
    discarded_seconds: float
    call_seconds: list[float] | None = None
    memory_seconds: float | None = None


@dataclass(frozen=True)
class Leave:
    """End the workload that :class:`Enter` started. Answer: :class:`Left`."""

    COMMAND: ClassVar[str] = "leave"


@dataclass(frozen=True)
class Left:
    """The workload has ended."""


@dataclass(frozen=True)
class RunShortEpochs:
    """Time the boundaries after ``epochs`` epochs. Answer: :class:`EpochBoundaries`.

    Every epoch has ``steps`` steps.
    """

    COMMAND: ClassVar[str] = "short epochs"

    workload: str
    batch_size: int
    steps: int
    epochs: int


@dataclass(frozen=True)
class EpochBoundary:
    """One boundary; see :func:`aebench.bench.worker.stepping.epoch_boundaries`."""

    age_seconds: float
    step_seconds: float
    boundary_seconds: float
    first_step_seconds: float


@dataclass(frozen=True)
class EpochBoundaries:
    """The boundaries of short epochs; an empty list if the contender does not run ``fit``."""

    boundaries: list[EpochBoundary]
