"""Passes that measure one worker at a time, each contender × model on its own."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from aebench.bench.campaign.context import Context
from aebench.bench.errors import MeasurementError
from aebench.bench.protocol.messages import ColdStartJob
from aebench.bench.protocol.samples import SampleSource
from aebench.reports.record import ContenderInfo, Task

J = TypeVar("J", bound=ColdStartJob)
Measure = Callable[[Context, ContenderInfo, Task], None]


def run(context: Context, tasks: Sequence[Task], what: str, measure: Measure) -> None:
    """Measure task by task, in the order given; what fails is a row, and the others go on.

    Parameters
    ----------
    context : Context
        What every pass needs.
    tasks : sequence of Task
        Of one pass.
    what : str
        What is measured of a contender, for the display.
    measure : callable
        Measures one task.
    """
    contenders = {each.name: each for each in context.plan.on_keras}
    for task in tasks:
        context.display.doing(f"{task.model}: {what} of {task.contender}")
        try:
            measure(context, contenders[task.contender], task)
        except MeasurementError as error:
            context.note_failure(error, task.pass_name, task.contender, task.model, task.launch)
        context.end(task)
    context.display.results(tasks[0].pass_name, None)


def named(task: Task) -> dict[str, Any]:
    """Return the fields by which events name their task."""
    return {
        "contender": task.contender,
        "model": task.model,
        "launch": task.launch,
    }


def cold_start(kind: type[J], context: Context, contender: ContenderInfo, task: Task) -> J:
    """Make the job of a worker that starts with nothing."""
    return context.job(
        kind,
        contender,
        context.plan.model(task.model),
        batch_size=context.plan.info.batch_size,
        npz=str(context.dataset.npz.resolve()),
        # The target of an autoencoder is its input.
        array_names=SampleSource("x_train", "x_train"),
        train_samples=len(context.dataset.train),
    )
