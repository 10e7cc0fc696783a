"""What every pass needs: the plan, the data, the fleet, the record and the display."""

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec

from aebench import backends
from aebench.bench import workloads
from aebench.bench.campaign.fleet import Fleet, Worker
from aebench.bench.data.datasets import Arrays, Dataset
from aebench.bench.errors import MeasurementError
from aebench.bench.models.model import Model
from aebench.bench.plan.contenders import interpreter
from aebench.bench.plan.plan import Plan
from aebench.bench.protocol.messages import Job, RuntimeInfo, SpeedJob
from aebench.bench.protocol.samples import SampleSource
from aebench.reports import record
from aebench.reports.journal import Journal
from aebench.reports.record import ContenderInfo
from aebench.reports.record.bounds import MOST_NAME

E = TypeVar("E", bound=msgspec.Struct)
J = TypeVar("J", bound=Job)


class Display(Protocol):
    """Where a run shows what it does; drawn only while nothing is measured."""

    def doing(self, text: str) -> None:
        """Say what is measured now."""

    def figure(self, text: str) -> None:
        """Show a fresh figure."""

    def problem(self, text: str) -> None:
        """Say what failed."""

    def stage_done(self) -> None:
        """Note that one stage of the estimate is over."""

    def results(self, pass_name: str, model: str | None) -> None:
        """Show the tables of a pass, or those of one model."""


@dataclass(frozen=True)
class Context:
    """What every pass needs."""

    plan: Plan
    dataset: Dataset
    arrays: Arrays
    fleet: Fleet
    journal: Journal
    display: Display

    def append(self, kind: type[E], answer: object = None, **fields: Any) -> E:
        """Make an event of a worker's answer and append it.

        Parameters
        ----------
        kind : type
            The event; it takes those fields of the answer that have the names of its own.
        answer : dataclass, optional
            A message of a worker.
        fields
            Fields of the event that the answer does not have.

        Raises
        ------
        MeasurementError
            If the answer is not what the event needs.
        """
        known = {
            name: getattr(answer, name)
            for name in kind.__struct_fields__
            if answer is not None and hasattr(answer, name)
        }
        try:
            # Through msgspec's checks: what comes from a worker isn't trusted to be well-formed.
            event = msgspec.convert({**known, **fields}, kind)
        except msgspec.ValidationError as error:
            raise MeasurementError(f"answered nonsense: {error}") from None
        self.journal.append(event)  # type: ignore[arg-type]
        return event

    def note_worker(
        self, info: RuntimeInfo, pass_name: str, contender: str, model: str, launch: int
    ) -> record.Worker:
        """Record what is in force in a worker."""
        return self.append(
            record.Worker,
            info,
            pass_name=pass_name,
            contender=contender,
            model=model,
            launch=launch,
        )

    def note_failure(
        self,
        error: MeasurementError,
        pass_name: str,
        contender: str,
        model: str,
        launch: int,
    ) -> None:
        """Record a failure, show it, and let the others go on."""
        failure = record.Failure(
            pass_name, contender, model, launch, str(error)[:MOST_NAME], error.log_tail
        )
        self.journal.append(failure)
        self.display.problem(f"{pass_name} {model} {contender}: {error}")
        if error.log_tail:
            self.display.problem(error.log_tail)

    def end(self, task: record.Task, seconds: float | None = None) -> None:
        """Record that a task was measured whole, and how long it took, unless some of it failed."""
        if not any(task.holds(failure) for failure in self.journal.record.of(record.Failure)):
            self.journal.append(record.TaskEnd(task, seconds))
        self.display.stage_done()

    def start(self, contender: ContenderInfo, job: Job) -> Worker:
        """Start a contender's worker; see :meth:`aebench.bench.campaign.fleet.Fleet.start`."""
        return self.fleet.start(contender.backend, job, interpreter(contender))

    def speed_job(self, contender: ContenderInfo, model: Model) -> SpeedJob:
        """Make the job of a worker of the speed pass; see :func:`speed_job`."""
        return speed_job(self.plan, self.arrays, contender, model)

    def job(self, kind: type[J], contender: ContenderInfo, model: Model, **fields: Any) -> J:
        """Make a worker's job; see :func:`make_job`."""
        return make_job(kind, self.plan, self.arrays, contender, model, **fields)


def speed_job(plan: Plan, arrays: Arrays, contender: ContenderInfo, model: Model) -> SpeedJob:
    """Make the job of a worker of the speed pass, which needs the workloads' files."""
    modules = {name: workloads.load(name).module for name in plan.info.workloads}
    return make_job(SpeedJob, plan, arrays, contender, model, workloads=modules)


def make_job(
    kind: type[J],
    plan: Plan,
    arrays: Arrays,
    contender: ContenderInfo,
    model: Model,
    **fields: Any,
) -> J:
    """Make a worker's job.

    Parameters
    ----------
    kind : type
        The job of a pass.
    plan, arrays, contender, model
        They hold what all jobs need.
    fields
        What this job needs beside.
    """
    train, test = str(arrays.train_path), str(arrays.test_path)
    return kind(
        backend=contender.backend,
        # By value: the worker's interpreter may not know what is registered with this one.
        module=backends.module_name(contender.backend),
        settings=contender.settings,
        model=model.description,
        threads=plan.info.threads,
        seed=plan.info.seeds[0],
        # The target of an autoencoder is its input.
        train=SampleSource(train, train),
        test=SampleSource(test, test),
        **fields,
    )
