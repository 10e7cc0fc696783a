"""The messages of the parity pass: results are computed, and compared with the oracle's."""

from dataclasses import dataclass
from typing import ClassVar

from aebench.bench.protocol.messages.every_pass import Job, RuntimeInfo
from aebench.bench.protocol.model_description import ModelDescription


@dataclass(frozen=True)
class ParityJob(Job):
    """Import the framework, then execute :class:`Compare` or :class:`ComputeResults`."""

    PASS = "parity"


@dataclass(frozen=True)
class Compare:
    """Compare a model with the oracle's results in a file. Answer: :class:`Compared`.

    ``checks`` is a group of :mod:`aebench.bench.protocol.parity_checks`, made at ``batch_size``.
    """

    COMMAND: ClassVar[str] = "compare"

    model: ModelDescription
    oracle: str
    batch_size: int
    checks: str


@dataclass(frozen=True)
class Check:
    """The difference between a contender and the oracle, and ``where`` it is largest."""

    check: str
    difference: float
    where: str = ""


@dataclass(frozen=True)
class Compared:
    """The checks of one group for a model at a batch size, and the worker's runtime info."""

    runtime: RuntimeInfo
    checks: list[Check]


@dataclass(frozen=True)
class ComputeResults:
    """Write what the job's model computes to a file. Answer: :class:`ResultsComputed`.

    Parameters
    ----------
    batch_size : int
        Samples per step.
    checks : str
        A group of :mod:`aebench.bench.protocol.parity_checks`, whose results are computed.
    path : str
        Path of the file, an ``.npz``; :mod:`aebench.bench.protocol.parity_results` names its
        arrays.
    float64 : bool
        Whether to compute in float64, here and in all later commands.
    draws : int
        How often the results are computed from disturbed weights, to see how far they change.
    """

    COMMAND: ClassVar[str] = "results"

    batch_size: int
    checks: str
    path: str
    float64: bool
    draws: int


@dataclass(frozen=True)
class ResultsComputed:
    """The file of results is written; ``note`` says which results were left out, and why."""

    runtime: RuntimeInfo
    note: str = ""
