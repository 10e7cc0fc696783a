"""The worker's side of the parity pass: compare a contender's results with the oracle's.

Of a model without a closed form, the results are written to files, which the parent compares.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

from aebench import backends
from aebench.bench.models.loading import ClosedForm, LoadedModel, load
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages.coding import encode
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.messages.parity import (
    Check,
    Compare,
    Compared,
    ComputeResults,
    ParityJob,
)
from aebench.bench.protocol.messages.receiving import receive_command
from aebench.bench.protocol.model_description import ModelDescription
from aebench.bench.protocol.parity_checks import (
    INFERENCE,
    LONG_LEARNING_RATE,
    LONG_STEPS,
    MASKS,
    STEPS,
    short_steps,
)
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker.runtime_info import finite
from aebench.bench.worker.sample_files import mapped, repeated

Array = np.ndarray[Any, Any]
MASK_ROWS = 500


class ContenderModel(Protocol):
    """The methods of a contender's model that the comparison needs."""

    def runtime_info(self) -> RuntimeInfo:
        """Describe this process."""

    def weights(self) -> list[Array]:
        """Return kernel (inputs × units) and bias of each layer, in Keras's order."""

    def forward(self, x: Array) -> Array:
        """Return the outputs of a batch, without dropout, as an array of samples × numbers."""

    def loss(self, samples: Samples) -> float:
        """Return the mean loss of a batch, without dropout."""

    def train(
        self, samples: Samples, batch_size: int, learning_rate: float | None
    ) -> tuple[list[int], list[float], bool]:
        """Train from the initial weights without dropout, one step per batch of the samples.

        A learning rate of None means the model's own learning rate.

        Returns
        -------
        list of int
            The numbers of the steps, from 1, for which a loss is known.
        list of float
            A loss for each of those steps.
        bool
            True if a loss is the mean over all steps up to its step, False if it is the step's own.
        """

    def masks(self, samples: int) -> list[Array]:
        """Return each dropout layer's output for an input of ones (samples × units) in training."""

    def masked_losses(self, samples: Samples, count: int) -> float:
        """Return the mean loss of a batch over ``count`` draws of the dropout masks."""


def work(channel: Channel, job: ParityJob) -> None:
    """Execute the commands, until the parent closes the channel."""
    # The framework is imported while the parent still computes its oracle.
    make: Callable[[LoadedModel, ParityJob], Any]
    if backends.runs_keras(job.backend):
        from aebench.bench.worker.parity_keras import KerasContenderModel

        make = KerasContenderModel
    else:
        from aebench.bench.worker.parity_baseline import NativeContenderModel

        make = NativeContenderModel
    command = receive_command(channel, Compare, ComputeResults)
    if isinstance(command, ComputeResults):
        _compute(channel, job, command)
    else:
        _compare(channel, job, command, make)


def _compute(channel: Channel, job: ParityJob, command: ComputeResults) -> None:
    """Write the results that each command asks for."""
    model: Any
    if backends.runs_keras(job.backend):
        from aebench.bench.worker.general_results import GeneralModel

        model = GeneralModel(job)
    else:
        from aebench.bench.worker.native_results import NativeModel

        model = NativeModel(job)
    while True:
        channel.send(encode(model.compute(command)))
        command = receive_command(channel, ComputeResults)


def _compare(
    channel: Channel,
    job: ParityJob,
    command: Compare,
    make: Callable[[LoadedModel, ParityJob], Any],
) -> None:
    """Make the comparison of each command."""
    samples = mapped(job.train)
    made: tuple[ModelDescription, bool] | None = None
    while True:
        model = load(command.model)
        # Inference needs the initial weights, so that a model which was trained is made again.
        wanted = (command.model, command.checks == INFERENCE)
        if made != wanted:
            contender_model, made = make(model, job), wanted
        form = model.closed_form()
        with np.load(command.oracle) as oracle:
            checks = list(
                compare(contender_model, form, samples, command.batch_size, oracle, command.checks)
            )
        for check in checks:
            finite(check.check, check.difference)
        channel.send(encode(Compared(contender_model.runtime_info(), checks)))
        command = receive_command(channel, Compare)


