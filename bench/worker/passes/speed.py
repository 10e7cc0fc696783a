"""The worker's side of the speed pass: rounds on request.

A Keras contender runs them inside ``fit`` and ``predict``, a baseline in a loop of its own; the
parent asks both for the same.
"""

import gc
from typing import Protocol

from aebench import backends
from aebench.bench.protocol.channel import Channel, Message
from aebench.bench.protocol.samples import Samples
from aebench.bench.workloads import Workload, load


class Server(Protocol):
    """Serves the parent's requests."""

    def facts(self) -> Message:
        """Tell what is in force."""

    def calibrate(self, request: Message, workload: Workload, samples: Samples) -> Message:
        """Compile, and tell roughly what a step takes."""

    def enter(self, request: Message, workload: Workload, samples: Samples) -> None:
        """Run rounds on request."""

    def short_epochs(self, request: Message, samples: Samples) -> list[dict[str, float]]:
        """Time the ends of short epochs."""


def work(channel: Channel, job: Message) -> None:
    """Build the model, then serve the parent's requests until it closes the channel.

    Parameters
    ----------
    channel : Channel
        To the parent.
    job : dict
        ``backend``, ``settings``, ``model``, ``seed``, ``train`` and ``test`` (paths of
        float32 ``.npy``), ``workloads`` (the dotted names of their files, by name).
    """
    import numpy as np

    serve: Server
    if job["backend"] not in backends.NAMES:
        from aebench.bench.worker import baseline_rounds

        serve = baseline_rounds.server(channel, job)
    else:
        from aebench.bench.worker.keras_rounds import Fits

        serve = Fits(channel, job)
    # asarray: frameworks should see a plain array, backed by the file's pages.
    arrays = {
        "train": np.asarray(np.load(job["train"], mmap_mode="r")),
        "test": np.asarray(np.load(job["test"], mmap_mode="r")),
    }
    samples = {name: Samples(array, array) for name, array in arrays.items()}
    channel.send(serve.facts())
    while True:
        request = channel.receive()
        workload = load(request["workload"], job["workloads"][request["workload"]])
        cell_samples = samples[workload.split]
        if request["do"] == "calibrate":
            answer = serve.calibrate(request, workload, cell_samples)
            # Before the answer: after it, it is another's turn.
            gc.collect()
            gc.freeze()
            channel.send(answer)
        elif request["do"] == "enter":
            serve.enter(request, workload, cell_samples)
            channel.send({"left": True})
        elif request["do"] == "short epochs":
            channel.send({"epochs": serve.short_epochs(request, cell_samples)})
        else:
            raise ValueError(f"unknown command: {request['do']!r}")
