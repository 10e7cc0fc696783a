"""The messages of the memory pass, except those of its loops."""

from dataclasses import dataclass

from aebench.bench.protocol.messages.cold_start import ColdStartJob
from aebench.bench.protocol.messages.every_pass import RuntimeInfo


@dataclass(frozen=True)
class MemoryJob(ColdStartJob):
    """Run the phases of the memory pass, answer after each of them, then describe the steps."""

    PASS = "memory"


@dataclass(frozen=True)
class MemoryResult:
    """The optimiser's memory, and the process's memory after each call of the step function."""

    runtime: RuntimeInfo
    optimiser_bytes: int
    steps_between: int
    anonymous_bytes: list[int]
