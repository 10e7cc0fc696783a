"""One contender in one cell of the speed pass: its rounds, and what becomes of its failures."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.fleet import Worker
from aebench.bench.errors import MeasurementError
from aebench.bench.models.autoencoder import Model
from aebench.bench.protocol import messages
from aebench.bench.protocol.settings import ContenderSettings
from aebench.reports import record
from aebench.reports.record import ContenderInfo


@dataclass
class Session:
    """A contender in one launch of one model."""

    contender: ContenderInfo
    worker: Worker
    some_epochs_wait: bool = False
    step_seconds: float = 0.0
    gone: bool = False


@dataclass(frozen=True)
class Cell:
    """Where contenders meet, and in which launch."""

    model: Model
    workload: str
    batch_size: int
    launch: int

    def of(self, contender: ContenderInfo) -> dict[str, str | int]:
        """Say of whom and where something was measured."""
        return {
            "contender": contender.name,
            "model": self.model.name,
            "workload": self.workload,
            "batch_size": self.batch_size,
            "launch": self.launch,
        }

    def __str__(self) -> str:
        return f"{self.model.name}: {self.workload}, batch {self.batch_size}"


class Length(NamedTuple):
    """RunOptions many steps a round has, and how many come before, untimed."""

    steps: int
    discarded_steps: int

    @classmethod
    def of(cls, steps: int) -> "Length":
        """Lead in with a tenth: what is slow after a pause is the first steps."""
        return cls(steps, max(1, steps // 10))


def steps_per_call(contender: ContenderInfo) -> int:
    """Tell how many steps a call of a contender's function runs."""
    return ContenderSettings.from_dict(contender.settings).steps


def present(sessions: Sequence[Session]) -> list[Session]:
    """Return those that are still in the race."""
    return [session for session in sessions if not session.gone]


def take(
    context: Context,
    sessions: Sequence[Session],
    session: Session,
    cell: Cell,
    length: Length,
    block: int,
    position: int,
) -> record.Round:
    """Have one of the sessions run a round, and record it.

    The processor time that the others, who should sleep, use meanwhile is recorded with it.

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
        **cell.of(session.contender),
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


def dropping(context: Context, session: Session, cell: Cell) -> Dropping:
    """Guard what one session does in a cell; see :class:`Dropping`."""
    return Dropping(context, session, cell.model.name, cell.launch)
