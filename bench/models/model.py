"""What the parent knows of a model, without running its code."""

from dataclasses import dataclass
from typing import Protocol

from aebench.bench.models.loading import ClosedForm
from aebench.bench.protocol.model_description import ModelDescription


class Model(Protocol):
    """A model of the plan; a figure is None where nobody has worked it out."""

    @property
    def name(self) -> str:
        """Return the name that tables and messages show."""

    @property
    def description(self) -> ModelDescription:
        """Return the description by which workers build it."""

    @property
    def form(self) -> ClosedForm | None:
        """Return the closed form; None where the model has none."""

    @property
    def parameters(self) -> int | None:
        """Return the number of weights and biases."""

    @property
    def weight_bytes(self) -> int | None:
        """Return the bytes of the weights in float32."""

    @property
    def optimiser_bytes(self) -> int | None:
        """Return the bytes of what the optimiser keeps for the weights."""

    @property
    def activations(self) -> int | None:
        """Return how many numbers per sample the backward pass needs."""

    @property
    def forward_operations(self) -> int | None:
        """Return the floating-point operations of a forward pass over a sample."""

    @property
    def training_operations(self) -> int | None:
        """Return the floating-point operations of a training step per sample."""


@dataclass(frozen=True)
class FileModel:
    """A model of a user's file, of which the parent knows the description alone.

    Parameters
    ----------
    description : ModelDescription
        Of the file.
    parameters : int, optional
        Number of weights and biases.
    weight_bytes, optimiser_bytes : int, optional
        Bytes of the weights, and of what the optimiser keeps for them.
    activations : int, optional
        Numbers per sample that the backward pass needs.
    forward_operations, training_operations : int, optional
        Floating-point operations per sample.
    """

    description: ModelDescription
    parameters: int | None = None
    weight_bytes: int | None = None
    optimiser_bytes: int | None = None
    activations: int | None = None
    forward_operations: int | None = None
    training_operations: int | None = None

    @property
    def name(self) -> str:
        """Return the name that tables and messages show."""
        return self.description.name

    @property
    def form(self) -> ClosedForm | None:
        """Return nothing: the file is not run here."""
        return None
