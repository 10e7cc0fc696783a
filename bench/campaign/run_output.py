"""Print the plan before a run, and the tables and the record's path after it."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from aebench.bench.data.model_data import Counts, ModelData
from aebench.bench.errors import BadInputError
from aebench.bench.models.model import Model
from aebench.bench.plan.forecast import Forecast, ForecastRange, total
from aebench.bench.plan.plan import Plan
from aebench.bench.plan.presets import COMPARING, PASSES, PRESETS
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.plan.resuming import command
from aebench.reports.formatting import duration, listed
from aebench.reports.journal import load
from aebench.reports.record import PlanInfo, Task, WorkloadSizes
from aebench.reports.summary import summarise
from aebench.reports.terminal import plain, render_screen

RESULTS = Path("results")


def show(
    console: Console,
    plan: Plan,
    data: Mapping[str, ModelData],
    tasks: Sequence[Task],
    forecast: Forecast,
) -> None:
    """Print a plan and an estimate of its time.

    Parameters
    ----------
    console : Console
        The console to print to.
    plan : Plan
        The plan.
    data : mapping of str to ModelData
        The samples of each model, by its name.
    tasks : sequence of Task
        The tasks of the plan that are left to measure.
    forecast : Forecast
        What tasks take on this machine.
    """
    info = plan.info
    spans: dict[str, list[ForecastRange]] = {}
    for task in tasks:
        span = forecast.seconds(plan, task, *data[task.model].sizes)
        spans.setdefault(task.pass_name, []).append(span)
    infos = list({id(each): each.info for each in data.values()}.values())
    for notice in dict.fromkeys(info.notice for info in infos if info.notice):
        console.print(plain(f"! {notice}", "yellow"), soft_wrap=True)
    for contender in plan.contenders:
        if contender.missing:
            console.print(plain(f"- {contender.name}: {contender.missing}", "dim"), soft_wrap=True)
    lines = [
        f"preset {info.preset}: {_running(plan)}; {', '.join(model.name for model in plan.models)}"
        f"{_in_full(info)}",
        *dict.fromkeys(
            f"data: {info.name}, {info.train_samples:,} training and {info.test_samples:,} test "
            f"{'images' if info.image_shape else 'samples'}"
            for info in infos
        ),
    ]
    if "speed" in info.passes:
        lines.insert(
            1,
            f"compared with {info.reference}, different beyond {100 * info.different:g} %, the "
            f"same within {100 * info.same:g} %; {_controls(plan)}",
        )
    for text in lines:
        console.print(plain(text), soft_wrap=True)
    grid = Table("pass", "what", "about", header_style="bold")
    texts = {
        "parity": "the same model as the float64 oracle?",
        "speed": f"{_sizes(info.sizes)}{_until(info)}",
        "footprint": f"cold starts of every contender: {info.footprint_launches}",
        "quality": f"epochs: {info.epochs}, seeds: {len(info.seeds)}, "
        f"{info.quality_train_samples:,} training samples, batch {info.batch_size}",
        "ladder": f"{_sizes(info.sizes)}, on each rung from matrix products to fit",
        "profile": f"where {info.profile_steps} training steps' time goes, batch "
        f"{info.batch_size}; what is compiled when",
        "memory": f"what is held when, batch {info.batch_size}; does it grow with the steps?",
    }
    for name, of_tasks in spans.items():
        grid.add_row(name, plain(texts[name]), duration(total(of_tasks).middle))
    console.print(grid)
    if len(tasks) < len(plan.tasks()):
        console.print(f"Resuming: {len(tasks)} of {len(plan.tasks())} tasks are missing.")
    whole = total([span for of_tasks in spans.values() for span in of_tasks])
    most = "At most about" if info.until and "speed" in spans else "About"
    known = [name for name in spans if name in forecast.ratios]
    if len(known) == len(spans):
        basis = "as earlier runs here took"
    elif known:
        basis = f"{listed(known)} as earlier runs here took, the rest a rough estimate"
    else:
        basis = "a rough estimate, since no earlier run here is known"
    console.print(f"{most} {whole}, {basis}.", soft_wrap=True)


def _running(plan: Plan) -> str:
    """List the contenders with their versions; those of one backend and version share it."""
    found: dict[tuple[str, str], list[str]] = {}
    for each in plan.running:
        found.setdefault((each.backend, each.version), []).append(each.name)
    between = "; " if any(len(names) > 1 for names in found.values()) else ", "
    return between.join(f"{', '.join(names)} {version}" for (_, version), names in found.items())


def _in_full(info: PlanInfo) -> str:
    """Return which models are measured in full, as a phrase; empty if all are."""
    if info.measured_in_full is None:
        return ""
    return f" ({', '.join(info.measured_in_full)} in full, the others trained by one contender)"


def _controls(plan: Plan) -> str:
    """Describe the controls in words; workloads with the same controls share one phrase."""
    controls = [contender for contender in plan.in_blocks if contender.control_of]
    found: dict[str, list[str]] = {}
    for sizes in plan.info.sizes:
        cells = [cell for cell in plan.cells() if cell.workload == sizes.workload]
        names = dict.fromkeys(
            contender.name
            for launch in range(min(sizes.launches, len(controls)))
            for cell in cells
            for contender in plan.in_launch(cell, launch)
            if contender.control_of
        )
        found.setdefault(", ".join(names), []).append(sizes.workload)
    texts = [
        names if len(found) == 1 else f"{names or 'none'} ({', '.join(workloads)})"
        for names, workloads in found.items()
    ]
    turns = any(contender.control_of != plan.info.reference for contender in controls)
    how = ", another one in each launch" if turns and plan.info.launches > 1 else ""
    return f"as a control{how}: {'; '.join(texts)}"


def _sizes(sizes: Sequence[WorkloadSizes]) -> str:
    """Describe the speed pass's sizes in words; workloads of the same sizes share one phrase."""
    found: dict[str, list[str]] = {}
    for workload_sizes in sizes:
        batches = ", ".join(map(str, workload_sizes.batch_sizes))
        text = f"batch {batches}; {workload_sizes.launches} × {workload_sizes.blocks} blocks"
        found.setdefault(text, []).append(workload_sizes.workload)
    return "; ".join(f"{', '.join(names)}; {text}" for text, names in found.items())