def compare(
    contender_model: ContenderModel,
    model: ClosedForm,
    samples: Samples,
    batch_size: int,
    oracle: Any,
    checks: str,
) -> Iterator[Check]:
    """Yield the checks of a group: the largest difference of each, and where it was found.

    Parameters
    ----------
    contender_model : ContenderModel
        The model to compare; for inference it must never have been trained.
    model : ClosedForm
        The closed form of the model that the contender should compute.
    samples : Samples
        Training samples. If a training needs more, they are repeated in the same order.
    batch_size : int
        Samples per step.
    oracle : mapping of ndarray
        Results of :func:`aebench.bench.campaign.passes.parity.oracle_results`.
    checks : str
        A group of :mod:`aebench.bench.protocol.parity_checks`.
    """
    if checks == INFERENCE:
        yield from _inference(contender_model, model, repeated(samples, batch_size), oracle)
    elif checks == STEPS:
        count = short_steps(batch_size) * batch_size
        yield from _steps(contender_model, repeated(samples, count), batch_size, oracle)
    else:
        batches = repeated(samples, LONG_STEPS * batch_size)
        trained = contender_model.train(batches, batch_size, LONG_LEARNING_RATE)
        yield _losses("long training", oracle["long"], *trained)
        if model.dropout:
            yield from _dropout(contender_model, model, batches.first(batch_size), oracle)


def _inference(
    contender_model: ContenderModel, model: ClosedForm, first: Samples, oracle: Any
) -> Iterator[Check]:
    """Compare shapes, outputs and loss, which need no training."""
    given = contender_model.weights()
    shapes = [shape for layer in model.dense_shapes for shape in (layer, layer[1:])]
    wrong = [
        place
        for place in range(max(len(given), len(shapes)))
        if place >= min(len(given), len(shapes)) or given[place].shape != shapes[place]
    ]
    yield _check("shapes", float(len(wrong)), _weight_name(wrong[0]) if wrong else "")
    if wrong:
        return  # nothing else can be compared
    yield _check("forward", _most(contender_model.forward(first.x) - oracle["forward"]))
    yield _check("loss", _relative(contender_model.loss(first), float(oracle["loss"])))


def _steps(
    contender_model: ContenderModel, batches: Samples, batch_size: int, oracle: Any
) -> Iterator[Check]:
    """Compare one training step, then a short training, at the model's own learning rate."""
    contender_model.train(batches.first(batch_size), batch_size, None)
    after = contender_model.weights()
    places = range(len(after))
    steps = [_most(after[place] - oracle[f"after {place}"]) for place in places]
    yield _check("step", max(steps), _weight_name(int(np.argmax(steps))))
    moves = [_most(oracle[f"after {place}"] - oracle[f"before {place}"]) for place in places]
    # If a step leaves a weight unchanged, divide by a tiny number instead of by zero.
    tiny = float(np.finfo(np.float32).tiny)
    off = [step / max(move, tiny) for step, move in zip(steps, moves, strict=True)]
    yield _check("gradients", max(off), _weight_name(int(np.argmax(off))))
    trained = contender_model.train(batches, batch_size, None)
    yield _losses("short training", oracle["short"], *trained)


def _losses(name: str, wanted: Array, steps: list[int], losses: list[float], means: bool) -> Check:
    if means:
        wanted = np.cumsum(wanted) / np.arange(1, len(wanted) + 1)
    differences = [
        _relative(loss, float(wanted[step - 1])) for step, loss in zip(steps, losses, strict=True)
    ]
    worst = int(np.argmax(differences))
    return _check(name, differences[worst], f"step {steps[worst]}")


def _dropout(
    contender_model: ContenderModel, model: ClosedForm, batch: Samples, oracle: Any
) -> Iterator[Check]:
    """Compare dropout: its layers, the share of dropped values, the scale of the rest, the loss."""
    made = contender_model.masks(MASK_ROWS)
    units = [model.dense_shapes[layer][1] for layer in model.dropout_layers]
    wrong = [each.shape[-1] for each in made] != units
    yield _check("dropout layers", float(wrong))
    if wrong:
        return
    rate = model.dropout
    dropped = [abs(float((each == 0).mean()) - rate) for each in made]
    # Divide by the standard deviation of a share of independent draws.
    deviations = [
        each / np.sqrt(rate * (1 - rate) / values.size)
        for each, values in zip(dropped, made, strict=True)
    ]
    yield _check("dropout rate", max(deviations))
    scales = [_most(values[values != 0] * (1 - rate) - 1) for values in made]
    yield _check("dropout scale", max(scales))
    mean = contender_model.masked_losses(batch, MASKS)
    losses = oracle["masked"]
    # The standard error of the difference of two means, each over its own number of draws.
    error = np.std(losses, ddof=1) * np.sqrt(1 / len(losses) + 1 / MASKS)
    yield _check("dropout loss", abs(mean - float(np.mean(losses))) / float(error))


def _check(name: str, difference: float, where: str = "") -> Check:
    return Check(name, float(difference), where)


def _most(differences: Array) -> float:
    return float(np.max(np.abs(differences)))


def _relative(value: float, wanted: float) -> float:
    return abs(value - wanted) / abs(wanted)


def _weight_name(place: int) -> str:
    """Return a weight's name, given its place in Keras's list of weights."""
    return f"{'bias' if place % 2 else 'kernel'} of layer {place // 2 + 1}"
