"""The parity pass: compare every contender's results with those of a float64 oracle.

The comparison shows whether the contenders compute the same model. Nothing is timed. For models
without a closed form see :mod:`aebench.bench.campaign.passes.parity_general`.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from aebench.backends.native import hyperparameters
from aebench.backends.native.oracle import Oracle
from aebench.bench.campaign.context import Context
from aebench.bench.campaign.parity_kept import KeptChecks
from aebench.bench.campaign.parity_parts import ROUNDING
from aebench.bench.campaign.passes import parity_general
from aebench.bench.campaign.worker_process import Worker
from aebench.bench.data.datasets import Images
from aebench.bench.errors import MeasurementError
from aebench.bench.models.loading import ClosedForm
from aebench.bench.plan.parity_sizes import ParitySizes, parity_sizes
from aebench.bench.protocol.messages.parity import Compare, Compared, ParityJob
from aebench.bench.protocol.parity_checks import (
    INFERENCE,
    LONG,
    LONG_BATCH_SIZE,
    LONG_LEARNING_RATE,
    LONG_STEPS,
    MASKS,
    STEPS,
    short_steps,
)
from aebench.reports import record
from aebench.reports.record import ContenderInfo, Task

# The largest allowed differences from the oracle, by precision. docs/method/parity.md gives the
# reasons. The share of dropped values and the mean loss with dropout are random, so that their
# differences are counted in standard deviations, of which this many are allowed.
_CHANCE = 4.5
_END = object()
_FLOAT32 = {
    "shapes": 0.0,
    "forward": 1e-6,
    "loss": 5e-6,
    "step": 1e-6,
    "gradients": 1e-2,
    "short training": 1e-5,
    "long training": 1e-5,
    "dropout layers": 0.0,
    "dropout rate": _CHANCE,
    "dropout scale": 1e-6,
    "dropout loss": _CHANCE,
}


def tolerances(precision: str) -> dict[str, float]:
    """Return the largest allowed difference of each check, by the check's name, at a precision.

    Parameters
    ----------
    precision : str
        ``float32``, ``tf32``, ``bfloat16``, ``mixed_bfloat16`` or ``mixed_float16``. Any other
        precision, as JAX may have one, has to be as good as float32.
    """
    rounding = ROUNDING.get(precision)
    if rounding is None:
        return _FLOAT32
    return {
        **_FLOAT32,
        "forward": 4 * rounding,
        "loss": 4 * rounding,
        "step": rounding,
        "gradients": 256 * rounding,
        "short training": 4 * rounding,
        "long training": 4 * rounding,
        "dropout scale": rounding,
    }


def run(context: Context, tasks: Sequence[Task]) -> None:
    """Compare every contender with the oracle, unless an earlier run did. Nothing is timed."""
    kept = KeptChecks(context, {each.name: each for each in context.plan.compared})
    left = [task for task in tasks if not kept.replay(task)]
    by_kind: dict[bool, list[Task]] = {True: [], False: []}
    for task in left:
        by_kind[context.plan.model(task.model).form is not None].append(task)
    _compare_closed_forms(context, by_kind[True], kept)
    parity_general.run(context, by_kind[False], kept)


def _compare_closed_forms(context: Context, tasks: Sequence[Task], kept: KeptChecks) -> None:
    """Compare contenders with the oracle. One worker computes all models of a contender.

    The workers compute side by side, since nothing is timed.
    """
    contenders = {each.name: each for each in context.plan.compared}
    by_contender = [
        (contenders[name], list(mine)) for name, mine in groupby(tasks, lambda task: task.contender)
    ]
    context.display.doing("workers start")
    # All workers import at the same time: this pass times nothing.
    workers = {contender.name: _start(context, contender, mine) for contender, mine in by_contender}
    oracles = _Oracles(context)
    comparisons = [
        _comparison(context, contender, workers[contender.name], mine, oracles, kept)
        for contender, mine in by_contender
    ]
    # Every comparison goes on to its next question in turn: all workers compute at the same time.
    while comparisons:
        comparisons = [each for each in comparisons if next(each, _END) is not _END]


def _comparison(
    context: Context,
    contender: ContenderInfo,
    worker: Worker | None,
    tasks: Sequence[Task],
    oracles: "_Oracles",
    kept: KeptChecks,
) -> Iterator[None]:
    """Compare a contender in all its models; yield while its worker computes."""
    for task in tasks:
        try:
            if worker is None:
                worker = _worker(context, contender, task)
            yield from _compare(context, contender, worker, task, oracles)
            kept.keep(task)
        except MeasurementError as error:
            context.note_failure(error, "parity", contender.name, task.model, 0)
            if worker is not None:
                context.fleet.stop(worker)
            worker = None
        context.end(task)
    if worker is not None:
        context.fleet.stop(worker)


def _start(context: Context, contender: ContenderInfo, tasks: Sequence[Task]) -> Worker | None:
    """Start a worker and return it; None if it can't be started.

    The caller then starts it again before its first task, and records a second failure.
    """
    try:
        return _worker(context, contender, tasks[0])
    except MeasurementError:
        return None


def _worker(context: Context, contender: ContenderInfo, task: Task) -> Worker:
    return context.start(
        contender, context.job(ParityJob, contender, context.plan.model(task.model))
    )


def _groups(sizes: ParitySizes) -> Iterator[tuple[str, int]]:
    """Yield the groups of checks with their batch sizes: first those that need no training.

    If a later group fails, the checks of the earlier groups are in the record already.
    """
    yield from ((INFERENCE, size) for size in sizes.inference)
    yield from ((STEPS, size) for size in sizes.training)
    if sizes.training:
        yield LONG, LONG_BATCH_SIZE


def _compare(
    context: Context, contender: ContenderInfo, worker: Worker, task: Task, oracles: "_Oracles"
) -> Iterator[None]:
    noted = False
    for checks, batch_size in _groups(parity_sizes(context.plan, contender, task.model)):
        oracle = oracles.path(task.model, checks, batch_size)
        context.display.doing(
            f"{task.model}, batch {batch_size}: {task.contender} beside the oracle"
        )
        command = Compare(
            context.plan.model(task.model).description, str(oracle), batch_size, checks
        )
        worker.tell(command)
        yield
        answer = worker.answer(Compared)
        if not noted:
            context.note_worker(answer.runtime, "parity", contender.name, task.model, 0)
            noted = True
        allowed = tolerances(answer.runtime.settings.get("precision", "float32"))
        for check in answer.checks:
            context.append(
                record.Parity,
                check,
                contender=contender.name,
                model=task.model,
                tolerance=allowed.get(check.check, 0.0),
                batch_size=batch_size,
            )
        if any(check.check == "shapes" and check.difference for check in answer.checks):
            return  # a model of other shapes can't be compared further


class _Oracles:
    """The oracle's results, computed when first needed and then kept in files for all workers."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._paths: dict[tuple[str, str, int], Path] = {}

    def path(self, name: str, checks: str, batch_size: int) -> Path:
        """Return the path of the file with the oracle's results, which is computed if missing."""
        key = (name, checks, batch_size)
        if key not in self._paths:
            context = self._context
            context.display.doing(f"{name}, batch {batch_size}: the oracle")
            form = context.plan.model(name).form
            images = context.data[name].images
            assert form and images, "a model without an oracle has no task of this pass"
            path = context.scratch / f"oracle-{name}-{checks}-{batch_size}.npz"
            found: dict[str, Any] = dict(
                oracle_results(
                    form,
                    images.train,
                    context.plan.info.seeds[0],
                    checks,
                    batch_size,
                )
            )
            np.savez(path, **found)
            self._paths[key] = path
        return self._paths[key]


