"""The messages of every pass: the hello, what all jobs share, the runtime info, a failure."""

from dataclasses import dataclass, field
from typing import ClassVar

from aebench.bench.protocol.model_description import ModelDescription
from aebench.bench.protocol.samples import SampleSource


@dataclass(frozen=True)
class Hello:
    """The memory of an interpreter before it imports a framework.

    Parameters
    ----------
    resident_bytes : int
        Resident memory; 0 where the process cannot read it.
    exact : bool
        Whether the process can read the exact peak of a phase.
    proportional_bytes, private_bytes, anonymous_bytes : int, optional
        See :func:`aebench.bench.system.proc_memory.shares`.
    """

    resident_bytes: int
    exact: bool
    proportional_bytes: int | None = None
    private_bytes: int | None = None
    anonymous_bytes: int | None = None


@dataclass(frozen=True)
class Job:
    """The work of one worker: the fields that all passes share.

    Parameters
    ----------
    backend : str
        A Keras backend, or the baseline that runs instead of Keras.
    module : str
        Dotted name of the backend's file.
    settings : dict
        See :class:`aebench.bench.protocol.settings.ContenderSettings`.
    model : ModelDescription
        The description of the model.
    threads : int
        Number of cores that the process may use; 0 means all cores.
    seed : int
        Seed of the initial weights.
    weights : str
        A folder with the initial weights of each seed, as ``SEED.npz`` with an array for each of
        the model's weights, by its number; empty if the model has them in closed form.
    train, test : SampleSource
        Paths of ``.npy`` files.
    """

    PASS: ClassVar[str]

    backend: str
    module: str
    settings: dict[str, str]
    model: ModelDescription
    threads: int
    seed: int
    train: SampleSource
    test: SampleSource
    weights: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class RuntimeInfo:
    """Versions, device and effective settings; see :class:`aebench.reports.record.WorkerInfo`."""

    settings: dict[str, str]
    versions: dict[str, str]
    frameworks_held: list[str]
    cores: int
    epoch_end_polls_seconds: list[float]


@dataclass(frozen=True)
class Failed:
    """The answer of a worker that ends because of an error: one sentence about the error."""

    error: str
