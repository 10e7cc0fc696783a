"""Run the passes of a plan and write a record; workers and temporary files never remain."""

import contextlib
import datetime
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import msgspec
from rich.console import Console

from aebench.backends.profilers import CATEGORIES
from aebench.bench.campaign import interrupts
from aebench.bench.campaign.context import Context
from aebench.bench.campaign.display import Display
from aebench.bench.campaign.fleet import Fleet
from aebench.bench.campaign.json_display import JsonDisplay
from aebench.bench.campaign.parity_cache import ParityCache
from aebench.bench.campaign.passes import footprint, ladder, memory, parity, profile, quality
from aebench.bench.campaign.passes.speed import SpeedPass, cells_going_on
from aebench.bench.campaign.time_history import TimeHistory
from aebench.bench.data.model_data import ModelData
from aebench.bench.errors import BadInputError, refusing
from aebench.bench.plan.estimate import task_seconds
from aebench.bench.plan.forecast import Forecast
from aebench.bench.plan.plan import Plan
from aebench.bench.system import machine, machine_noise
from aebench.reports.formatting import listed
from aebench.reports.journal import Journal, Record, RecordError, load
from aebench.reports.record import (
    SCHEMA,
    End,
    Failure,
    Header,
    Parity,
    PassEnd,
    Resume,
    Task,
    TaskPart,
)
from aebench.reports.sanitize import reason
from aebench.reports.summary import summarise
from aebench.reports.summary.looks import looks_due

_PASSES: dict[str, Callable[[Context, Sequence[Task]], None]] = {
    "parity": parity.run,
    "speed": lambda context, tasks: SpeedPass(context).run(tasks),
    "footprint": footprint.run,
    "quality": quality.run,
    "ladder": ladder.run,
    "profile": profile.run,
    "memory": memory.run,
}


@dataclass(frozen=True)
class RunInputs:
    """The inputs of a run other than its plan.

    Parameters
    ----------
    data : mapping of str to ModelData
        The samples of each model, by its name.
    command : sequence of str
        The words of the command line, for the record.
    scratch : Path
        A folder for temporary files, which is removed after the run.
    console : Console
        The console that shows the run.
    answer_seconds : float
        Seconds of silence after which a worker counts as failed.
    parity_cache : ParityCache or None
        Checks of parity that earlier runs made; None if all are made anew, and none is kept.
    json : bool
        Whether results are shown as lines of JSON, and nothing on the console.
    forecast : Forecast
        What tasks take on this machine.
    history : TimeHistory or None
        Where the times of passes are kept for later forecasts; None if they aren't.
    """

    data: Mapping[str, ModelData]
    command: Sequence[str]
    scratch: Path
    console: Console
    answer_seconds: float
    parity_cache: ParityCache | None = None
    json: bool = False
    forecast: Forecast = field(default_factory=Forecast)
    history: TimeHistory | None = None


def run(plan: Plan, inputs: RunInputs, folder: Path) -> str:
    """Measure all tasks of a plan, and write the results into a new record.

    Parameters
    ----------
    plan : Plan
        The plan.
    inputs : RunInputs
        The images, the console and the other inputs of a run.
    folder : Path
        The folder in which ``record.jsonl`` is written.

    Returns
    -------
    str
        The outcome: ``complete``, ``failures`` or ``interrupted``.

    Raises
    ------
    BadInputError
        If the record can't be written in the folder.
    """
    check_folder(folder)
    try:
        journal = Journal.begin(folder / "record.jsonl", _header(plan, inputs, folder))
    except OSError as error:
        raise BadInputError(f"{folder} can't be written: {reason(error)}.") from error
    return _measure(plan, inputs, journal, plan.tasks())


def check_folder(folder: Path) -> None:
    """Check that a new record can be made in a folder. Nothing is written.

    Raises
    ------
    BadInputError
        If the path is a file, or the folder contains a record already.
    """
    if folder.exists() and not folder.is_dir():
        raise BadInputError(f"{folder} is a file: give a folder.")
    if os.path.lexists(folder / "record.jsonl"):
        raise BadInputError(
            f"{folder / 'record.jsonl'} exists: give another --out, or continue it with --resume; "
            "nothing was overwritten."
        )


def resume(plan: Plan, inputs: RunInputs, record: Path) -> str:
    """Measure the tasks that a record lacks, and append their results to the record.

    Parameters
    ----------
    plan : Plan
        The plan of the record.
    inputs : RunInputs
        The inputs of a run, as for :func:`run`.
    record : Path
        The record, or its folder.

    Returns
    -------
    str
        The outcome: ``complete``, ``failures`` or ``interrupted``.

    Raises
    ------
    BadInputError
        If the record can't be resumed, was measured on other images, or was changed meanwhile.
    """
    with refusing(RecordError):
        journal = Journal.resume(record)
    header = journal.record.header
    for model in header.models:
        was, now = header.data_of(model.name), inputs.data[model.name].info
        if (now.train_sha256, now.test_sha256) != (was.train_sha256, was.test_sha256):
            journal.close()
            raise BadInputError(
                f"the record was measured on other samples ({was.name}): put them where they were."
            )
    if (plan.info, plan.contenders) != (header.plan, header.contenders):
        journal.close()
        raise BadInputError(
            f"{record} was changed by another program meanwhile: check it, and try again."
        )
    left = missing_tasks(plan, journal.record)
    kept = [
        TaskPart(task, part)
        for task in left
        if task.pass_name == "memory"
        for part in memory.parts_measured(journal.record, task)
    ]
    seconds = machine_noise.usual_seconds()
    journal.append(Resume(_now(), list(inputs.command), left, seconds, kept))
    return _measure(plan, inputs, journal, left)


