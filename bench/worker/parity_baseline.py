"""The parity pass's access to a baseline: a network in a framework without Keras."""

from dataclasses import replace
from typing import Any

import numpy as np

from aebench import backends
from aebench.backends import native
from aebench.bench.models.loading import LoadedModel
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.messages.parity import ParityJob
from aebench.bench.protocol.samples import Samples
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.worker.runtime_info import runtime_info

Array = np.ndarray[Any, Any]


class NativeContenderModel:
    """Implement :class:`ContenderModel` with a network without Keras."""

    def __init__(self, model: LoadedModel, job: ParityJob) -> None:
        self._backend = backends.load(job.backend)
        self._make = native.load(job.backend)
        if ContenderSettings.from_dict(job.settings).precision:
            self._backend.full_float32()
        form = model.closed_form()
        self._initial = form.initial_weights(job.seed)
        self._hyperparameters = native.hyperparameters(form, job.seed)
        self._network = self._make(self._initial, self._hyperparameters)

    def runtime_info(self) -> RuntimeInfo:
        """See :class:`ContenderModel`."""
        return runtime_info(self._backend, None, {"how": self._network.HOW})

    def weights(self) -> list[Array]:
        """See :class:`ContenderModel`."""
        return self._network.weights()

    def forward(self, x: Array) -> Array:
        """See :class:`ContenderModel`."""
        return self._network.forward(_flat(x))

    def loss(self, samples: Samples) -> float:
        """See :class:`ContenderModel`."""
        return self._network.loss(_flat(samples.x))

    def train(
        self, samples: Samples, batch_size: int, learning_rate: float | None
    ) -> tuple[list[int], list[float], bool]:
        """See :class:`ContenderModel`; the losses are those of the last steps of ever longer runs.

        Runs of 1, 3, 9, … steps test the long compiled loops that are timed in rounds.
        """
        self._network = self._make(self._initial, replace(self._hyperparameters, dropout_layers=()))
        if learning_rate is not None:
            self._network.learning_rate = learning_rate
        count = samples.total // batch_size
        batches = self._network.load(_flat(samples.x), batch_size)
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
        """See :class:`ContenderModel`."""
        return self._make(self._initial, self._hyperparameters).masks(samples)

    def masked_losses(self, samples: Samples, count: int) -> float:
        """See :class:`ContenderModel`; the learning rate is 0, so that only the masks differ."""
        network = self._make(self._initial, self._hyperparameters)
        network.learning_rate = 0.0
        batches = network.load(_flat(samples.x), samples.total)
        return float(np.mean([_last(network.run("train", batches, 0, 1)) for _ in range(count)]))


def _flat(x: Array) -> Array:
    return x.reshape(len(x), -1)


def _last(losses: Any) -> float:
    """Return the loss of the last step: some networks return one loss per step, others only it."""
    return float(losses[-1] if getattr(losses, "ndim", 1) else losses)
