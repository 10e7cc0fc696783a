"""A user's model without Keras: what ``native_jax``, ``native_torch`` … of a model's file make."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from aebench import backends
from aebench.backends.native.arrays import copier
from aebench.bench.models.loading import LoadedModel, ModelError
from aebench.bench.protocol import trees
from aebench.bench.protocol.samples import Samples

Array = np.ndarray[Any, Any]
_METHODS = ("predict", "loss", "step", "weights")


class OwnNetwork:
    """A network that a user's file makes from the initial weights, and that aebench only calls.

    Parameters
    ----------
    model : LoadedModel
        The model, whose file has the function.
    backend : str
        The baseline, such as ``native-jax``.
    initial : sequence of ndarray
        The initial weights, in Keras's order.

    Raises
    ------
    ModelError
        If what the function returns lacks a method.
    """

    def __init__(self, model: LoadedModel, backend: str, initial: Sequence[Array]) -> None:
        framework = backends.backend_name(backend)
        made = model.native_functions[framework](list(initial), **model.parameters)
        lacking = [name for name in _METHODS if not callable(getattr(made, name, None))]
        if lacking:
            raise ModelError(
                f"the model {model.name} can't be measured without Keras: what native_{framework} "
                f"returns has no {lacking[0]}()."
            )
        self._made = made
        self._copy = copier(framework)

    def batches(self, samples: Samples, batch_size: int) -> list[Samples]:
        """Copy the whole batches of samples to the device."""
        found = []
        for first in range(0, samples.total - batch_size + 1, batch_size):
            rows = slice(first, first + batch_size)
            found.append(samples.changed(lambda array, rows=rows: self._copy(array[rows])))  # type: ignore[misc]
        return found

    def predict(self, batch: Samples) -> Any:
        """Return the outputs of a batch."""
        return self._made.predict(batch.x)

    def step(self, batch: Samples) -> Any:
        """Train on a batch; return its loss before the step."""
        return self._made.step(*_given(batch))

    def step_loss(self, batch: Samples) -> float:
        """Train on a batch; return its loss before the step as a number."""
        return float(np.asarray(_plain(self.step(batch))))

    def loss(self, batch: Samples) -> float:
        """Return the loss of a batch at inference."""
        return float(np.asarray(_plain(self._made.loss(*_given(batch)))))

    def outputs(self, batch: Samples) -> dict[str, Array]:
        """Return the outputs of a batch by their names."""
        made = trees.mapped(self.predict(batch), _plain)
        return {name or "output": np.asarray(values) for name, values in trees.named_leaves(made)}

    def weights(self) -> list[Array]:
        """Return the current weights, in Keras's order."""
        return [np.array(_plain(each)) for each in self._made.weights()]


def _given(batch: Samples) -> list[Any]:
    return [batch.x, batch.y] + ([] if batch.weights is None else [batch.weights])


def _plain(value: Any) -> Any:
    """Return a number or a tensor as what NumPy can read: PyTorch's may have a gradient."""
    return value.detach().cpu() if hasattr(value, "detach") else value
