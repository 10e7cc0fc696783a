"""The worker's side of the parity pass: how far a contender is from the float64 reference."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

from aebench import backends
from aebench.bench.models.autoencoder import Model, parse
from aebench.bench.protocol.channel import Channel, Message
from aebench.bench.worker.runtime_info import finite

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
    """Compare, model by model, until the parent closes the channel.

    Parameters
    ----------
    channel : Channel
        To the parent.
    job : dict
        ``backend``, ``settings``, ``seed``, ``batch_size``, ``train`` (path of float32 ``.npy``).
        Each request then has a ``model`` and the ``reference``, the path of an ``.npz``.
    """
    make: Callable[[Model, Message], Any]
    if backends.runs_keras(job["backend"]):
        from aebench.bench.worker.parity_keras import KerasSubject

        make = KerasSubject
    else:
        from aebench.bench.worker.parity_baseline import NativeSubject

        make = NativeSubject
    batch_size = job["batch_size"]
    trains = "train" not in job.get("unsupported", ())
    while True:
        request = channel.receive()
        model = parse(request["model"])
        images = np.load(job["train"], mmap_mode="r")
        images = np.asarray(images[np.resize(np.arange(len(images)), LONG_STEPS * batch_size)])
        subject = make(model, job)
        with np.load(request["reference"]) as reference:
            checks = list(compare(subject, model, images, batch_size, reference, trains))
        for check in checks:
            finite(check["check"], check["difference"])
        channel.send({**subject.facts(), "checks": checks})


def compare(
    subject: Subject,
    model: Model,
    images: Array,
    batch_size: int,
    reference: Any,
    trains: bool = True,
) -> Iterator[Message]:
    """Measure each difference; ``where`` says at which weight or step it is largest.

    Parameters
    ----------
    subject : Subject
        Whose.
    model : Model
        What it should be.
    images : ndarray
        Enough for :data:`LONG_STEPS` batches.
    batch_size : int
        Samples a step.
    reference : mapping of ndarray
        What :func:`aebench.bench.campaign.passes.parity.reference` made.
    trains : bool
        Whether the contender can train; otherwise what it predicts is compared alone.
    """
    first = images[:batch_size]
    given = subject.weights()
    shapes = [shape for layer in model.dense_shapes for shape in (layer, layer[1:])]
    wrong = [
        place
        for place in range(max(len(given), len(shapes)))
        if place >= min(len(given), len(shapes)) or given[place].shape != shapes[place]
    ]
    yield _check("shapes", float(len(wrong)), _weight_name(wrong[0]) if wrong else "")
    if wrong:
        return  # nothing else can be compared
    yield _check("forward", _most(subject.forward(first) - reference["forward"]))
    yield _check("loss", _relative(subject.loss(first), float(reference["loss"])))
    if not trains:
        return
    subject.train(first, batch_size, None)
    after = subject.weights()
    places = range(len(after))
    steps = [_most(after[place] - reference[f"after {place}"]) for place in places]
    yield _check("step", max(steps), _weight_name(int(np.argmax(steps))))
    moves = [_most(reference[f"after {place}"] - reference[f"before {place}"]) for place in places]
    # A weight that nothing moves has no size to be relative to.
    tiny = float(np.finfo(np.float32).tiny)
    off = [step / max(move, tiny) for step, move in zip(steps, moves, strict=True)]
    yield _check("gradients", max(off), _weight_name(int(np.argmax(off))))
    for name, count, rate in (
        ("short", SHORT_STEPS, None),
        ("long", LONG_STEPS, LONG_LEARNING_RATE),
    ):
        told = subject.train(images[: count * batch_size], batch_size, rate)
        yield _losses(f"{name} training", reference[name], *told)
    if model.dropout:
        yield from _dropout(subject, model, first, reference)


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


def _dropout(subject: Subject, model: Model, images: Array, reference: Any) -> Iterator[Message]:
    """Compare the masks: how many are dropped, what the others become, and what the loss is."""
    made = subject.masks(MASK_ROWS)
    units = [model.widths[layer] for layer in model.dropout_layers]
    wrong = [each.shape[-1] for each in made] != units
    yield _check("dropout layers", float(wrong))
    if wrong:
        return
    rate = model.dropout
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


def _weight_name(place: int) -> str:
    """Name a weight by its place in Keras's order."""
    return f"{'bias' if place % 2 else 'kernel'} of layer {place // 2 + 1}"
