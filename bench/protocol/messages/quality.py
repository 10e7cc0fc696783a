"""The messages of the quality pass: trainings by seed."""

from dataclasses import dataclass, field
from typing import ClassVar

from aebench.bench.protocol.messages.every_pass import Job


@dataclass(frozen=True)
class QualityJob(Job):
    """Train once per seed, on the command :class:`BeginTraining`.

    Parameters
    ----------
    seeds : list of int
        Seeds of the weights and of the order of the data.
    epochs : int
        Number of epochs per seed.
    batch_size : int
        Samples per step.
    train_samples : int
        Number of samples to train on, counted from the first.
    examples : list of int
        Indices of the test samples to reconstruct; empty if the model does not reconstruct.
    """

    PASS = "quality"

    seeds: list[int]
    epochs: int
    batch_size: int
    train_samples: int
    examples: list[int]


@dataclass(frozen=True)
class BeginTraining:
    """Train all seeds. Answers: :class:`EpochTrained` by epoch, :class:`Reconstructed` by seed.

    Other workers start and build before, and train later.
    """

    COMMAND: ClassVar[str] = "train"


@dataclass(frozen=True)
class EpochTrained:
    """Times and losses of one epoch; ``train_loss`` is None except in the last epoch.

    ``metrics`` are the compiled metrics on the test samples, by their names.
    """

    seed: int
    epoch: int
    train_seconds: float
    evaluate_seconds: float
    fit_loss: float
    test_loss: float
    train_loss: float | None
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Reconstructed:
    """A trained model's reconstructions of the examples: one byte per pixel, in base 64."""

    seed: int
    pixels: str
