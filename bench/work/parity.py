"""The worker's side of the parity pass: how far a contender is from the float64 reference."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

import backends
from backends import native
from bench.channel import Channel, Message
from bench.definitions import Definition, parse
from bench.weights import initial_weights, recipe
from bench.worker import facts, finite

Array = np.ndarray[Any, Any]
SHORT_STEPS, LONG_STEPS = 10, 100
LONG_LEARNING_RATE = 0.1
MASKS = 200
MASK_ROWS = 500


class Subject(Protocol):
    """A contender's network; ``weights`` and the like are as Keras orders them."""

    def weights(self) -> list[Array]:
        """Return kernel (inputs × units) and bias of each layer."""

    def forward(self, images: Array) -> Array:
        """Reconstruct images, samples × pixels, as when predicting."""

    def loss(self, images: Array) -> float:
        """Return the loss of a batch, as when evaluating."""

    def train(
        self, images: Array, batch_size: int, learning_rate: float | None
    ) -> tuple[list[int], list[float], bool]:
        """Train afresh, without dropout, a step a batch; None is the recipe's own rate.

        Returns
        -------
        list of int
            Numbers of steps.
        list of float
            The loss after each.
        bool
            Whether that is the mean since the first step, and not the last step's own.
        """

    def masks(self, samples: int) -> list[Array]:
        """Return what each dropout layer makes of ones (samples × units) while training."""

    def masked_losses(self, images: Array, count: int) -> float:
        """Return the mean loss of a batch over so many draws of the masks."""


def work(channel: Channel, job: Message) -> None:
    """Compare, definition by definition, until the parent closes the channel.

    Parameters
    ----------
    channel : Channel
        To the parent.
    job : dict
        ``backend``, ``settings``, ``seed``, ``batch_size``, ``train`` (path of float32 ``.npy``).
        Each request then has a ``definition`` and the ``reference``, the path of an ``.npz``.
    """
    make: Callable[[Definition, Message], Any] = NativeSubject
    if job["backend"] in backends.NAMES:
        from bench.work.keras_subject import KerasSubject

        make = KerasSubject
    batch_size = job["batch_size"]
    while True:
        request = channel.receive()
        definition = parse(request["definition"])
        images = np.load(job["train"], mmap_mode="r")
        images = np.asarray(images[np.resize(np.arange(len(images)), LONG_STEPS * batch_size)])
        subject = make(definition, job)
        with np.load(request["reference"]) as reference:
            checks = list(compare(subject, definition, images, batch_size, reference))
        for check in checks:
            finite(check["check"], check["difference"])
        channel.send({**subject.facts(), "checks": checks})


def compare(
    subject: Subject, definition: Definition, images: Array, batch_size: int, reference: Any
) -> Iterator[Message]:
    """Measure each difference; ``where`` says at which weight or step it is largest.

    Parameters
    ----------
    subject : Subject
        Whose.
    definition : Definition
        What it should be.
    images : ndarray
        Enough for :data:`LONG_STEPS` batches.
    batch_size : int
        Samples a step.
    reference : mapping of ndarray
        What :func:`bench.passes.parity.reference` made.
    """
    first = images[:batch_size]
    given = subject.weights()
    shapes = [shape for layer in definition.dense_shapes for shape in (layer, layer[1:])]
    wrong = [
        place
        for place in range(max(len(given), len(shapes)))
        if place >= min(len(given), len(shapes)) or given[place].shape != shapes[place]
    ]
    yield _check("shapes", float(len(wrong)), weight_name(wrong[0]) if wrong else "")
    if wrong:
        return  # nothing else can be compared
    yield _check("forward", _most(subject.forward(first) - reference["forward"]))
    yield _check("loss", _relative(subject.loss(first), float(reference["loss"])))
    subject.train(first, batch_size, None)
    after = subject.weights()
    steps = [_most(now - wanted) for now, wanted in zip(after, _weights(reference), strict=True)]
    yield _check("step", max(steps), weight_name(int(np.argmax(steps))))
    moved = [
        _most(now - wanted) / max(_most(wanted - before), float(np.finfo(np.float32).tiny))
        for now, wanted, before in zip(after, _weights(reference), initial(reference), strict=True)
    ]
    yield _check("gradients", max(moved), weight_name(int(np.argmax(moved))))
    for name, count, rate in (
        ("short", SHORT_STEPS, None),
        ("long", LONG_STEPS, LONG_LEARNING_RATE),
    ):
        told = subject.train(images[: count * batch_size], batch_size, rate)
        yield _losses(f"{name} training", reference[name], *told)
    if definition.dropout:
        yield from _dropout(subject, definition, first, reference)


