"""The messages of the profile pass: compilations, and the operations of traced steps."""

from dataclasses import dataclass

from aebench.bench.protocol.messages.every_pass import Job


@dataclass(frozen=True)
class ProfileJob(Job):
    """Log the compilations of ``workloads``, then trace training steps into the file ``trace``."""

    PASS = "profile"

    batch_size: int
    steps: int
    trace: str
    workloads: list[str]


@dataclass(frozen=True)
class CompileLogEntry:
    """One trace or compilation, with the call that caused it."""

    stage: str
    function: str
    seconds: float
    cause: str
    workload: str
    samples: int


@dataclass(frozen=True)
class CompileLog:
    """All traces and compilations, in the order of their events."""

    compilations: list[CompileLogEntry]


@dataclass(frozen=True)
class TracedOperation:
    """The seconds of the traced time that one operation took."""

    category: str
    operation: str
    calls: int
    seconds: float


@dataclass(frozen=True)
class Profiled:
    """The operations of ``steps`` traced steps, and the seconds of rounds without tracing."""

    steps: int
    untraced_seconds: list[float]
    clocked_seconds: list[float]
    traced_seconds: float
    operations: list[TracedOperation]
