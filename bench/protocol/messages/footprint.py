"""The messages of the footprint pass."""

from dataclasses import dataclass

from aebench.bench.protocol.messages.cold_start import ColdStartJob
from aebench.bench.protocol.messages.every_pass import RuntimeInfo


@dataclass(frozen=True)
class FootprintJob(ColdStartJob):
    """Run the phases of the footprint pass, answer after each of them, then describe the model."""

    PASS = "footprint"


@dataclass(frozen=True)
class FootprintResult:
    """The model after a cold start: its size, and its loss after ``loss_steps`` steps."""

    runtime: RuntimeInfo
    device_peak_bytes: int | None
    parameters: int
    loss_steps: int
    loss: float
