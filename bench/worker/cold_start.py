"""The phases of a cold start, from importing the framework to the first prediction.

A phase imports the modules that it needs itself: their time and memory are part of the phase.
"""

from typing import Any

from aebench.bench.protocol.messages.cold_start import ColdStartJob
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker.framework import import_framework


class ColdStart:
    """The phases of one process, from its start to its first prediction.

    Parameters
    ----------
    job : ColdStartJob
        The job, which names the model and the data.
    """

    def __init__(self, job: ColdStartJob) -> None:
        self._job = job
        self.samples: Samples | None = None
        self.keras_model: Any = None
        # What the last call of fit told of its last epoch, by name.
        self.figures: dict[str, Any] = {}

    def framework(self) -> None:
        """Import Keras, which imports the framework."""
        import_framework(self._job.backend)

    def data(self) -> None:
        """Read the training samples into ``samples``; scale pixels to float32 in [0, 1]."""
        import numpy as np

        with np.load(self._job.npz, allow_pickle=False) as arrays:

            def read(name: str) -> Any:
                array = arrays[name][: self._job.train_samples]
                pixels = self._job.scaled and array.dtype == np.uint8
                return array / np.float32(255) if pixels else array

            self.samples = self._job.array_names.read(read)

    def build(self) -> None:
        """Build and compile the model into ``keras_model``, and set its initial weights."""
        from aebench.bench.models.loading import load
        from aebench.bench.worker.building import ready

        self.keras_model = ready(load(self._job.model), self._job, drawn=True)

    def train(self, steps: int) -> None:
        """Run ``steps`` steps of ``fit``, or one step per batch if there are fewer batches."""
        batch = self._job.batch_size
        assert self.samples is not None
        x, y, weights = self.samples.first(min(steps, self.samples.total // batch) * batch)
        # Not shuffled: the backends then use the same batches, and their losses can be compared.
        history = self.keras_model.fit(x, y, batch, sample_weight=weights, shuffle=False, verbose=0)
        self.figures = {name: values[-1] for name, values in history.history.items()}

    def predict(self) -> None:
        """Predict the first batch."""
        batch = self._job.batch_size
        assert self.samples is not None
        self.keras_model.predict(self.samples.first(batch).x, batch, verbose=0)
