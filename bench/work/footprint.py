"""The worker's side of the footprint pass: what the first minute costs, phase by phase."""

import time
from collections.abc import Callable
from typing import Any

import backends
from bench import memory
from bench.channel import Channel, Message
from bench.worker import facts, finite

STEADY_STEPS = 50
_LOSS_IMAGES = 1000
PHASES = ("framework", "data", "build", "first step", "steady", "first prediction")


def work(channel: Channel, job: Message) -> None:
    """Run the phases in order, sending a row after each.

    Parameters
    ----------
    channel : Channel
        To the parent.
    job : dict
        ``backend``, ``settings``, ``definition``, ``seed``, ``batch_size``, ``npz``
        (the data file as a user has it), ``train_samples``, ``exact`` (whether peaks can be read
        exactly here).
    """
    backend = backends.load(job["backend"])
    held: dict[str, Any] = {}

    def framework() -> None:
        import keras

        held["keras"] = keras

    def data() -> None:
        import numpy as np

        with np.load(job["npz"], allow_pickle=False) as arrays:
            images = arrays["x_train"][: job["train_samples"]]
        held["images"] = images / np.float32(255) if images.dtype == np.uint8 else images

    def build() -> None:
        from bench import model as keras_model
        from bench.definitions import parse
        from bench.settings import Settings
        from bench.weights import initial_weights

        definition = parse(job["definition"])
        held["model"], _, _ = keras_model.build(definition, Settings.of(job["settings"]))
        held["model"].set_weights(initial_weights(definition, job["seed"]))

    def train(steps: int) -> None:
        batch = job["batch_size"]
        images = held["images"][: min(steps, len(held["images"]) // batch) * batch]
        # Unshuffled, so that every backend takes the same steps and their losses can be compared.
        held["model"].fit(images, images, batch, shuffle=False, verbose=0)

    def predict() -> None:
        held["model"].predict(held["images"][: job["batch_size"]], job["batch_size"], verbose=0)

    phases: tuple[Callable[[], None], ...] = (
        framework,
        data,
        build,
        lambda: train(1),
        lambda: train(STEADY_STEPS),
        predict,
    )
    for name, phase in zip(PHASES, phases, strict=True):
        channel.send({"phase": name, **_measure(phase, job["exact"])})
    device_bytes = backend.device_peak_bytes()
    # Afterwards, since evaluating takes memory too: did the steps train what they should?
    images = held["images"][:_LOSS_IMAGES]
    loss = float(held["model"].evaluate(images, images, len(images), verbose=0))
    channel.send(
        {
            **facts(backend, held["model"]),
            "device_peak_bytes": device_bytes,
            "parameters": int(held["model"].count_params()),
            "loss_steps": 1 + min(STEADY_STEPS, len(held["images"]) // job["batch_size"]),
            "loss": finite("loss", loss),
        }
    )


def _measure(phase: Callable[[], None], exact: bool) -> Message:
    if exact:
        memory.reset_peak()
    began = time.perf_counter()
    phase()
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "resident_bytes": memory.resident_bytes(),
        "peak_bytes": memory.peak_bytes() if exact else None,
    }
