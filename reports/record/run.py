"""The course of a run: its workers, what was measured whole, what failed, and its end."""

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from aebench.reports.record.bounds import MOST_POLLS, Name, Positive, PositiveSeconds, Seconds, Text

if TYPE_CHECKING:
    from aebench.reports.record.events import Event


class WorkerInfo(msgspec.Struct, frozen=True, tag="worker", tag_field="kind"):
    """What was in force in one worker."""

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
    """A measurement that failed, and why."""

    pass_name: Name
    contender: Name
    model: Name
    launch: int
    reason: Text
    log_tail: Text


class Task(msgspec.Struct, frozen=True):
    """What is measured as a whole, and again as a whole if it was cut.

    In the speed pass that is a model in a launch, with all contenders (``contender`` is
    empty); in the quality pass a training, ``launch`` being its seed; in the others one worker of a
    contender × model.
    """

    pass_name: Name
    model: Name
    contender: Name
    launch: int

    def holds(self, event: "Event") -> bool:
        """Tell whether an event was measured in this task."""
        return self in Task.around(event)

    @classmethod
    def around(cls, event: "Event") -> "tuple[Task, ...]":
        """List the tasks that an event may be of: a contender's, and one of all contenders."""
        model = getattr(event, "model", None)
        launch = getattr(event, "launch", getattr(event, "seed", None))
        if model is None or launch is None:
            return ()
        name = getattr(event, "pass_name", "")
        contender = getattr(event, "contender", "")
        return (cls(name, model, contender, launch), cls(name, model, "", launch))


class TaskEnd(msgspec.Struct, frozen=True, tag="task_end", tag_field="kind"):
    """A task was measured whole, nothing in it failed; ``seconds`` is what all of it took."""

    task: Task
    seconds: Seconds | None = None


class Resume(msgspec.Struct, frozen=True, tag="resume", tag_field="kind"):
    """The run went on after a cut; what came before of these tasks doesn't count."""

    created: Name
    command: list[Text]
    void: list[Task]
    fixed_work_seconds: PositiveSeconds | None = None


class PassEnd(msgspec.Struct, frozen=True, tag="pass_end", tag_field="kind"):
    """A pass ran to its end."""

    pass_name: Name
    seconds: Seconds


class End(msgspec.Struct, frozen=True, tag="end", tag_field="kind"):
    """The last line: ``complete``, ``failures`` or ``interrupted``."""

    outcome: Name
    seconds: Seconds
