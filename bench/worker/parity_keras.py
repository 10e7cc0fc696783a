"""The parity pass's access to a contender on Keras."""

from typing import Any

import keras
import numpy as np

from aebench import backends
from aebench.bench.models.loading import LoadedModel
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.messages.parity import ParityJob
from aebench.bench.protocol.samples import Samples
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.worker.building import build, dropout_layers
from aebench.bench.worker.runtime_info import runtime_info

Array = np.ndarray[Any, Any]


class KerasContenderModel:
    """Implement :class:`ContenderModel` with the methods of a Keras model."""

    def __init__(self, model: LoadedModel, job: ParityJob) -> None:
        self._backend = backends.load(job.backend)
        self._initial = model.closed_form().initial_weights(job.seed)
        settings = ContenderSettings.from_dict(job.settings)
        self._keras_model = build(model, settings, job.seed, drawn=False)
        # Set the weights only if the shapes are right; the check of shapes reports wrong shapes.
        if [each.shape for each in self.weights()] == [each.shape for each in self._initial]:
            self._keras_model.set_weights(self._initial)
        self._dropout = dropout_layers(self._keras_model)
        self._rates = [layer.rate for layer in self._dropout]
        self._learning_rate = float(self._keras_model.optimizer.learning_rate)

    def runtime_info(self) -> RuntimeInfo:
        """See :class:`ContenderModel`."""
        return runtime_info(self._backend, self._keras_model)

    def weights(self) -> list[Array]:
        """See :class:`ContenderModel`."""
        return list(self._keras_model.get_weights())

    def forward(self, x: Array) -> Array:
        """See :class:`ContenderModel`."""
        outputs = self._keras_model.predict(x, len(x), verbose=0)
        return np.asarray(outputs, np.float64).reshape(len(x), -1)

    def loss(self, samples: Samples) -> float:
        """See :class:`ContenderModel`."""
        return float(self._keras_model.evaluate(samples.x, samples.y, samples.total, verbose=0))

    def train(
        self, samples: Samples, batch_size: int, learning_rate: float | None
    ) -> tuple[list[int], list[float], bool]:
        """See :class:`ContenderModel`; Keras reports means over all steps since the first."""
        self._drop([0.0] * len(self._rates))
        self._keras_model.set_weights(self._initial)
        rate = self._learning_rate if learning_rate is None else learning_rate
        self._keras_model.optimizer.learning_rate = rate
        return self._fit(samples, batch_size)

    def masks(self, samples: int) -> list[Array]:
        """See :class:`ContenderModel`."""
        self._drop(self._rates)
        return [
            np.asarray(
                keras.ops.convert_to_numpy(
                    layer(keras.ops.ones((samples, layer.input.shape[-1])), training=True)
                ),
                np.float64,
            )
            for layer in self._dropout
        ]

    def masked_losses(self, samples: Samples, count: int) -> float:
        """See :class:`ContenderModel`; the learning rate is 0, so that only the masks differ."""
        self._drop(self._rates)
        self._keras_model.set_weights(self._initial)
        self._keras_model.optimizer.learning_rate = 0.0
        copies = samples.changed(lambda array: np.concatenate([array] * count))
        _, means, _ = self._fit(copies, samples.total)
        return means[-1]

    def _drop(self, rates: list[float]) -> None:
        """Set the dropout rates, and make the training step anew: the old step keeps old rates."""
        if [layer.rate for layer in self._dropout] != rates:
            for layer, rate in zip(self._dropout, rates, strict=True):
                layer.rate = rate
            self._keras_model.make_train_function(force=True)

    def _fit(self, samples: Samples, batch_size: int) -> tuple[list[int], list[float], bool]:
        steps: list[int] = []
        means: list[float] = []

        class Losses(keras.callbacks.Callback):  # type: ignore[misc]
            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                # In a call of several steps, Keras may count steps beyond the last batch.
                steps.append(min(batch + 1, samples.total // batch_size))
                means.append(float(logs["loss"]))

        # Not shuffled, since the oracle takes the batches in their order.
        self._keras_model.fit(
            samples.x, samples.y, batch_size, shuffle=False, verbose=0, callbacks=[Losses()]
        )
        return steps, means, True
