"""The worker's side of the speed pass: slices on request.

A Keras contender runs them inside ``fit`` and ``predict``, a yardstick in a loop of its own; the
parent asks both for the same.
"""

import gc
import time
from typing import Any, Protocol

import backends
from bench.channel import Channel, Message
from bench.definitions import parse
from bench.settings import Settings
from bench.worker import facts


class Server(Protocol):
    """Serves the parent's requests."""

    def facts(self) -> Message:
        """Tell what is in force."""

    def calibrate(self, request: Message, images: Any) -> Message:
        """Compile, and tell roughly what a step takes."""

    def enter(self, request: Message, images: Any) -> None:
        """Run slices on request."""

    def short_epochs(self, request: Message, images: Any) -> list[dict[str, float]]:
        """Time the ends of short epochs."""


def work(channel: Channel, job: Message) -> None:
    """Build the model, then serve the parent's requests until it closes the channel.

    Parameters
    ----------
    channel : Channel
        To the parent.
    job : dict
        ``backend``, ``settings``, ``definition``, ``seed``, ``train`` and ``test`` (paths of
        float32 ``.npy``).
    """
    import numpy as np

    serve: Server
    if job["backend"] not in backends.NAMES:
        from bench.work import yardsticks

        serve = yardsticks.server(channel, job)
    else:
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


def repeated(images: Any, batch_size: int, least_batches: int, multiple: int = 1) -> Any:
    """Cut to whole batches, a multiple of so many; repeat data shorter than ``least_batches``."""
    import numpy as np

    whole = images[: len(images) // batch_size * batch_size]
    missing = -(-least_batches * batch_size // len(whole))
    enough = whole if missing <= 1 else np.concatenate([whole] * missing)
    return enough[: len(enough) // (multiple * batch_size) * multiple * batch_size]


class Fits:
    """Runs slices inside Keras's ``fit`` and ``predict``."""

    def __init__(self, channel: Channel, job: Message) -> None:
        from bench import model as keras_model
        from bench.stepping import steps_per_call
        from bench.weights import initial_weights

        self._channel = channel
        self._backend = backends.load(job["backend"])
        definition = parse(job["definition"])
        self._model, _, _ = keras_model.build(definition, Settings.of(job["settings"]))
        self._model.set_weights(initial_weights(definition, job["seed"]))
        self._steps_per_call = steps_per_call(self._model)

    def facts(self) -> Message:
        """Tell what is in force."""
        return facts(self._backend, self._model)

    def calibrate(self, request: Message, images: Any) -> Message:
        """Compile, and tell roughly what a step takes."""
        from bench.stepping import Script, Stepper

        batch_size, each = request["batch_size"], self._steps_per_call
        steps = -(-request["steps"] // each) * each
        lead_steps = -(-steps // 3 // each) * each
        images = repeated(images, batch_size, 2 * steps + each, each)
        images = images[: (2 * steps + each) * batch_size]
        stepper = Stepper(self._model, self._backend, request["workload"], images, batch_size)
        answers: list[Message] = []

        def script() -> Script:
            yield from stepper.slice(steps, lead_steps, answers.append)

        stepper.run(script())
        stepper.let_go()
        return {"step_seconds": answers[0]["seconds"] / steps}

    def enter(self, request: Message, images: Any) -> None:
        """Stay inside one call of ``fit`` (or calls of ``predict``) and run slices on request."""
        from bench.stepping import Script, Stepper

        batch_size, each = request["batch_size"], self._steps_per_call
        images = repeated(images, batch_size, request["epoch_steps"] + 2 * each, each)
        stepper = Stepper(self._model, self._backend, request["workload"], images, batch_size)
        called = time.perf_counter()
        channel = self._channel

        def script() -> Script:
            began = stepper.epoch_began_seconds
            channel.send({"call_seconds": began[0] - called if began else None})
            yield
            while (wanted := channel.receive())["do"] == "slice":
                yield from stepper.slice(wanted["steps"], wanted["lead_steps"], channel.send)

        stepper.run(script())
        stepper.let_go()

    def short_epochs(self, request: Message, images: Any) -> list[dict[str, float]]:
        """Time the ends of short epochs."""
        from bench.stepping import short_epochs

        batch_size, steps = request["batch_size"], request["steps"]
        epoch = repeated(images, batch_size, steps)[: steps * batch_size]
        return short_epochs(self._model, self._backend, epoch, batch_size, request["epochs"])
