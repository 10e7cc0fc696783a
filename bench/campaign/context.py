"""The context of a pass: the plan, the data, the fleet, the record and the display."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from aebench import backends
from aebench.bench import workloads
from aebench.bench.campaign.fleet import Fleet
from aebench.bench.campaign.parity_cache import ParityCache
from aebench.bench.campaign.worker_process import Worker
from aebench.bench.data.model_data import ModelData
from aebench.bench.errors import MeasurementError
from aebench.bench.models.model import Model
from aebench.bench.plan.interpreters import interpreter
from aebench.bench.plan.plan import Plan
from aebench.bench.protocol.messages.every_pass import Job, RuntimeInfo
from aebench.bench.protocol.messages.speed import SpeedJob
from aebench.reports import record
from aebench.reports.journal import Journal
from aebench.reports.record import Cell, ContenderInfo
from aebench.reports.record.bounds import MOST_NAME

E = TypeVar("E", bound=msgspec.Struct)
J = TypeVar("J", bound=Job)


class Progress(Protocol):
    """The methods of a display that passes call.

    Passes call them between measurements, never during one: drawing takes processor time.
    """

    def doing(self, text: str) -> None:
        """Show a text that says what is being measured now."""

    def figure(self, text: str) -> None:
        """Show a result that was just measured, as a line of text."""

    def problem(self, text: str) -> None:
        """Show a failure."""

    def stage_done(self) -> None:
        """Count one more task as finished, and correct the estimate of the time left."""

    def measured(self, cells: Collection[Cell]) -> None:
        """Show what is known of cells of the speed pass, a line each."""


@dataclass(frozen=True)
class Context:
    """The plan, the models' data and the helpers with which a pass runs.

    ``data`` has the samples of each model by its name; ``scratch`` is a folder for temporary files.
    """

    plan: Plan
    data: Mapping[str, ModelData]
    scratch: Path
    fleet: Fleet
    journal: Journal
    display: Progress
    parity_cache: ParityCache | None = None

    def append(self, kind: type[E], answer: object = None, **fields: Any) -> E:
        """Make an event from a worker's answer, append it to the record and return it.

        Parameters
        ----------
        kind : type
            The type of the event. Fields of the answer with the same names are copied.
        answer : dataclass, optional
            A message of a worker.
        fields
            Fields of the event that the answer lacks.

        Raises
        ------
        MeasurementError
            If a field of the event is missing or has the wrong type.
        """
        known = {
            name: getattr(answer, name)
            for name in kind.__struct_fields__
            if answer is not None and hasattr(answer, name)
        }
        try:
            # msgspec.convert checks the types: a worker may have sent anything.
            event = msgspec.convert({**known, **fields}, kind)
        except msgspec.ValidationError as error:
            raise MeasurementError(f"answered nonsense: {error}") from None
        self.journal.append(event)  # type: ignore[arg-type]
        return event

    def note_worker(
        self, info: RuntimeInfo, pass_name: str, contender: str, model: str, launch: int
    ) -> record.WorkerInfo:
        """Append a worker's settings, versions and cores to the record, and return the event."""
        return self.append(
            record.WorkerInfo,
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
        part: str = "",
    ) -> None:
        """Append a failure to the record and show it. Nothing is raised: the caller continues."""
        failure = record.Failure(
            pass_name, contender, model, launch, str(error)[:MOST_NAME], error.log_tail, part
        )
        self.journal.append(failure)
        what = " ".join(filter(None, (pass_name, part, model, contender)))
        self.display.problem(f"{what}: {error}")
        if error.log_tail:
            self.display.problem(error.log_tail)

    def end(self, task: record.Task, seconds: float | None = None) -> None:
        """Append the end of a task and its seconds to the record, unless a part of the task failed.

        The display counts the task as finished in both cases.
        """
        if not any(task.holds(failure) for failure in self.journal.record.of(record.Failure)):
            self.journal.append(record.TaskEnd(task, seconds))
        self.display.stage_done()

    def start(self, contender: ContenderInfo, job: Job, on_processor: bool = False) -> Worker:
        """Start a contender's worker; see :meth:`aebench.bench.campaign.fleet.Fleet.start`."""
        cache = self.compile_cache(contender)
        python = interpreter(contender)
        return self.fleet.start(contender.backend, job, python, on_processor, cache)

    def compile_cache(self, contender: ContenderInfo) -> Path | None:
        """Return the folder in which a contender's workers keep compiled code; None if they don't.

        It lasts as long as the run.
        """
        if "cache" not in contender.settings:
            return None
        name = hashlib.sha256(contender.name.encode()).hexdigest()[:16]
        return self.scratch / f"compiled-{name}"

    def speed_job(self, contender: ContenderInfo, model: Model) -> SpeedJob:
        """Make the job of a worker of the speed pass; see :func:`speed_job`."""
        return speed_job(self.plan, self.data[model.name], contender, model)

    def job(self, kind: type[J], contender: ContenderInfo, model: Model, **fields: Any) -> J:
        """Make a worker's job; see :func:`make_job`."""
        return make_job(kind, self.plan, self.data[model.name], contender, model, **fields)


def speed_job(plan: Plan, data: ModelData, contender: ContenderInfo, model: Model) -> SpeedJob:
    """Make the job of a worker of the speed pass. It names the module of each workload."""
    modules = {name: workloads.load(name).module for name in plan.info.workloads}
    shapes = [list(each) for each in model.dense_shapes]
    return make_job(SpeedJob, plan, data, contender, model, workloads=modules, dense_shapes=shapes)


def make_job(
    kind: type[J],
    plan: Plan,
    data: ModelData,
    contender: ContenderInfo,
    model: Model,
    **fields: Any,
) -> J:
    """Make a worker's job.

    Parameters
    ----------
    kind : type
        The type of the job; every pass has its own type.
    plan, data, contender, model
        The sources of the fields that all jobs have.
    fields
        The fields that only jobs of this type have.
    """
    return kind(
        backend=contender.backend,
        # The worker's interpreter may not know which package registers the backend.
        module=backends.module_name(contender.backend),
        settings=contender.settings,
        model=model.description,
        threads=int(contender.settings.get("threads", plan.info.threads)),
        seed=plan.info.seeds[0],
        train=data.train,
        test=data.test,
        weights=model.weights,
        **fields,
    )
