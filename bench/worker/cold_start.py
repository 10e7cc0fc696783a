"""The phases of a cold start, from importing the framework to the first prediction.

Nothing is imported before its phase: what a phase takes is measured.
"""

from typing import Any

from aebench.bench.protocol.channel import Message


class ColdStart:
    """One process's first minute, phase by phase.

    Parameters
    ----------
    job : dict
        ``settings``, ``model``, ``seed``, ``batch_size``, ``npz`` (the data file as a user has
        it), ``train_samples``.
    """

    def __init__(self, job: Message) -> None:
        self._job = job
        self.images: Any = None
        self.keras_model: Any = None

    def framework(self) -> None:
        """Import Keras, and the framework with it."""
        import keras

        assert keras.__version__

    def data(self) -> None:
        """Read the training images, as float32 in [0, 1]."""
        import numpy as np

        with np.load(self._job["npz"], allow_pickle=False) as arrays:
            images = arrays["x_train"][: self._job["train_samples"]]
        self.images = images / np.float32(255) if images.dtype == np.uint8 else images

    def build(self) -> None:
        """Build and compile the model, and set its weights."""
        from aebench.bench.models import autoencoder_keras
        from aebench.bench.models.autoencoder import parse
        from aebench.bench.models.initial_weights import initial_weights
        from aebench.bench.protocol.settings import ContenderSettings

        model = parse(self._job["model"])
        self.keras_model, _, _ = autoencoder_keras.build(
            model, ContenderSettings.from_dict(self._job["settings"])
        )
        self.keras_model.set_weights(initial_weights(model, self._job["seed"]))

    def train(self, steps: int) -> None:
        """Run so many steps of ``fit``, or as many as there are data for."""
        batch = self._job["batch_size"]
        images = self.images[: min(steps, len(self.images) // batch) * batch]
        # Unshuffled, so that every backend takes the same steps and their losses can be compared.
        self.keras_model.fit(images, images, batch, shuffle=False, verbose=0)

    def predict(self) -> None:
        """Predict one batch."""
        batch = self._job["batch_size"]
        self.keras_model.predict(self.images[:batch], batch, verbose=0)
