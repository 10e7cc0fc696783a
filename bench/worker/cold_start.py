"""The phases of a cold start, from importing the framework to the first prediction.

A phase imports the modules that it needs itself: their time and memory are part of the phase.
"""

from typing import Any

from aebench.bench.protocol.messages import ColdStartJob
from aebench.bench.protocol.samples import Samples


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

    def framework(self) -> None:
        """Import Keras, which imports the framework."""
        import keras

        assert keras.__version__

    def data(self) -> None:
        """Read the training samples into ``samples``; scale uint8 arrays to float32 in [0, 1]."""
        import numpy as np

        with np.load(self._job.npz, allow_pickle=False) as arrays:

            def read(name: str) -> Any:
                array = arrays[name][: self._job.train_samples]
                return array / np.float32(255) if array.dtype == np.uint8 else array

            self.samples = self._job.array_names.read(read)

    def build(self) -> None:
        """Build and compile the model into ``keras_model``, and set its initial weights."""
        from aebench.bench.models.loading import load
        from aebench.bench.protocol.settings import ContenderSettings
        from aebench.bench.worker.building import build, set_initial_weights

        model, seed = load(self._job.model), self._job.seed
        self.keras_model = build(model, ContenderSettings.from_dict(self._job.settings), seed)
        set_initial_weights(self.keras_model, model, seed)

    def train(self, steps: int) -> None:
        """Run ``steps`` steps of ``fit``, or one step per batch if there are fewer batches."""
        batch = self._job.batch_size
        assert self.samples is not None
        x, y = self.samples.first(min(steps, self.samples.total // batch) * batch)
        # Not shuffled: the backends then use the same batches, and their losses can be compared.
        self.keras_model.fit(x, y, batch, shuffle=False, verbose=0)

    def predict(self) -> None:
        """Predict the first batch."""
        batch = self._job.batch_size
        assert self.samples is not None
        self.keras_model.predict(self.samples.x[:batch], batch, verbose=0)
