"""One contender in one cell of the speed pass: its rounds, and what becomes of its failures."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.fleet import Worker
from aebench.bench.errors import MeasurementError
from aebench.bench.protocol import messages
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.workloads import Workload
from aebench.reports import record
from aebench.reports.record import Cell, ContenderInfo


@dataclass
class Session:
    """A contender in one launch of one model."""

    contender: ContenderInfo
    worker: Worker
    some_epochs_wait: bool = False
    step_seconds: float = 0.0
    gone: bool = False


@dataclass(frozen=True)
class LaunchCell:
    """A cell in one launch: where sessions meet."""

    cell: Cell
    workload: Workload
    launch: int

    @property
    def named(self) -> tuple[str, int]:
        """Return the workload's name and the batch size, as commands have them."""
        return self.cell.workload, self.cell.batch_size

    def fields(self, contender: ContenderInfo) -> dict[str, str | int]:
        """Return the fields of an event that say of which contender it is, and where."""
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
    """How many steps a round has, and how many are discarded before it."""

    steps: int
    discarded_steps: int

    @classmethod
    def of_round(cls, steps: int) -> "Length":
        """Discard a tenth before the round: the first steps after a pause are slow."""
        return cls(steps, max(1, steps // 10))


def steps_per_call(contender: ContenderInfo) -> int:
    """Return how many steps a call of a contender's compiled function runs."""
    return ContenderSettings.from_dict(contender.settings).steps


def present(sessions: Sequence[Session]) -> list[Session]:
    """Return the sessions that haven't failed."""
    return [session for session in sessions if not session.gone]


def take(
    context: Context,
    sessions: Sequence[Session],
    session: Session,
    cell: LaunchCell,
    length: Length,
    block: int,
    position: int,
) -> record.Round:
    """Time one round of a session and append it to the record.

    The processor time that the other workers, which should sleep, use meanwhile is recorded too.

    Raises
    ------
    MeasurementError
        If it fails.
    """
    steps, discarded_steps = length
    each = steps_per_call(session.contender)
    discarded_steps = -(-discarded_steps // each) * each
    # A known-effect control does more than it reports.
    done_steps = round(steps * (1 + Fraction(str(session.contender.known_effect))))
    others = [other for other in present(sessions) if other is not session]
    before = cpu_seconds(others)
    answer = session.worker.ask(messages.Round(done_steps, discarded_steps), messages.RoundTimes)
    after = cpu_seconds(others)
    row = context.append(
        record.Round,
        answer,
        **cell.fields(session.contender),
        block=block,
        position=position,
        steps=steps,
        discarded_steps=discarded_steps,
        waiting_cpu_seconds=None if before is None or after is None else max(0.0, after - before),
    )
    session.step_seconds = row.seconds / done_steps
    return row


def cpu_seconds(sessions: Sequence[Session]) -> float | None:
    """Add up the processor time that workers have used so far; None if one's can't be told."""
    used = [session.worker.cpu_seconds() for session in sessions]
    told = [each for each in used if each is not None]
    return sum(told) if len(told) == len(used) else None


class Dropping:
    """On a failure: record it, end the worker, take it out of the race; the others go on."""

    def __init__(self, context: Context, session: Session, model: str, launch: int) -> None:
        self._context = context
        self._session = session
        self._where = (model, launch)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, MeasurementError):
            return False
        name = self._session.contender.name
        self._context.note_failure(error, "speed", name, *self._where)
        self._session.gone = True
        self._context.fleet.stop(self._session.worker)
        return True


def dropping(context: Context, session: Session, cell: LaunchCell) -> Dropping:
    """Guard what one session does in a cell; see :class:`Dropping`."""
    return Dropping(context, session, cell.cell.model, cell.launch)
