"""The work that all judge: one epoch of fit over so many batches, on the backend that is set."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

BATCH_SIZE = 32


def ready() -> Callable[[], object]:
    """Build, compile and warm up; return what is to be timed.

    ``AGAINST_STEPS`` says how many steps it has.
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
