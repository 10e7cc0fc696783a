"""The messages of the ladder pass: rungs are prepared, then timed in rounds."""

from dataclasses import dataclass
from typing import ClassVar

from aebench.bench.protocol.messages.every_pass import Job


@dataclass(frozen=True)
class LadderJob(Job):
    """Build the model, then execute :class:`PrepareRungs` and :class:`RunRung`.

    Parameters
    ----------
    dense_shapes : list of list of int
        See :class:`aebench.bench.protocol.messages.speed.SpeedJob`.
    validation_samples : int
        The number of test samples with which the rung with validation validates.
    own_data : bool
        Whether the samples are those of the function ``data`` of the model's file, if it has one.
    """

    PASS = "ladder"

    dense_shapes: list[list[int]]
    validation_samples: int
    own_data: bool


@dataclass(frozen=True)
class PrepareRungs:
    """Compile all rungs of a workload, and time them roughly. Answer: :class:`RungsPrepared`."""

    COMMAND: ClassVar[str] = "prepare rungs"

    workload: str
    batch_size: int


@dataclass(frozen=True)
class RungsPrepared:
    """Rough seconds of a step by rung, why others are absent, and the most steps of some."""

    step_seconds: dict[str, float]
    absent: dict[str, str]
    most_steps: dict[str, int]


@dataclass(frozen=True)
class RunRung:
    """Run so many steps of a rung that was prepared last. Answer: :class:`RungTimes`."""

    COMMAND: ClassVar[str] = "rung"

    rung: str
    steps: int


@dataclass(frozen=True)
class RungTimes:
    """The times of one round of a rung; see :class:`aebench.reports.record.RungRound`."""

    seconds: float
    step_seconds: float
    cpu_seconds: float
