"""The loop of passes that run one worker at a time: each task is one contender and model."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from aebench.bench.campaign.context import Context
from aebench.bench.errors import MeasurementError
from aebench.bench.protocol.messages.cold_start import ColdStartJob
from aebench.reports.record import ContenderInfo, Task

J = TypeVar("J", bound=ColdStartJob)
Measure = Callable[[Context, ContenderInfo, Task], None]


def run(context: Context, tasks: Sequence[Task], what: str, measure: Measure) -> None:
    """Measure task by task, in the order given.

    A failed task is recorded as a failure, and the next task is measured.

    Parameters
    ----------
    context : Context
        The context of the pass.
    tasks : sequence of Task
        The tasks of one pass.
    what : str
        The name of what is measured, for the display, such as ``cold start``.
    measure : callable
        The function that measures one task, given the context, the contender and the task.
    """
    contenders = {contender.name: contender for contender in context.plan.on_keras}
    for task in tasks:
        context.display.doing(f"{task.model}: {what} of {task.contender}")
        try:
            measure(context, contenders[task.contender], task)
        except MeasurementError as error:
            context.note_failure(error, task.pass_name, task.contender, task.model, task.launch)
        context.end(task)


def task_fields(task: Task) -> dict[str, Any]:
    """Return the fields of an event that name its task: contender, model and launch."""
    return {
        "contender": task.contender,
        "model": task.model,
        "launch": task.launch,
    }


def cold_start_job(
    kind: type[J], context: Context, contender: ContenderInfo, task: Task, **more: object
) -> J:
    """Make the job of a worker whose cold start is measured, with the loading of the data.

    ``more`` are the fields that a kind of job has beyond those.
    """
    data = context.data[task.model]
    return context.job(
        kind,
        contender,
        context.plan.model(task.model),
        batch_size=context.plan.info.batch_size,
        npz=str(data.npz),
        array_names=data.array_names,
        train_samples=data.info.train_samples,
        scaled=data.images is not None,
        **more,
    )