def finish(plan: Plan, record: Path) -> None:
    """End a record that lacks no task but its end, as a run that was killed at its end leaves it.

    Parameters
    ----------
    plan : Plan
        The plan of the record.
    record : Path
        The record, or its folder.

    Raises
    ------
    BadInputError
        If the record can't be written to.
    """
    with refusing(RecordError):
        if load(record).outcome in ("complete", "failures"):
            return
        journal = Journal.resume(record)
        try:
            for look in looks_due(journal.record, plan.info.launches):
                journal.append(look)
            journal.append(End("failures" if journal.record.of(Failure) else "complete", 0.0))
        finally:
            journal.close()


def missing_tasks(plan: Plan, record: Record) -> list[Task]:
    """List the tasks of a plan that a record lacks, or has only in part.

    Launches of which the record's looks say that they aren't needed are left out.
    """
    done = record.done()
    return [
        task
        for task in plan.tasks()
        if task not in done and (task.pass_name != "speed" or cells_going_on(plan, record, task))
    ]


def _header(plan: Plan, inputs: RunInputs, folder: Path) -> Header:
    # A record has the samples of the first model, or of the autoencoders, once for all that share
    # them: the study of autoencoders shows images.
    images = (model for model in plan.models if model.form is not None)
    shared = inputs.data[next(images, plan.models[0]).name].info
    own = {
        name: data.info
        for name, data in inputs.data.items()
        if data.info.train_sha256 != shared.train_sha256 or data.info.name != shared.name
    }
    return Header(
        schema=SCHEMA,
        aebench=metadata.version("aebench"),
        name=folder.name,
        created=_now(),
        command=list(inputs.command),
        plan=plan.info,
        models=plan.describe_models(),
        contenders=plan.contenders,
        operation_categories=list(CATEGORIES),
        data=shared,
        data_of_models=own,
        machine=msgspec.structs.replace(
            machine.describe(), fixed_work_seconds=machine_noise.usual_seconds()
        ),
        workloads=plan.describe_workloads(),
        cells=plan.cells() if "speed" in plan.info.passes else [],
        tasks=plan.describe_tasks(),
        rungs=plan.describe_rungs(),
    )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _measure(plan: Plan, inputs: RunInputs, journal: Journal, tasks: Sequence[Task]) -> str:
    began = time.monotonic()
    stages = [
        (task, inputs.forecast.seconds(plan, task, *inputs.data[task.model].sizes).middle)
        for task in tasks
    ]
    display = (
        JsonDisplay(journal.record)
        if inputs.json
        else Display(inputs.console, stages, journal.record)
    )
    outcome, worthless = "interrupted", False
    with interrupts.interruptible() as ignore_signals:
        try:
            with contextlib.ExitStack() as ending:
                modules = plan.outside_modules()
                fleet = Fleet(inputs.scratch, inputs.answer_seconds, modules)
                ending.callback(fleet.close)
                ending.callback(display.close)
                ending.callback(ignore_signals)  # runs first: callbacks run in reverse order
                context = Context(
                    plan,
                    inputs.data,
                    inputs.scratch,
                    fleet,
                    journal,
                    display,
                    inputs.parity_cache,
                )
                _run_passes(context, tasks, inputs.history)
            outcome = "failures" if journal.record.of(Failure) else "complete"
        except KeyboardInterrupt:
            pass
        except RecordError as error:
            outcome = "failures"
            display.problem(f"{error}. What was measured before is kept.")
            journal.free_reserve()
            with contextlib.suppress(RecordError):
                journal.append(Failure("", "", "", 0, str(error), ""))
        except BaseException:
            worthless = not journal.record.events
            raise
        finally:
            if worthless:
                journal.discard()  # an empty record would block the folder for later runs
            else:
                # Writing fails on a full disk. A record without its last event can still be read.
                with contextlib.suppress(RecordError):
                    journal.append(End(outcome, time.monotonic() - began))
                journal.close()
    return outcome


def _run_passes(context: Context, tasks: Sequence[Task], history: TimeHistory | None) -> None:
    left = [task.pass_name for task in tasks]
    for name in context.plan.info.passes:
        mine = [task for task in tasks if task.pass_name == name]
        if mine:
            began = time.monotonic()
            _PASSES[name](context, mine)
            seconds = time.monotonic() - began
            context.journal.append(PassEnd(name, seconds))
            if history:
                _keep_time(history, context, mine, seconds)
            if name == "parity" and "speed" in left:
                _tell_unranked(context)


def _tell_unranked(context: Context) -> None:
    """Show which contenders differ before they are timed: a user may rather stop here."""
    for row in summarise(context.journal.record).parity:
        if row.differs and row.checks and not row.ranked_anyway:
            only = f"ranked only in {listed(row.same_in)}" if row.same_in else "not ranked"
            context.display.problem(f"{row.model} {row.contender} is {only}: {row.differs}.")


def _keep_time(
    history: TimeHistory, context: Context, tasks: Sequence[Task], seconds: float
) -> None:
    """Keep what a pass took, unless a task failed or was left out: its time says nothing then."""
    record = context.journal.record
    if any(part.task in tasks for resume in record.of(Resume) for part in resume.kept):
        return  # Such a task was measured in part only.
    kept = {(check.contender, check.model) for check in record.of(Parity) if check.measured_at}
    done = record.done()
    if all(task in done for task in tasks):
        made = [task for task in tasks if (task.contender, task.model) not in kept]
        timed = made if tasks[0].pass_name == "parity" else tasks
        estimated = sum(
            task_seconds(context.plan, task, *context.data[task.model].sizes) for task in timed
        )
        history.keep(tasks[0].pass_name, estimated, seconds)