def _until(info: PlanInfo) -> str:
    """Return a phrase on the rule by which cells have launches enough; empty without one."""
    return f" at most, until {info.until}" if info.until else ""


def show_programs(console: Console, programs: str) -> None:
    """Print ``programs``, a sentence on the programs that resuming would run; nothing if empty."""
    if programs:
        console.print(plain(f"! {programs}", "yellow"), soft_wrap=True)


def show_presets(
    console: Console,
    request: Request,
    counts: Counts,
    models: Sequence[Model] | None,
    forecast: Forecast,
) -> None:
    """Print the time that the request would take here with every preset.

    ``models`` are the models that the user named, or None; ``counts`` are those of their samples.
    ``forecast`` says what tasks take on this machine.
    """
    sizes = (counts.train, counts.test)
    shown = [name for name in PASSES if name in {*COMPARING, *request.passes}]
    grid = Table("preset", "launches × blocks", *shown, "all", header_style="bold")
    for name, preset in PRESETS.items():
        if not set(preset.passes) & set(COMPARING):
            continue
        try:
            plan = plan_from_request(replace(request, preset=name), counts, models, run=False)
        except BadInputError:  # leave out presets with which the request isn't possible
            continue
        seconds = dict.fromkeys(shown, 0.0)
        for task in plan.tasks():
            seconds[task.pass_name] += forecast.seconds(plan, task, *sizes).middle
        entries = [*seconds.values(), sum(seconds.values())]
        timed = "speed" in plan.info.passes
        size = plan.info.blocks_text if timed else "–"
        grid.add_row(name, size, *(duration(entry) if entry else "–" for entry in entries))
    console.print(
        "Rough times of the presets here: matrix products just took "
        f"{forecast.pace:.2g} times as long as on the machine the estimate was made on."
    )
    console.print(grid)


def new_folder(preset: str) -> Path:
    """Return the path of a new run's folder, named after the time and the preset."""
    return RESULTS / f"{datetime.datetime.now().astimezone():%Y%m%d-%H%M%S}-{preset}"


def show_screen(console: Console, record: Path) -> None:
    """Print the last screen of a run."""
    console.rule()
    console.print(render_screen(summarise(load(record))))


def show_end(console: Console, record: Path, outcome: str, models: Sequence[Model]) -> None:
    """Print the record's path after a run of a plan with some models, and what to do next."""
    word = {"complete": "All measured", "failures": "Some failed", "interrupted": "Interrupted"}
    console.print(plain(f"{word[outcome]}. Record: {record}"), soft_wrap=True)
    console.print(plain(f"All tables: aebench show --detail {record.parent}"), soft_wrap=True)
    if outcome != "complete":
        again = command(record.parent, load(record).header.contenders, models)
        console.print(plain(f"To measure what is missing: {again}"), soft_wrap=True)
