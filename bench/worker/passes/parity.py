"""The worker's side of the parity pass: how far a contender is from the float64 oracle."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

from aebench import backends
from aebench.bench.models.loading import ClosedForm, LoadedModel, load
from aebench.bench.protocol.channel import Channel
from aebench.bench.protocol.messages import (
    Check,
    Compare,
    Compared,
    ParityJob,
    RuntimeInfo,
    encode,
    receive_command,
)
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
from aebench.bench.worker.sample_files import mapped

Array = np.ndarray[Any, Any]
MASK_ROWS = 500


class ContenderModel(Protocol):
    """A contender's model under examination; its weights are in Keras's order."""

    def runtime_info(self) -> RuntimeInfo:
        """Describe this process."""

    def weights(self) -> list[Array]:
        """Return kernel (inputs × units) and bias of each layer."""

    def forward(self, x: Array) -> Array:
        """Return the outputs of a batch as samples × numbers, as when predicting."""

    def loss(self, samples: Samples) -> float:
        """Return the loss of a batch, as when evaluating."""

    def train(
        self, samples: Samples, batch_size: int, learning_rate: float | None
    ) -> tuple[list[int], list[float], bool]:
        """Train afresh, without dropout, a step a batch; None is the model's own rate.

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

    def masked_losses(self, samples: Samples, count: int) -> float:
        """Return the mean loss of a batch over so many draws of the masks."""


def work(channel: Channel, job: ParityJob) -> None:
    """Compare, command by command, until the parent closes the channel."""
    make: Callable[[LoadedModel, ParityJob], Any]
    if backends.runs_keras(job.backend):
        from aebench.bench.worker.parity_keras import KerasContenderModel

        make = KerasContenderModel
    else:
        from aebench.bench.worker.parity_baseline import NativeContenderModel

        make = NativeContenderModel
    samples = mapped(job.train)
    made: tuple[ModelDescription, bool] | None = None
    while True:
        command = receive_command(channel, Compare)
        model = load(command.model)
        # Inference needs the weights that were given, so a trained model is not used for it.
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


def compare(
    contender_model: ContenderModel,
    model: ClosedForm,
    samples: Samples,
    batch_size: int,
    oracle: Any,
    checks: str,
) -> Iterator[Check]:
    """Measure the differences of a group; ``where`` is the weight or step of the largest.

    Parameters
    ----------
    contender_model : ContenderModel
        The model that is compared; for inference, one that was never trained.
    model : ClosedForm
        What it should be.
    samples : Samples
        Training samples; where a training needs more, they are repeated in their order.
    batch_size : int
        Samples per step.
    oracle : mapping of ndarray
        Results of :func:`aebench.bench.campaign.passes.parity.oracle_results`.
    checks : str
        A group of :mod:`aebench.bench.protocol.parity_checks`.
    """
    if checks == INFERENCE:
        yield from _inference(contender_model, model, _repeated(samples, batch_size), oracle)
    elif checks == STEPS:
        count = short_steps(batch_size) * batch_size
        yield from _steps(contender_model, _repeated(samples, count), batch_size, oracle)
    else:
        batches = _repeated(samples, LONG_STEPS * batch_size)
        trained = contender_model.train(batches, batch_size, LONG_LEARNING_RATE)
        yield _losses("long training", oracle["long"], *trained)
        if model.dropout:
            yield from _dropout(contender_model, model, batches.first(batch_size), oracle)


def _repeated(samples: Samples, count: int) -> Samples:
    """Take so many samples from the first; start again where there are no more."""
    rows = np.resize(np.arange(samples.total), count)
    return samples.changed(lambda array: array[rows])


def _inference(
    contender_model: ContenderModel, model: ClosedForm, first: Samples, oracle: Any
) -> Iterator[Check]:
    """Compare what needs no training: a contender that only predicts has these checks."""
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
    """Compare one step, and a few in their order, at the model's own learning rate."""
    contender_model.train(batches.first(batch_size), batch_size, None)
    after = contender_model.weights()
    places = range(len(after))
    steps = [_most(after[place] - oracle[f"after {place}"]) for place in places]
    yield _check("step", max(steps), _weight_name(int(np.argmax(steps))))
    moves = [_most(oracle[f"after {place}"] - oracle[f"before {place}"]) for place in places]
    # A weight that nothing moves has no size to be relative to.
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
    """Compare the masks: how many are dropped, what the others become, and what the loss is."""
    made = contender_model.masks(MASK_ROWS)
    units = [model.dense_shapes[layer][1] for layer in model.dropout_layers]
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
    mean = contender_model.masked_losses(batch, MASKS)
    losses = oracle["masked"]
    # Both means are of so many draws each.
    error = np.std(losses, ddof=1) * np.sqrt(1 / len(losses) + 1 / MASKS)
    yield _check("dropout loss", abs(mean - float(np.mean(losses))) / float(error))


def _check(name: str, difference: float, where: str = "") -> Check:
    return Check(name, float(difference), where)


def _most(differences: Array) -> float:
    return float(np.max(np.abs(differences)))


def _relative(value: float, wanted: float) -> float:
    return abs(value - wanted) / abs(wanted)


def _weight_name(place: int) -> str:
    """Name a weight by its place in Keras's order."""
    return f"{'bias' if place % 2 else 'kernel'} of layer {place // 2 + 1}"
