"""Parity: is it the same model? Every contender beside one float64 oracle, nothing timed."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from aebench.backends.native import hyperparameters
from aebench.backends.native.oracle import Oracle
from aebench.bench.campaign.context import Context
from aebench.bench.campaign.fleet import Worker
from aebench.bench.data.datasets import Images
from aebench.bench.errors import MeasurementError
from aebench.bench.models.loading import ClosedForm
from aebench.bench.protocol.messages import Compare, Compared, ParityJob
from aebench.bench.worker.passes.parity import LONG_LEARNING_RATE, LONG_STEPS, MASKS, SHORT_STEPS
from aebench.reports import record
from aebench.reports.record import ContenderInfo, Task

BATCH_SIZE = 32
# How far from the oracle, by the precision in force: docs/method.md says why so far.
# A share of masks and a mean loss under masks are chance: they are in standard deviations.
_CHANCE = 4.5
_ROUNDING = {"mixed_float16": 2.0**-11, "mixed_bfloat16": 2.0**-8, "tf32": 2.0**-11}
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
    """Return how far each check may be off at a precision.

    Parameters
    ----------
    precision : str
        ``float32``, ``tf32``, ``mixed_bfloat16`` or ``mixed_float16``.
    """
    rounding = _ROUNDING.get(precision)
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
    """Compare every contender with the oracle; one worker for all models of one."""
    contenders = {each.name: each for each in context.plan.compared}
    by_contender = [
        (contenders[name], list(mine)) for name, mine in groupby(tasks, lambda task: task.contender)
    ]
    context.display.doing("workers start")
    # They import side by side: nothing is timed.
    workers = {contender.name: _start(context, contender, mine) for contender, mine in by_contender}
    oracles = _oracles(context, list(dict.fromkeys(task.model for task in tasks)))
    for contender, mine in by_contender:
        worker = workers[contender.name]
        for task in mine:
            context.display.doing(f"{task.model}: {task.contender} beside the oracle")
            try:
                if worker is None:
                    worker = _worker(context, contender, task)
                _compare(context, contender, worker, task, oracles[task.model])
            except MeasurementError as error:
                context.note_failure(error, "parity", contender.name, task.model, 0)
                if worker is not None:
                    context.fleet.stop(worker)
                worker = None
            context.end(task)
        if worker is not None:
            context.fleet.stop(worker)
    context.display.results("parity", None)


def _start(context: Context, contender: ContenderInfo, tasks: Sequence[Task]) -> Worker | None:
    """Start a worker; one that can't be started is tried again, and told of, in its turn."""
    try:
        return _worker(context, contender, tasks[0])
    except MeasurementError:
        return None


def _worker(context: Context, contender: ContenderInfo, task: Task) -> Worker:
    trains = not contender.why_not("train")
    job = context.job(
        ParityJob, contender, context.plan.model(task.model), batch_size=BATCH_SIZE, trains=trains
    )
    return context.start(contender, job)


def _compare(
    context: Context, contender: ContenderInfo, worker: Worker, task: Task, oracle: Path
) -> None:
    answer = worker.ask(Compare(context.plan.model(task.model).description, str(oracle)), Compared)
    context.note_worker(answer.runtime, "parity", contender.name, task.model, 0)
    allowed = tolerances(answer.runtime.settings.get("precision", "float32"))
    for check in answer.checks:
        context.append(
            record.Parity,
            check,
            contender=contender.name,
            model=task.model,
            tolerance=allowed.get(check.check, 0.0),
        )


def _oracles(context: Context, names: Sequence[str]) -> dict[str, Path]:
    """Compute what workers compare themselves with, once for all of them."""
    seed = context.plan.info.seeds[0]
    paths = {}
    for name in names:
        context.display.doing(f"{name}: the oracle")
        form = context.plan.model(name).form
        assert form is not None, "a model without an oracle has no task of this pass"
        paths[name] = context.arrays.train_path.with_name(f"oracle-{name}.npz")
        made: dict[str, Any] = dict(oracle_results(form, context.dataset.train, seed))
        np.savez(paths[name], **made)
    return paths


def oracle_results(model: ClosedForm, images: Images, seed: int) -> dict[str, Images]:
    """Do in float64 what every contender does.

    Parameters
    ----------
    model : ClosedForm
        Which network.
    images : ndarray
        As they were found: uint8, or floating-point in [0, 1].
    seed : int
        Of the weights, and of the masks.

    Returns
    -------
    dict of ndarray
        ``before 0`` … and ``after 0`` …, the weights before and after a
        step at the model's own learning rate; ``forward`` and ``loss`` of the first batch before;
        ``short`` and ``long``, the loss of each step of two trainings; ``masked``, losses of the first batch
        under masks.
    """
    rows = np.resize(np.arange(len(images)), LONG_STEPS * BATCH_SIZE)
    flat = images[rows].reshape(len(rows), -1).astype(np.float64)
    flat /= 255 if images.dtype == np.uint8 else 1
    batches = flat.reshape(LONG_STEPS, BATCH_SIZE, -1)
    weights = model.initial_weights(seed)
    how = hyperparameters(model, seed)
    start = Oracle(weights, how)
    found = {
        "forward": start.forward(batches[0]),
        "loss": np.array(start.loss(batches[0])),
        **{f"before {place}": each.copy() for place, each in enumerate(start.weights())},
    }
    if model.dropout:
        generator = np.random.default_rng(seed)
        masked = [start.masked_loss(batches[0], generator) for _ in range(MASKS)]
        found["masked"] = np.array(masked)
    for name, steps, rate in (
        ("short", SHORT_STEPS, model.learning_rate),
        ("long", LONG_STEPS, LONG_LEARNING_RATE),
    ):
        learner = Oracle(weights, how)
        losses = []
        for step, batch in enumerate(batches[:steps]):
            losses.append(learner.step(batch, rate))
            if name == "short" and step == 0:
                after = learner.weights()
                found |= {f"after {place}": each.copy() for place, each in enumerate(after)}
        found[name] = np.array(losses)
    return found
