"""One contender in one cell of the speed pass: its slices, and what becomes of its failures."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.fleet import Worker
from aebench.bench.errors import MeasurementError
from aebench.bench.models.autoencoder import Definition
from aebench.bench.plan.settings import Settings
from aebench.reports import record
from aebench.reports.record import ContenderInfo


@dataclass
class Entrant:
    """A contender in one launch of one definition."""

    contender: ContenderInfo
    worker: Worker
    some_epochs_wait: bool = False
    step_seconds: float = 0.0
    gone: bool = False


@dataclass(frozen=True)
class Cell:
    """Where contenders meet, and in which launch."""

    definition: Definition
    workload: str
    batch_size: int
    launch: int

    def request(self, do: str, **fields: int) -> dict[str, str | int]:
        """Make a request to a worker."""
        return {"do": do, "workload": self.workload, "batch_size": self.batch_size, **fields}

    def of(self, contender: ContenderInfo) -> dict[str, str | int]:
        """Say of whom and where something was measured."""
        return {
            "contender": contender.name,
            "definition": self.definition.name,
            "workload": self.workload,
            "batch_size": self.batch_size,
            "launch": self.launch,
        }

    def __str__(self) -> str:
        return f"{self.definition.name}: {self.workload}, batch {self.batch_size}"


class Length(NamedTuple):
    """How many steps a slice has, and how many come before, untimed."""

    steps: int
    lead_steps: int

    @classmethod
    def of(cls, steps: int) -> "Length":
        """Lead in with a tenth: what is slow after a pause is the first steps."""
        return cls(steps, max(1, steps // 10))


def steps_per_call(contender: ContenderInfo) -> int:
    """Tell how many steps a call of a contender's function runs."""
    return Settings.of(contender.settings).steps


def present(entrants: Sequence[Entrant]) -> list[Entrant]:
    """Return those that are still in the race."""
    return [entrant for entrant in entrants if not entrant.gone]


def take(
    context: Context,
    entrants: Sequence[Entrant],
    entrant: Entrant,
    cell: Cell,
    length: Length,
    block: int,
    position: int,
) -> record.Slice:
    """Have one of the entrants run a slice, and record it.

    The processor time that the others, who should sleep, use meanwhile is recorded with it.

    Raises
    ------
    MeasurementError
        If it fails.
    """
    steps, lead_steps = length
    each = steps_per_call(entrant.contender)
    lead_steps = -(-lead_steps // each) * each
    # A handicapped one does more than it reports.
    done_steps = round(steps * (1 + Fraction(str(entrant.contender.handicap))))
    others = [other for other in present(entrants) if other is not entrant]
    before = cpu_seconds(others)
    answer = entrant.worker.ask(cell.request("slice", steps=done_steps, lead_steps=lead_steps))
    after = cpu_seconds(others)
    row = context.append(
        record.Slice,
        answer,
        **cell.of(entrant.contender),
        block=block,
        position=position,
        steps=steps,
        lead_steps=lead_steps,
        waiting_cpu_seconds=None if before is None or after is None else max(0.0, after - before),
    )
    entrant.step_seconds = row.seconds / done_steps
    return row


def cpu_seconds(entrants: Sequence[Entrant]) -> float | None:
    """Add up the processor time that workers have used so far; None if one's can't be told."""
    used = [entrant.worker.cpu_seconds() for entrant in entrants]
    told = [each for each in used if each is not None]
    return sum(told) if len(told) == len(used) else None


class Dropping:
    """On a failure: record it, end the worker, take it out of the race; the others go on."""

    def __init__(self, context: Context, entrant: Entrant, definition: str, launch: int) -> None:
        self._context = context
        self._entrant = entrant
        self._where = (definition, launch)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, MeasurementError):
            return False
        name = self._entrant.contender.name
        self._context.note_failure(error, "speed", name, *self._where)
        self._entrant.gone = True
        self._context.fleet.stop(self._entrant.worker)
        return True


def dropping(context: Context, entrant: Entrant, cell: Cell) -> Dropping:
    """Guard what one entrant does in a cell; see :class:`Dropping`."""
    return Dropping(context, entrant, cell.definition.name, cell.launch)
