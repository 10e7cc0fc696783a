"""The messages of the passes that time and weigh a cold start."""

from dataclasses import dataclass, field

from aebench.bench.protocol.messages.every_pass import Job
from aebench.bench.protocol.samples import SampleSource


@dataclass(frozen=True)
class ColdStartJob(Job):
    """Run the phases of a cold start.

    Parameters
    ----------
    batch_size : int
        Samples per step.
    npz : str
        Path of the user's data file, an ``.npz``.
    array_names : SampleSource
        Names of the file's arrays.
    train_samples : int
        Number of samples to train on, counted from the first.
    scaled : bool
        Whether arrays of bytes are pixels, which are scaled to [0, 1].
    """

    batch_size: int
    npz: str
    array_names: SampleSource
    train_samples: int
    scaled: bool = field(default=True, kw_only=True)


@dataclass(frozen=True)
class PhaseMemory:
    """The time and memory of one phase.

    ``peak_bytes`` is None if the worker cannot read its peak. The parent then samples the memory.
    """

    phase: str
    seconds: float
    resident_bytes: int
    peak_bytes: int | None
    proportional_bytes: int | None = None
    private_bytes: int | None = None
    anonymous_bytes: int | None = None
    device_peak_bytes: int | None = None