def _losses(
    name: str, wanted: Array, steps: list[int], losses: list[float], means: bool
) -> Message:
    if means:
        wanted = np.cumsum(wanted) / np.arange(1, len(wanted) + 1)
    differences = [
        _relative(loss, float(wanted[step - 1])) for step, loss in zip(steps, losses, strict=True)
    ]
    worst = int(np.argmax(differences))
    return _check(name, differences[worst], f"step {steps[worst]}")


def _dropout(
    subject: Subject, definition: Definition, images: Array, reference: Any
) -> Iterator[Message]:
    """Compare the masks: how many are dropped, what the others become, and what the loss is."""
    made = subject.masks(MASK_ROWS)
    units = [definition.widths[layer] for layer in definition.dropout_layers]
    wrong = [each.shape[-1] for each in made] != units
    yield _check("dropout layers", float(wrong))
    if wrong:
        return
    rate = definition.dropout
    dropped = [abs(float((each == 0).mean()) - rate) for each in made]
    # In standard deviations of a share of independent draws.
    deviations = [
        each / np.sqrt(rate * (1 - rate) / values.size)
        for each, values in zip(dropped, made, strict=True)
    ]
    yield _check("dropout rate", max(deviations))
    scales = [_most(values[values != 0] * (1 - rate) - 1) for values in made]
    yield _check("dropout scale", max(scales))
    mean = subject.masked_losses(images, MASKS)
    losses = reference["masked"]
    # Both means are of so many draws each.
    error = np.std(losses, ddof=1) * np.sqrt(1 / len(losses) + 1 / MASKS)
    yield _check("dropout loss", abs(mean - float(np.mean(losses))) / float(error))


def _check(name: str, difference: float, where: str = "") -> Message:
    return {"check": name, "difference": float(difference), "where": where}


def _most(differences: Array) -> float:
    return float(np.max(np.abs(differences)))


def _relative(value: float, wanted: float) -> float:
    return abs(value - wanted) / abs(wanted)


def _weights(reference: Any) -> list[Array]:
    return [reference[f"after {place}"] for place in range(int(reference["count"]))]


def initial(reference: Any) -> list[Array]:
    """Return the weights that the reference began with."""
    return [reference[f"before {place}"] for place in range(int(reference["count"]))]


def weight_name(place: int) -> str:
    """Name a weight by its place in Keras's order."""
    return f"{'bias' if place % 2 else 'kernel'} of layer {place // 2 + 1}"


class NativeSubject:
    """A yardstick's network."""

    def __init__(self, definition: Definition, job: Message) -> None:
        self._backend = backends.load(job["backend"])
        self._make = native.load(backends.framework(job["backend"]))
        self._initial = initial_weights(definition, job["seed"])
        self._recipe = recipe(definition, job["seed"])
        self._network = self._make(self._initial, self._recipe)

    def facts(self) -> Message:
        """Tell what is in force."""
        return facts(self._backend, None, {"steps": self._network.HOW})

    def weights(self) -> list[Array]:
        """See :class:`Subject`."""
        return self._network.weights()

    def forward(self, images: Array) -> Array:
        """See :class:`Subject`."""
        return self._network.forward(_flat(images))

    def loss(self, images: Array) -> float:
        """See :class:`Subject`."""
        return self._network.loss(_flat(images))

    def train(
        self, images: Array, batch_size: int, learning_rate: float | None
    ) -> tuple[list[int], list[float], bool]:
        """See :class:`Subject`; in runs of growing length, since slices are long ones."""
        from dataclasses import replace

        self._network = self._make(self._initial, replace(self._recipe, dropout_layers=()))
        if learning_rate is not None:
            self._network.learning_rate = learning_rate
        count = len(images) // batch_size
        batches = self._network.load(_flat(images), batch_size)
        done, length = 0, 1
        steps: list[int] = []
        losses: list[float] = []
        while done < count:
            length = min(length, count - done)
            result = self._network.run("train", batches, done, length)
            losses.append(_last(result))
            done += length
            steps.append(done)
            length = 3 * length
        return steps, losses, False

    def masks(self, samples: int) -> list[Array]:
        """See :class:`Subject`."""
        return self._make(self._initial, self._recipe).masks(samples)

    def masked_losses(self, images: Array, count: int) -> float:
        """See :class:`Subject`; at rate 0, where only the masks change."""
        network = self._make(self._initial, self._recipe)
        network.learning_rate = 0.0
        batches = network.load(_flat(images), len(images))
        return float(np.mean([_last(network.run("train", batches, 0, 1)) for _ in range(count)]))


def _flat(images: Array) -> Array:
    return images.reshape(len(images), -1)


def _last(losses: Any) -> float:
    """Return the last of the steps' losses; some return no other."""
    return float(losses[-1] if getattr(losses, "ndim", 1) else losses)
