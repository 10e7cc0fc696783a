"""The worker's side of the speed pass: rounds on request.

A Keras contender runs them inside ``fit`` and ``predict``, a baseline in a loop of its own; the
parent asks both for the same.
"""

import gc
from typing import Any, Protocol

from aebench import backends
from aebench.bench.protocol.channel import Channel, Message


class Server(Protocol):
    """Serves the parent's requests."""

    def facts(self) -> Message:
        """Tell what is in force."""

    def calibrate(self, request: Message, images: Any) -> Message:
        """Compile, and tell roughly what a step takes."""

    def enter(self, request: Message, images: Any) -> None:
        """Run rounds on request."""

    def short_epochs(self, request: Message, images: Any) -> list[dict[str, float]]:
        """Time the ends of short epochs."""


def work(channel: Channel, job: Message) -> None:
    """Build the model, then serve the parent's requests until it closes the channel.

    Parameters
    ----------
    channel : Channel
        To the parent.
    job : dict
        ``backend``, ``settings``, ``model``, ``seed``, ``train`` and ``test`` (paths of
        float32 ``.npy``).
    """
    import numpy as np

    serve: Server
    if not backends.runs_keras(job["backend"]):
        from aebench.bench.worker import baseline_rounds

        serve = baseline_rounds.server(channel, job)
    else:
        from aebench.bench.worker.keras_rounds import Fits

        serve = Fits(channel, job)
    # asarray: frameworks should see a plain array, backed by the file's pages.
    images = {
        "train": np.asarray(np.load(job["train"], mmap_mode="r")),
        "predict": np.asarray(np.load(job["test"], mmap_mode="r")),
    }
    channel.send(serve.facts())
    while True:
        request = channel.receive()
        cell_images = images[request["workload"]]
        if request["do"] == "calibrate":
            answer = serve.calibrate(request, cell_images)
            # Before the answer: after it, it is another's turn.
            gc.collect()
            gc.freeze()
            channel.send(answer)
        elif request["do"] == "enter":
            serve.enter(request, cell_images)
            channel.send({"left": True})
        else:
            channel.send({"epochs": serve.short_epochs(request, cell_images)})
