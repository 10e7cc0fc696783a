"""The worker's side of the speed pass for what isn't Keras: rounds in a loop of its own."""

import gc
import time
from collections.abc import Callable
from typing import Any

from aebench import backends
from aebench.backends import native
from aebench.backends.native import gemm
from aebench.bench.models.autoencoder import parse
from aebench.bench.models.initial_weights import initial_weights, recipe
from aebench.bench.protocol.channel import Channel, Message
from aebench.bench.worker.batches import repeated
from aebench.bench.worker.runtime_info import facts

Run = Callable[[int], Any]


def server(channel: Channel, job: Message) -> "Loops":
    """Make what serves a baseline's requests; see :func:`aebench.bench.worker.passes.speed.work` for the job."""
    made = Products if job["backend"] == backends.GEMM else Networks
    return made(channel, job)


class Loops:
    """Runs rounds of steps, one after the other through the data, over and over."""

    def __init__(self, channel: Channel, job: Message) -> None:
        self._channel = channel
        self._model = parse(job["model"])
        self._backend = backends.load(job["backend"])

    def facts(self) -> Message:
        """Tell what is in force."""
        raise NotImplementedError

    def calibrate(self, request: Message, images: Any) -> Message:
        """Compile, and tell roughly what a step takes."""
        steps = request["steps"]
        run, wait = self._begin(request, images)
        wait(run(steps))
        began = time.perf_counter()
        wait(run(steps))
        return {"step_seconds": (time.perf_counter() - began) / steps, **self._chosen(request)}

    def enter(self, request: Message, images: Any) -> None:
        """Run rounds on request."""
        run, wait = self._begin(request, images)
        channel = self._channel
        channel.send({"call_seconds": None})
        while (wanted := channel.receive())["do"] == "round":
            self._prepare(wanted["discarded_steps"])
            self._prepare(wanted["steps"])
            gc.collect()
            gc.disable()
            try:
                called = time.perf_counter()
                wait(run(wanted["discarded_steps"]))
                began = time.perf_counter()
                cpu_began = time.process_time()
                wait(run(wanted["steps"]))
                seconds = time.perf_counter() - began
                cpu_seconds = time.process_time() - cpu_began
            finally:
                gc.enable()
            channel.send(
                {
                    "seconds": seconds,
                    "cpu_seconds": cpu_seconds,
                    "discarded_seconds": began - called,
                }
            )

    def short_epochs(self, request: Message, images: Any) -> list[dict[str, float]]:
        """Tell of none: there is no ``fit`` whose epochs could end."""
        return []

    def _begin(self, request: Message, images: Any) -> tuple[Run, Callable[[Any], None]]:
        """Return what runs steps in a cell, and what waits for their result."""
        raise NotImplementedError

    def _prepare(self, steps: int) -> None:
        """Compile what so many steps need, so that no round has to."""

    def _chosen(self, request: Message) -> Message:
        """Tell what was chosen for a cell."""
        return {}


class Networks(Loops):
    """The network without Keras."""

    def __init__(self, channel: Channel, job: Message) -> None:
        super().__init__(channel, job)
        made = native.load(job["backend"])
        weights = initial_weights(self._model, job["seed"])
        self._network = made(weights, recipe(self._model, job["seed"]))
        self._workload = ""
        self._batches: Any = None

    def facts(self) -> Message:
        """Tell what is in force."""
        return facts(self._backend, None, {"how": self._network.HOW})

    def _begin(self, request: Message, images: Any) -> tuple[Run, Callable[[Any], None]]:
        batch_size = request["batch_size"]
        flat = repeated(images, batch_size, 1)
        self._batches = None  # before the next is there: one cell's images are enough in memory
        self._batches = self._network.load(flat.reshape(len(flat), -1), batch_size)
        self._workload = request["workload"]
        batches = len(flat) // batch_size
        done = 0

        def run(steps: int) -> Any:
            nonlocal done
            first, done = done, (done + steps) % batches
            return self._network.run(self._workload, self._batches, first, steps)

        return run, self._backend.wait

    def _prepare(self, steps: int) -> None:
        self._network.prepare(self._workload, self._batches, steps)


class Products(Loops):
    """The matrix products alone."""

    def __init__(self, channel: Channel, job: Message) -> None:
        super().__init__(channel, job)
        self._products: dict[tuple[str, int], gemm.Products] = {}

    def facts(self) -> Message:
        """Tell what is in force."""
        return facts(self._backend, None, {"how": gemm.HOW})

    def _begin(self, request: Message, images: Any) -> tuple[Run, Callable[[Any], None]]:
        key = (request["workload"], request["batch_size"])
        if key not in self._products:
            shapes = list(self._model.dense_shapes)
            wanted = gemm.products(shapes, request["batch_size"], request["workload"])
            self._products[key] = gemm.Products(wanted)
        found = self._products[key]
        return found.run, found.wait

    def _chosen(self, request: Message) -> Message:
        found = self._products[request["workload"], request["batch_size"]]
        return {"library": found.library, "library_step_seconds": found.step_seconds}
