"""The worker's side of the speed pass: slices on request, inside ``fit`` and ``predict``."""

import gc
import time
from typing import Any

import backends
from bench import model as keras_model
from bench.channel import Channel, Message
from bench.definitions import parse
from bench.stepping import Script, Stepper, short_epochs
from bench.worker import facts


def work(channel: Channel, job: Message) -> None:
    """Build the model, then serve the parent's requests until it closes the channel.

    Parameters
    ----------
    channel : Channel
        To the parent.
    job : dict
        ``backend``, ``definition``, ``seed``, ``train`` and ``test`` (paths of float32 ``.npy``).
    """
    import numpy as np

    backend = backends.load(job["backend"])
    definition = parse(job["definition"])
    autoencoder, _, _ = keras_model.build(definition)
    autoencoder.set_weights(keras_model.initial_weights(definition, job["seed"]))
    # asarray: frameworks should see a plain array, backed by the file's pages.
    images = {
        "train": np.asarray(np.load(job["train"], mmap_mode="r")),
        "predict": np.asarray(np.load(job["test"], mmap_mode="r")),
    }
    channel.send(facts(backend, autoencoder))
    while True:
        request = channel.receive()
        cell_images = images[request["workload"]]
        if request["do"] == "calibrate":
            _calibrate(channel, autoencoder, backend, request, cell_images)
        elif request["do"] == "enter":
            _enter(channel, autoencoder, backend, request, cell_images)
        else:
            batch_size = request["batch_size"]
            epoch_images = _repeated(cell_images, batch_size, request["steps"])
            epoch_images = epoch_images[: request["steps"] * batch_size]
            rows = short_epochs(autoencoder, backend, epoch_images, batch_size, request["epochs"])
            channel.send({"epochs": rows})


def _repeated(images: Any, batch_size: int, least_batches: int) -> Any:
    """Cut to whole batches; repeat data shorter than ``least_batches``."""
    import numpy as np

    whole = images[: len(images) // batch_size * batch_size]
    missing = -(-least_batches * batch_size // len(whole))
    return whole if missing <= 1 else np.concatenate([whole] * missing)


def _calibrate(
    channel: Channel, model: Any, backend: backends.Backend, request: Message, images: Any
) -> None:
    """Compile, and tell roughly what a step takes."""
    batch_size, steps = request["batch_size"], request["steps"]
    images = _repeated(images, batch_size, 2 * steps)
    images = images[: 2 * steps * batch_size]
    stepper = Stepper(model, backend, request["workload"], images, batch_size)
    answers: list[Message] = []

    def script() -> Script:
        yield from stepper.slice(steps, steps // 3, answers.append)

    stepper.run(script())
    stepper.let_go()
    gc.collect()
    gc.freeze()
    channel.send({"step_seconds": answers[0]["seconds"] / steps})


def _enter(
    channel: Channel, model: Any, backend: backends.Backend, request: Message, images: Any
) -> None:
    """Stay inside one call of ``fit`` (or calls of ``predict``) and run slices on request."""
    images = _repeated(images, request["batch_size"], request["epoch_steps"] + 2)
    stepper = Stepper(model, backend, request["workload"], images, request["batch_size"])
    called = time.perf_counter()

    def script() -> Script:
        began = stepper.epoch_began_seconds
        channel.send({"call_seconds": began[0] - called if began else None})
        yield
        while (wanted := channel.receive())["do"] == "slice":
            yield from stepper.slice(wanted["steps"], wanted["lead_steps"], channel.send)

    stepper.run(script())
    stepper.let_go()
    channel.send({"left": True})