def oracle_results(
    model: ClosedForm, images: Images, seed: int, checks: str, batch_size: int
) -> dict[str, Images]:
    """Compute in float64 the results with which contenders are compared.

    Parameters
    ----------
    model : ClosedForm
        The network.
    images : ndarray
        Training images, unconverted: uint8, or floating-point in [0, 1].
    seed : int
        The seed of the initial weights and of the dropout masks.
    checks : str
        A group of :mod:`aebench.bench.protocol.parity_checks`.
    batch_size : int
        Samples per step.

    Returns
    -------
    dict of ndarray
        Arrays by name. For the group ``INFERENCE``: ``forward`` (outputs) and ``loss`` of the first
        batch. For ``STEPS``: ``before 0`` … and ``after 0`` …, each weight before and after one
        step at the model's own learning rate; and ``short``, the loss of each step of a short
        training. For ``LONG``: ``long``, the loss of each step of a long training; and, if the
        model has dropout, ``masked``, losses of the first batch with different dropout masks.
    """

    def batch(step: int) -> Images:
        rows = np.arange(step * batch_size, (step + 1) * batch_size) % len(images)
        flat = images[rows].reshape(batch_size, -1).astype(np.float64)
        return flat / (255 if images.dtype == np.uint8 else 1)

    oracle = Oracle(model.initial_weights(seed), hyperparameters(model, seed))
    if checks == INFERENCE:
        return {
            "forward": oracle.forward(batch(0)),
            "loss": np.array(oracle.loss(batch(0))),
        }
    found: dict[str, Images] = {}
    if checks == STEPS:
        found |= {f"before {place}": each.copy() for place, each in enumerate(oracle.weights())}
        losses = [oracle.step(batch(0), model.learning_rate)]
        found |= {f"after {place}": each.copy() for place, each in enumerate(oracle.weights())}
        for step in range(1, short_steps(batch_size)):
            losses.append(oracle.step(batch(step), model.learning_rate))
        return found | {"short": np.array(losses)}
    if model.dropout:
        generator = np.random.default_rng(seed)
        masked = [oracle.masked_loss(batch(0), generator) for _ in range(MASKS)]
        found["masked"] = np.array(masked)
    losses = [oracle.step(batch(step), LONG_LEARNING_RATE) for step in range(LONG_STEPS)]
    return found | {"long": np.array(losses)}
