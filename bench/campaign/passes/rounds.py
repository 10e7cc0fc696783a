"""Start contenders, time one round of a contender in a cell, and drop contenders that fail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.worker_process import Worker
from aebench.bench.errors import MeasurementError
from aebench.bench.plan.order import starting_order
from aebench.bench.protocol.messages.every_pass import Job, RuntimeInfo
from aebench.bench.protocol.messages.speed import RoundTimes, RunRound
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.workloads import Workload
from aebench.reports import record
from aebench.reports.record import Cell, ContenderInfo, Task

A = TypeVar("A")
# After the warm-up the number of steps in a round may be raised, at most by this factor.
MOST_TIMES_AS_MANY_STEPS = 3


@dataclass(eq=False)
class Session:
    """A contender's worker in one launch of a model, with its state.

    ``some_epochs_wait`` is whether some epochs end late on this backend, because their end waits
    for a poll (see :mod:`aebench.backends.tensorflow`).
    ``step_seconds`` is the duration of a step in the latest round, and ``length`` the length of a
    round in the cell that is measured. ``gone`` is whether the worker failed and was stopped.
    """

    contender: ContenderInfo
    worker: Worker
    some_epochs_wait: bool = False
    step_seconds: float = 0.0
    length: "Length" = field(default_factory=lambda: Length(0, 0))
    gone: bool = False


@dataclass(frozen=True)
class LaunchCell:
    """A cell in one launch. The contenders are compared within it."""

    cell: Cell
    workload: Workload
    launch: int
    pass_name: str = "speed"

    @property
    def command_arguments(self) -> tuple[str, int]:
        """Return the workload's name and the batch size, with which every command begins."""
        return self.cell.workload, self.cell.batch_size

    def fields(self, contender: ContenderInfo) -> dict[str, str | int]:
        """Return the fields of an event that name the contender, the cell and the launch."""
        return {
            "contender": contender.name,
            "model": self.cell.model,
            "workload": self.cell.workload,
            "batch_size": self.cell.batch_size,
            "launch": self.launch,
        }

    def __str__(self) -> str:
        return str(self.cell)


class Length(NamedTuple):
    """The number of timed steps in a round, and the number of discarded steps before them."""

    steps: int
    discarded_steps: int

    @classmethod
    def of_round(cls, steps: int, whole_calls: bool = False) -> "Length":
        """Return the length of a round of ``steps`` timed steps, with a quarter as many discarded.

        At least one step is discarded: the first steps after a pause are slow. Whole calls are
        longer than other rounds: before them, a tenth is enough.
        """
        return cls(steps, max(1, steps // (10 if whole_calls else 4)))


def started(
    context: Context,
    contenders: Sequence[ContenderInfo],
    job: Callable[[ContenderInfo], Job],
    task: Task,
) -> list[Session]:
    """Start the workers of a launch, in a drawn order, and wait until all have built the model.

    All import and build at the same time: nothing is timed yet. Who fails is dropped.

    Parameters
    ----------
    context : Context
        The context of the pass.
    contenders : sequence of ContenderInfo
        The contenders of the launch.
    job : callable
        Makes a contender's job.
    task : Task
        The launch: its pass, its model and its number.
    """
    sessions: list[Session] = []
    place = (task.model, task.launch, task.pass_name)
    seed = context.plan.info.order_seed
    context.display.doing(f"{task.model}: workers start (launch {task.launch + 1})")
    for index in starting_order(len(contenders), seed, task.launch):
        contender = contenders[index]
        try:
            sessions.append(Session(contender, context.start(contender, job(contender))))
        except MeasurementError as error:
            context.note_failure(error, task.pass_name, contender.name, task.model, task.launch)
    for session in sessions:
        with Dropping(context, session, *place):
            info = context.note_worker(
                session.worker.answer(RuntimeInfo),
                task.pass_name,
                session.contender.name,
                task.model,
                task.launch,
            )
            session.some_epochs_wait = bool(info.epoch_end_polls_seconds)
    return sessions


def steps_per_call(contender: ContenderInfo) -> int:
    """Return the number of steps that one call of a contender's compiled function runs."""
    return ContenderSettings.from_dict(contender.settings).steps


def running_sessions(sessions: Sequence[Session]) -> list[Session]:
    """Return the sessions that haven't failed."""
    return [session for session in sessions if not session.gone]


def take(
    context: Context,
    sessions: Sequence[Session],
    session: Session,
    cell: LaunchCell,
    block: int,
    position: int,
) -> record.Round:
    """Time one round of a session and append it to the record.

    The other workers should sleep during the round. The processor time that they use is recorded.

    Returns
    -------
    Round
        The event that was appended.

    Raises
    ------
    MeasurementError
        If the worker fails.
    """
    steps, discarded_steps = session.length
    # A compiled call runs several steps and can't be split: round up to whole calls.
    steps_of_call = steps_per_call(session.contender)
    discarded_steps = -(-discarded_steps // steps_of_call) * steps_of_call
    # A known-effect control runs more steps than it reports.
    done_steps = round(steps * (1 + Fraction(str(session.contender.known_effect))))
    command = RunRound(done_steps, discarded_steps)
    answer, waiting_cpu_seconds = ask(sessions, session, command, RoundTimes)
    row = context.append(
        record.Round,
        answer,
        **cell.fields(session.contender),
        block=block,
        position=position,
        steps=steps,
        discarded_steps=discarded_steps,
        waiting_cpu_seconds=waiting_cpu_seconds,
    )
    session.step_seconds = row.seconds / done_steps
    return row


def ask(
    sessions: Sequence[Session], session: Session, command: Any, kind: type[A]
) -> tuple[A, float | None]:
    """Ask a session's worker while the others should sleep.

    Returns
    -------
    (object, float or None)
        The answer, and the processor seconds that the others used meanwhile, if known.
    """
    others = [other for other in running_sessions(sessions) if other is not session]
    before = cpu_seconds(others)
    answer = session.worker.ask(command, kind)
    after = cpu_seconds(others)
    waiting = None if before is None or after is None else max(0.0, after - before)
    return answer, waiting


def cpu_seconds(sessions: Sequence[Session]) -> float | None:
    """Return the sum of the workers' processor seconds; None if one worker's can't be read."""
    used = [session.worker.cpu_seconds() for session in sessions]
    known = [seconds for seconds in used if seconds is not None]
    return sum(known) if len(known) == len(used) else None


class Dropping:
    """A context manager that catches a MeasurementError and drops the session that failed.

    The failure is recorded, the worker is stopped and the session is marked as gone. The code
    after the ``with`` block runs on with the other sessions.
    """

    def __init__(
        self, context: Context, session: Session, model: str, launch: int, pass_name: str = "speed"
    ) -> None:
        self._context = context
        self._session = session
        self._pass_name = pass_name
        self._where = (model, launch)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, MeasurementError):
            return False
        name = self._session.contender.name
        self._context.note_failure(error, self._pass_name, name, *self._where)
        self._session.gone = True
        self._context.fleet.stop(self._session.worker)
        return True


def dropping(context: Context, session: Session, cell: LaunchCell) -> Dropping:
    """Return the context manager for a session's work in a cell; see :class:`Dropping`."""
    return Dropping(context, session, cell.cell.model, cell.launch, cell.pass_name)
