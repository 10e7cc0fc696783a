"""Define the work that all tools time: an epoch of fit on the backend of ``KERAS_BACKEND``."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

BATCH_SIZE = 32
# Steps of an epoch with a planted slow-down: some tenths of a second.
PLANTED_STEPS = 24


def ready() -> Callable[[], object]:
    """Build, compile and warm up a model; return a function that runs the epoch to be timed.

    The environment variable ``AGAINST_STEPS`` is the number of steps of the epoch. With
    ``PLANTED_PERCENT`` in its place the model is that of :mod:`planted`.
    """
    if "PLANTED_PERCENT" in os.environ:
        import planted

        (x, _), _ = planted.data()
        x = x[: PLANTED_STEPS * BATCH_SIZE]
        model = planted.build()
        model.fit(x, x, BATCH_SIZE, verbose=0)
        return lambda: model.fit(x, x, BATCH_SIZE, verbose=0)
    steps = int(os.environ["AGAINST_STEPS"])
    from aebench.bench.data import datasets
    from aebench.bench.models.autoencoder import build, parse

    with tempfile.TemporaryDirectory() as folder:
        images = datasets.load("embedded", None, Path(folder)).train.astype("float32") / 255
    images = images[: steps * BATCH_SIZE]
    ae400 = parse("ae400")
    autoencoder = build(**ae400.description.parameters)
    autoencoder.set_weights(ae400.initial_weights(0))
    autoencoder.fit(images, images, BATCH_SIZE, verbose=0)
    return lambda: autoencoder.fit(images, images, BATCH_SIZE, verbose=0)
