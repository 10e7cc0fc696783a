"""The messages of inspections, which learn of models what a run needs to know before it begins."""

from dataclasses import dataclass, field
from typing import ClassVar

from aebench.bench.protocol.messages.every_pass import Job
from aebench.bench.protocol.model_description import ModelDescription
from aebench.bench.protocol.samples import SampleSource


@dataclass(frozen=True)
class InspectionJob(Job):
    """Execute the commands :class:`Inspect`: nothing is measured.

    Parameters
    ----------
    folder : str
        The folder for samples and initial weights.
    npz : str
        Path of the user's data file; empty if the model's file has the data, or nothing has.
    train_samples : int
        Number of training samples to keep, from the first on; 0 keeps all.
    seeds : int
        Number of seeds for which initial weights are drawn, from 0 on.
    """

    PASS = "inspection"

    folder: str
    npz: str
    train_samples: int
    seeds: int


@dataclass(frozen=True)
class Inspect:
    """Build a model, find its samples and draw its initial weights. Answer: :class:`Inspected`.

    ``number`` names the folders of its files.
    """

    COMMAND: ClassVar[str] = "inspect"

    model: ModelDescription
    number: int


@dataclass(frozen=True)
class FoundSamples:
    """A model's samples, as files.

    Parameters
    ----------
    name : str
        Where they are from, in a few words.
    notice : str
        What is to be known of them; empty if they are the user's own.
    train, test : SampleSource
        Paths of ``.npy`` files.
    npz : str
        A file that holds the training samples too.
    array_names : SampleSource
        The names of their arrays in it.
    train_samples, test_samples : int
        Their numbers.
    sample_bytes : int
        Bytes of one sample with its targets.
    train_sha256, test_sha256 : str
        Digests of all arrays' bytes.
    drawn : bool
        Whether they are drawn from the model's inputs.
    """

    name: str
    notice: str
    train: SampleSource
    test: SampleSource
    npz: str
    array_names: SampleSource
    train_samples: int
    test_samples: int
    sample_bytes: int
    train_sha256: str
    test_sha256: str
    drawn: bool


@dataclass(frozen=True)
class Inspected:
    """What is known of a model once it was built; ``problem`` is a sentence if it can't be.

    Parameters
    ----------
    problem : str
        What is wrong with the model or its samples, and what to do; empty if nothing is.
    sha256 : str
        Digest of the model's file.
    parameters, weight_bytes, optimiser_bytes : int
        Number of weights, their bytes, and the bytes of the optimiser's state.
    forward_operations : int, optional
        See :func:`aebench.bench.worker.operations.forward_operations`.
    dense_shapes : list of list of int
        See :func:`aebench.bench.worker.operations.dense_chain`.
    no_training : str
        Why the model can't be trained; empty if it can.
    natives : list of str
        The frameworks in which its file has the model without Keras.
    constant_loss : float, optional
        See :func:`aebench.bench.worker.constant_prediction.constant_loss`.
    weights : str
        The folder of its initial weights; see :class:`Job`.
    samples : FoundSamples, optional
        Its samples; None if there is a problem.
    on_any_backend : bool
        Whether the problem would be there on any backend.
    """

    problem: str
    sha256: str = ""
    parameters: int = 0
    weight_bytes: int = 0
    optimiser_bytes: int = 0
    forward_operations: int | None = None
    dense_shapes: list[list[int]] = field(default_factory=list)
    no_training: str = ""
    natives: list[str] = field(default_factory=list)
    constant_loss: float | None = None
    weights: str = ""
    samples: FoundSamples | None = None
    on_any_backend: bool = False
