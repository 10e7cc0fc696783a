"""Define the properties of a model that the parent knows without running the model's code."""

from dataclasses import dataclass
from typing import Protocol

from aebench.bench.models.loading import ClosedForm
from aebench.bench.protocol.model_description import ModelDescription


class Model(Protocol):
    """A model of the plan; a figure is None if it isn't known."""

    @property
    def name(self) -> str:
        """Return the name that tables and messages show."""

    @property
    def description(self) -> ModelDescription:
        """Return the description from which workers build the model."""

    @property
    def form(self) -> ClosedForm | None:
        """Return the closed form; None if the model has none."""

    @property
    def no_training(self) -> str:
        """Return why the model can't be trained; empty if it can."""

    @property
    def constant_loss(self) -> float | None:
        """Return the test loss of the best constant prediction."""

    @property
    def natives(self) -> tuple[str, ...]:
        """Return the frameworks in which the model's file has it without Keras."""

    @property
    def weights(self) -> str:
        """Return the folder of the initial weights; empty if the model has a closed form."""

    @property
    def parameters(self) -> int | None:
        """Return the number of weights and biases."""

    @property
    def weight_bytes(self) -> int | None:
        """Return the bytes of the weights in float32."""

    @property
    def optimiser_bytes(self) -> int | None:
        """Return the bytes of the optimiser's state."""

    @property
    def activations(self) -> int | None:
        """Return how many numbers per sample the forward pass stores for the backward pass."""

    @property
    def forward_operations(self) -> int | None:
        """Return the floating-point operations of a forward pass over a sample."""

    @property
    def training_operations(self) -> int | None:
        """Return the floating-point operations of a training step per sample."""

    @property
    def dense_shapes(self) -> tuple[tuple[int, int], ...]:
        """Return inputs and units of each layer of a chain of dense layers, else nothing."""


@dataclass(frozen=True)
class FileModel:
    """A model in a user's file. The parent knows only its description and the figures given here.

    Parameters
    ----------
    description : ModelDescription
        The description of the model.
    parameters : int, optional
        Number of weights and biases.
    weight_bytes, optimiser_bytes : int, optional
        Bytes of the weights, and of the optimiser's state.
    activations : int, optional
        How many numbers per sample the forward pass stores for the backward pass.
    forward_operations, training_operations : int, optional
        Floating-point operations per sample.
    dense_shapes : tuple of (int, int)
        Inputs and units of the layers, if the model is a chain of dense layers.
    no_training : str
        Why the model can't be trained; empty if it can.
    natives : tuple of str
        The frameworks in which its file has the model without Keras.
    constant_loss : float, optional
        Test loss of the best constant prediction.
    weights : str
        The folder of its initial weights; see
        :class:`aebench.bench.protocol.messages.every_pass.Job`.
    """

    description: ModelDescription
    parameters: int | None = None
    weight_bytes: int | None = None
    optimiser_bytes: int | None = None
    activations: int | None = None
    forward_operations: int | None = None
    training_operations: int | None = None
    dense_shapes: tuple[tuple[int, int], ...] = ()
    no_training: str = ""
    natives: tuple[str, ...] = ()
    constant_loss: float | None = None
    weights: str = ""

    @property
    def name(self) -> str:
        """Return the name that tables and messages show."""
        return self.description.name

    @property
    def form(self) -> ClosedForm | None:
        """Return None: the parent does not run the file, which could define a closed form."""
        return None
