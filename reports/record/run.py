"""Events about the course of a run: its workers, finished tasks, failures, resumptions, its end."""

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec
from msgspec import Meta

from aebench.reports.record.bounds import (
    MOST_POLLS,
    Name,
    Positive,
    PositiveSeconds,
    Seconds,
    Share,
    Size,
    Text,
    Workload,
)

if TYPE_CHECKING:
    from aebench.reports.record.events import Event


# Passes of which a task is a launch of a model with all contenders.
OF_ALL = ("speed", "ladder")


class WorkerInfo(msgspec.Struct, frozen=True, tag="worker", tag_field="kind"):
    """Facts about one worker: versions, effective settings, cores.

    ``frameworks_held`` names the frameworks that the process had imported.
    ``epoch_end_polls_seconds`` are the times, since the begin of an epoch, at which the backend's
    waiting input path polls at the end of the epoch.
    """

    pass_name: Name
    contender: Name
    model: Name
    launch: int
    settings: dict[Name, Text]
    versions: dict[Name, Name]
    frameworks_held: list[Name]
    cores: Positive
    epoch_end_polls_seconds: Annotated[list[Seconds], Meta(max_length=MOST_POLLS)]


class Failure(msgspec.Struct, frozen=True, tag="failure", tag_field="kind"):
    """A measurement that failed, with the reason and the end of the worker's log.

    ``part`` names what failed of a task whose other parts were measured, such as a loop.
    """

    pass_name: Name
    contender: Name
    model: Name
    launch: int
    reason: Text
    log_tail: Text
    part: Name = ""


class Task(msgspec.Struct, frozen=True):
    """A piece of a plan that is measured as a whole. If it is cut off, all of it is repeated.

    Of a task of the memory pass only those parts are repeated that aren't whole.

    A task of the passes speed and ladder is one launch of a model with all contenders;
    ``contender`` is empty.
    A task of the quality pass is one training; ``launch`` is its seed. A task of any other pass is
    one worker of a contender and a model.
    """

    pass_name: Name
    model: Name
    contender: Name
    launch: int

    def holds(self, event: "Event") -> bool:
        """Return whether an event was measured in this task."""
        return self in Task.around(event)

    @classmethod
    def around(cls, event: "Event") -> "tuple[Task, ...]":
        """Return the two tasks to which an event may belong, or none for events outside tasks.

        The first is a task of the event's contender alone, the second a task of all contenders.
        """
        model = getattr(event, "model", None)
        launch = getattr(event, "launch", getattr(event, "seed", None))
        if model is None or launch is None:
            return ()
        name = getattr(event, "pass_name", "")
        contender = getattr(event, "contender", "")
        return (cls(name, model, contender, launch), cls(name, model, "", launch))


class TaskEnd(msgspec.Struct, frozen=True, tag="task_end", tag_field="kind"):
    """The end of a task that was measured without a failure; ``seconds`` is the task's duration."""

    task: Task
    seconds: Seconds | None = None


class TaskPart(msgspec.Struct, frozen=True):
    """A part of a task: a loop of the memory pass, by its name, or its phases, without a name."""

    task: Task
    part: Name


class Resume(msgspec.Struct, frozen=True, tag="resume", tag_field="kind"):
    """The continuation of a run that was cut off; earlier events of ``void`` tasks don't count.

    ``kept`` are the parts of those tasks that count all the same.
    """

    created: Name
    command: list[Text]
    void: list[Task]
    fixed_work_seconds: PositiveSeconds | None = None
    kept: list[TaskPart] = []


class Look(msgspec.Struct, frozen=True, tag="look", tag_field="kind"):
    """A look at one cell after a launch: whether the cell has launches enough.

    ``launch`` is the last launch that was looked at. ``level`` is the probability of error that the
    look may spend in each family of comparisons. ``verdicts`` maps the contenders to the verdicts
    at that level. ``enough`` is the number of launches that suffice, by which the cell ends; null
    if that isn't known.
    """

    pass_name: ClassVar[str] = "speed"
    model: Name
    workload: Workload
    batch_size: Positive
    launch: int
    level: Share
    verdicts: Annotated[dict[Name, Name], Meta(max_length=1000)] = {}
    enough: Size | None = None


class PassEnd(msgspec.Struct, frozen=True, tag="pass_end", tag_field="kind"):
    """The end of a pass."""

    pass_name: Name
    seconds: Seconds


class End(msgspec.Struct, frozen=True, tag="end", tag_field="kind"):
    """The last line of a record; ``outcome`` is ``complete``, ``failures`` or ``interrupted``."""

    outcome: Name
    seconds: Seconds
