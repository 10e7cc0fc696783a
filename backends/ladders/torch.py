"""Run a Keras model's steps by PyTorch alone, operation by operation as Keras does by default."""

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

import torch

from aebench.backends.ladders import Batch, FrameworkSteps


class TorchSteps:
    """Implement :class:`aebench.backends.ladders.FrameworkSteps`."""

    def __init__(self, model: Any, batches: Sequence[Batch]) -> None:
        self._next = cycle(batches)
        self._model = model
        # A model that isn't compiled can predict.
        optimiser = getattr(model, "optimizer", None)
        if optimiser is not None:
            optimiser.build(model.trainable_variables)

        def step(batch: Batch) -> Any:
            outputs = model(batch.x, training=True)
            model.zero_grad()
            loss = model.compute_loss(
                x=batch.x, y=batch.y, y_pred=outputs, sample_weight=batch.weights
            )
            loss.backward()
            weights = model.trainable_weights
            gradients = [each.value.grad for each in weights]
            with torch.no_grad():
                model.optimizer.apply(gradients, weights)
            return loss.detach()

        def forward(x: Any) -> Any:
            with torch.no_grad():
                return model(x, training=False)

        # As Keras does it: by torch.compile where the model asks for it.
        compiled = model.jit_compile is True
        self._step = torch.compile(step) if compiled else step
        self._forward = torch.compile(forward) if compiled else forward

    def train(self, steps: int) -> Any:
        """Train for so many steps; return the last loss."""
        self._model.train()
        loss = None
        for _ in range(steps):
            loss = self._step(next(self._next))
        return loss

    def predict(self, steps: int) -> Any:
        """Compute so many forward passes; return the last outputs."""
        self._model.eval()
        outputs = None
        for _ in range(steps):
            outputs = self._forward(next(self._next).x)
        return outputs

    def loop(self) -> None:
        """Return None: torch.compile would unroll a loop over steps."""

    @staticmethod
    def source(batches: Sequence[Batch], trains: bool) -> Callable[[], Any]:
        """Return a function that gives the next batch in a list."""
        lists = cycle([[tuple(each) if trains else (each.x,)] for each in batches])
        return lambda: next(lists)


STEPS: type[FrameworkSteps] = TorchSteps
