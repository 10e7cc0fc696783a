"""Measure a request, or the tasks that a record lacks, for all measuring commands."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from aebench.bench.campaign import campaign, own_models, run_output, user_cache
from aebench.bench.campaign.json_display import tell
from aebench.bench.campaign.parity_cache import ParityCache
from aebench.bench.campaign.time_history import TimeHistory
from aebench.bench.data import datasets
from aebench.bench.data.model_data import ModelData, described, least
from aebench.bench.errors import refusing
from aebench.bench.plan import checks, interpreters, model_files, resuming, run_axes
from aebench.bench.plan.estimate import pace_here
from aebench.bench.plan.forecast import Forecast
from aebench.bench.plan.plan import Plan
from aebench.bench.plan.presets import COMPARING
from aebench.bench.plan.request import Request, plan_from_request
from aebench.reports.journal import Journal, RecordError, load
from aebench.reports.record import Header, Task
from aebench.reports.sanitize import encodable
from aebench.reports.terminal import new_console


@dataclass(frozen=True)
class RunOptions:
    """The options that all measuring commands share, other than those of the request.

    Parameters
    ----------
    data : str
        Name or path of the images; see :func:`aebench.bench.data.datasets.load`.
    out : Path or None
        Folder for the record; None names a new folder after the time.
    resume : Path or None
        A record to resume: its plan is measured instead of the request.
    time_limit : float
        Seconds of silence after which a worker counts as hung.
    dry_run : bool
        Whether the plan is shown and nothing is measured.
    fresh_parity : bool
        Whether parity is checked even where an earlier run made the same checks.
    quiet : bool
        Whether nothing but the last screen is printed.
    json : bool
        Whether lines of JSON are printed, and nothing else.
    command : tuple of str
        The words of the command line that the record tells; empty takes those of this process.
    screen : bool
        Whether the last screen is printed at the end, not the paths alone.
    """

    data: str
    out: Path | None
    resume: Path | None
    time_limit: float
    dry_run: bool
    fresh_parity: bool = False
    quiet: bool = False
    json: bool = False
    command: tuple[str, ...] = ()
    screen: bool = True


@dataclass(frozen=True)
class _Work:
    """A plan, the tasks left to measure, and the record's folder.

    ``data`` has the samples of each model. ``resumed`` is the header of the record that is carried
    on; None for a new record.
    """

    plan: Plan
    tasks: list[Task]
    folder: Path
    data: Mapping[str, ModelData]
    resumed: Header | None = None


def measure(
    request: Request, name: str, options: RunOptions, keep: bool = True
) -> tuple[str, Path | None]:
    """Measure a request into a new record, or measure the tasks that a record lacks.

    Parameters
    ----------
    request : Request
        What to measure in a new record. With ``options.resume`` only its contenders and models are
        used: by naming them the user allows the interpreters and the files of the record to be run.
    name : str
        The word that follows the time in the name of a new folder.
    options : RunOptions
        The images, the folder and the other options of the command.
    keep : bool
        Whether the record is for the user, who is told of it at the end.

    Returns
    -------
    str
        The outcome: ``complete``, ``failures`` or ``interrupted``.
    Path or None
        The record's folder; None after a dry run.

    Raises
    ------
    BadInputError
        If the request, the record or an option is refused. Nothing is measured in that case.
    """
    progress = Console(quiet=True) if options.quiet or options.json else new_console()
    checks.time_limit(options.time_limit)
    with datasets.scratch_folder() as scratch_path:
        scratch = Path(scratch_path)
        if options.resume:
            work = _resumed_work(request, options.resume, options, scratch)
            if not work.tasks:
                if not options.dry_run:
                    campaign.finish(work.plan, work.folder)
                progress.print("Nothing is missing.")
                return "complete", None if options.dry_run else work.folder
        else:
            work = _new_work(request, name, options, scratch)
        # All checks are above: nothing is shown before they have passed.
        history = TimeHistory(os.environ)
        forecast = Forecast(pace_here(), history.ratios())
        if options.dry_run:
            _show_dry_run(new_console(), request, work, forecast)
            return "complete", None
        run_output.show(progress, work.plan, work.data, work.tasks, forecast)
        command = ["aebench", *map(encodable, options.command or sys.argv[1:])]
        cache = user_cache.folder(os.environ, "parity")
        inputs = campaign.RunInputs(
            work.data,
            command,
            scratch,
            progress,
            options.time_limit,
            ParityCache(cache, options.fresh_parity) if cache else None,
            options.json,
            forecast,
            history,
        )
        if options.resume:
            outcome = campaign.resume(work.plan, inputs, options.resume)
        else:
            outcome = campaign.run(work.plan, inputs, work.folder)
    record = work.folder / "record.jsonl"
    if options.json:
        tell("end", {"outcome": outcome, "record": str(record)})
    elif keep:
        if options.screen:
            run_output.show_screen(new_console(), record)
        if options.screen or not options.quiet:
            run_output.show_end(new_console(), record, outcome, work.plan.models)
    return outcome, work.folder


def _resumed_work(request: Request, record: Path, options: RunOptions, scratch: Path) -> _Work:
    """Read the plan of a record and the tasks that it lacks, and refuse what can't be resumed.

    A dry run is allowed without the user's consent to the record's interpreters and files: it runs
    none.
    """
    with refusing(RecordError):
        begun = load(record)
    header = begun.header
    model_files.check_given(header.models, request.models)
    plan = resuming.plan_from_header(header, request.models)
    resuming.check_asked(plan, request.backends)
    resuming.check_machine(header)
    tasks = campaign.missing_tasks(plan, begun)
    folder = record if record.is_dir() else record.parent
    if any(task.pass_name == "speed" for task in tasks):
        resuming.check_timings(header)
    if not tasks or options.dry_run:
        return _Work(plan, tasks, folder, described(header), header)
    resuming.check_allowed(plan, request.backends)
    model_files.check_allowed(header.models, request.models)
    with refusing(RecordError):
        Journal.check(record)
    interpreters.check_versions(plan.contenders)
    found = own_models.found_again(plan, header, scratch, options.time_limit)
    resuming.check_samples(found.plan, least([each.counts for each in found.data.values()]))
    return _Work(found.plan, tasks, folder, found.data, header)


def _new_work(request: Request, name: str, options: RunOptions, scratch: Path) -> _Work:
    """Make the plan of a request, and check that its folder is free for a record."""
    folder = options.out or run_output.new_folder(name)
    campaign.check_folder(folder)
    request = run_axes.applied(request)
    found = own_models.found(request, options.data, scratch, options.time_limit)
    plan = plan_from_request(request, found.counts, found.models, run=not options.dry_run)
    data = found.data([model.name for model in plan.models])
    return _Work(plan, plan.tasks(), folder, data)


def _show_dry_run(console: Console, request: Request, work: _Work, forecast: Forecast) -> None:
    """Print the plan and its estimated time, and for a new record the times of all presets."""
    if work.resumed:
        run_output.show_programs(console, resuming.describe_programs(work.plan))
        run_output.show_programs(console, model_files.describe(work.plan.describe_models()))
    run_output.show(console, work.plan, work.data, work.tasks, forecast)
    # Where sizes are given, presets differ in little; parity takes the same in all.
    sized = request.launches or request.blocks
    if not work.resumed and not sized and set(work.plan.info.passes) & {*COMPARING} - {"parity"}:
        counts = least([each.counts for each in work.data.values()])
        own = work.plan.models if request.models else None
        run_output.show_presets(console, request, counts, own, forecast)
