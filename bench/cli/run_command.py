"""What every measuring command does: from a request, or a cut record, to a whole record."""

import sys
from dataclasses import dataclass
from pathlib import Path

from aebench.bench.campaign import campaign, run_output
from aebench.bench.data import datasets
from aebench.bench.errors import refusing
from aebench.bench.plan import checks, contenders, resuming
from aebench.bench.plan.estimate import pace_here
from aebench.bench.plan.presets import COMPARING
from aebench.bench.plan.request import Request, plan_from_request
from aebench.reports.journal import Journal, RecordError, load
from aebench.reports.sanitize import encodable
from aebench.reports.terminal import new_console


@dataclass(frozen=True)
class RunOptions:
    """How to measure, whatever is measured: the options that measuring commands share.

    Parameters
    ----------
    data : str
        Which images; see :func:`aebench.bench.data.datasets.load`.
    out : Path or None
        Folder for the record; one named by the clock if None.
    resume : Path or None
        A record that is carried on: then there is no new one, and no request.
    time_limit : float
        Seconds of silence after which a worker counts as hung.
    dry_run : bool
        Only show the plan.
    """

    data: str
    out: Path | None
    resume: Path | None
    time_limit: float
    dry_run: bool


def measure(request: Request, name: str, how: RunOptions) -> tuple[str, Path | None]:
    """Measure what is asked for, or what a record lacks.

    Parameters
    ----------
    request : Request
        What to measure in a new record; beside one that is carried on its contenders alone, which
        say whose interpreters may be run.
    name : str
        For a folder that the clock names.
    how : RunOptions
        On which images, where to, and so on.

    Returns
    -------
    str
        ``complete``, ``failures`` or ``interrupted``.
    Path or None
        The record's folder, unless it was a dry run.

    Raises
    ------
    BadInputError
        If it can't be done.
    """
    console = new_console()
    resume = how.resume
    checks.time_limit(how.time_limit)
    if resume:
        with refusing(RecordError):
            begun = load(resume)
        folder = resume if resume.is_dir() else resume.parent
        plan = resuming.again(begun.header)
        resuming.check_asked(plan, request.backends)
        resuming.check_machine(begun.header)
        tasks = campaign.missing(plan, begun)
        if not tasks:
            print("Nothing is missing.")
            return "complete", None if how.dry_run else folder
        if not how.dry_run:
            resuming.check_allowed(plan, request.backends)
            with refusing(RecordError):
                Journal.check(resume)
            contenders.check_again(plan.contenders)
    with datasets.scratch_folder() as scratch_path:
        scratch = Path(scratch_path)
        if resume:
            dataset = datasets.load_again(begun.header.data, scratch)
            resuming.check_images(plan, dataset)
        else:
            dataset = datasets.load(how.data, request.train_samples, scratch)
            plan = plan_from_request(request, dataset, run=not how.dry_run)
            tasks = plan.tasks()
            folder = how.out or run_output.new_folder(name)
            campaign.check_folder(folder)
        # All that can be refused is refused before anything is shown.
        if resume and how.dry_run:
            run_output.show_programs(console, resuming.describe_programs(plan))
        pace = pace_here() if how.dry_run else None
        run_output.show(console, plan, dataset, tasks, pace)
        if pace is not None:
            if not resume and set(plan.info.passes) & set(COMPARING):
                run_output.show_presets(console, request, dataset, pace)
            return "complete", None
        command = ["aebench", *map(encodable, sys.argv[1:])]
        inputs = campaign.RunInputs(dataset, command, scratch, console, how.time_limit)
        if resume:
            outcome = campaign.resume(plan, inputs, resume)
        else:
            outcome = campaign.run(plan, inputs, folder)
    # Each pass's tables were shown when it ended: all of them, if all was measured just now.
    shown = outcome == "complete" and not resume
    run_output.show_end(console, folder / "record.jsonl", outcome, shown)
    return outcome, folder
