"""A framework without Keras, as the parity pass examines it."""

from dataclasses import replace
from typing import Any

import numpy as np

from aebench import backends
from aebench.backends import native
from aebench.bench.models.autoencoder import Model
from aebench.bench.models.initial_weights import initial_weights, recipe
from aebench.bench.protocol.channel import Message
from aebench.bench.worker.runtime_info import facts

Array = np.ndarray[Any, Any]


class NativeSubject:
    """See :class:`aebench.bench.worker.passes.parity.Subject`."""

    def __init__(self, model: Model, job: Message) -> None:
        self._backend = backends.load(job["backend"])
        self._make = native.load(job["backend"])
        self._initial = initial_weights(model, job["seed"])
        self._recipe = recipe(model, job["seed"])
        self._network = self._make(self._initial, self._recipe)

    def facts(self) -> Message:
        """Tell what is in force."""
        return facts(self._backend, None, {"how": self._network.HOW})

    def weights(self) -> list[Array]:
        """See :class:`aebench.bench.worker.passes.parity.Subject`."""
        return self._network.weights()

    def forward(self, images: Array) -> Array:
        """See :class:`aebench.bench.worker.passes.parity.Subject`."""
        return self._network.forward(_flat(images))

    def loss(self, images: Array) -> float:
        """See :class:`aebench.bench.worker.passes.parity.Subject`."""
        return self._network.loss(_flat(images))

    def train(
        self, images: Array, batch_size: int, learning_rate: float | None
    ) -> tuple[list[int], list[float], bool]:
        """See :class:`aebench.bench.worker.passes.parity.Subject`; in longer and longer runs, as rounds are long."""
        self._network = self._make(self._initial, replace(self._recipe, dropout_layers=()))
        if learning_rate is not None:
            self._network.learning_rate = learning_rate
        count = len(images) // batch_size
        batches = self._network.load(_flat(images), batch_size)
        done, length = 0, 1
        steps: list[int] = []
        losses: list[float] = []
        while done < count:
            length = min(length, count - done)
            result = self._network.run("train", batches, done, length)
            losses.append(_last(result))
            done += length
            steps.append(done)
            length = 3 * length
        return steps, losses, False

    def masks(self, samples: int) -> list[Array]:
        """See :class:`aebench.bench.worker.passes.parity.Subject`."""
        return self._make(self._initial, self._recipe).masks(samples)

    def masked_losses(self, images: Array, count: int) -> float:
        """See :class:`aebench.bench.worker.passes.parity.Subject`; at rate 0, where only the masks change."""
        network = self._make(self._initial, self._recipe)
        network.learning_rate = 0.0
        batches = network.load(_flat(images), len(images))
        return float(np.mean([_last(network.run("train", batches, 0, 1)) for _ in range(count)]))


def _flat(images: Array) -> Array:
    return images.reshape(len(images), -1)


def _last(losses: Any) -> float:
    """Return the last of the steps' losses; some return no other."""
    return float(losses[-1] if getattr(losses, "ndim", 1) else losses)
