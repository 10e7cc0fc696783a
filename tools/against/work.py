"""Define the work that all tools time: an epoch of fit on the backend of ``KERAS_BACKEND``."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

BATCH_SIZE = 32


def ready() -> Callable[[], object]:
    """Build, compile and warm up a model; return a function that runs the epoch to be timed.

    The environment variable ``AGAINST_STEPS`` is the number of steps of the epoch.
    """
    steps = int(os.environ["AGAINST_STEPS"])
    from aebench.bench.data import datasets
    from aebench.bench.models.autoencoder import build, parse

    with tempfile.TemporaryDirectory() as folder:
        images = datasets.load("embedded", None, Path(folder)).train.astype("float32") / 255
    images = images[: steps * BATCH_SIZE]
    model = parse("ae400")
    autoencoder = build(**model.description.parameters)
    autoencoder.set_weights(model.initial_weights(0))
    autoencoder.fit(images, images, BATCH_SIZE, verbose=0)
    return lambda: autoencoder.fit(images, images, BATCH_SIZE, verbose=0)
