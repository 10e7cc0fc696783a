"""Notices: what readers of a report have to know beside its figures."""

from collections.abc import Iterator, Sequence

from aebench.reports import record
from aebench.reports.formatting import core_count, listed, some
from aebench.reports.journal import Record
from aebench.reports.summary import consistency, limits, several_runs
from aebench.reports.summary.missing import missing
from aebench.reports.summary.over_machines import MachinesRow
from aebench.reports.summary.quality import QualityRow
from aebench.reports.summary.run_cells import Measured
from aebench.reports.summary.shared import ContenderView
from aebench.reports.summary.speed_rows import SpeedCell

# How long a round takes if nobody asks for another length.
_USUAL_ROUND_SECONDS = 0.4
# The libraries that make the batches of input paths.
_OF_INPUT = {"tf-data": "tensorflow", "dataloader": "torch"}


def all_notices(
    sources: Sequence[Record],
    views: Sequence[ContenderView],
    measured: Measured,
    machines: Sequence[MachinesRow],
    trained: Sequence[QualityRow],
) -> list[str]:
    """Return what readers of a report have to know beside its figures, a sentence or two each.

    Parameters
    ----------
    sources : sequence of Record
        The records.
    views : sequence of ContenderView
        Their contenders.
    measured : Measured
        The cells of the speed pass.
    machines : sequence of MachinesRow
        The ratios over machines.
    trained : sequence of QualityRow
        The rows of the quality pass.
    """
    cells = measured.shown
    return [
        *_differences(sources, cells, machines),
        *dict.fromkeys(
            each for source in sources for each in _of_run(source, alone=len(sources) == 1)
        ),
        *(each for source in sources for each in consistency.resumed_elsewhere(source)),
        *consistency.runs_apart(sources),
        *consistency.passes_apart(measured.by_run, trained),
        # Several runs may give the same notice, which is shown once.
        *dict.fromkeys(_settings(views)),
        *_devices(views),
        *_disturbed(cells),
        *limits.defects(cells),
        *_co_imported(views),
    ]


def _disturbed(cells: Sequence[SpeedCell]) -> list[str]:
    """Return a notice on the cells in which most of the blocks that count are disturbed."""
    found = [cell for cell in cells if cell.mostly_disturbed]
    if not found:
        return []
    names = [
        f"{cell.workload} {cell.model} at batch {cell.batch_size}"
        + (f" ({cell.label})" if cell.label else "")
        for cell in found
    ]
    where = listed(names) if len(names) <= 3 else f"{len(found)} of {len(cells)} cells"
    return [
        f"The machine did other work in most blocks of {where}: there are no verdicts there, and "
        "ratios may be far off, since such work needn't slow all contenders alike. Measure again "
        "on a quiet machine (aebench doctor)."
    ]


def _of_run(source: Record, alone: bool) -> list[str]:
    header = source.header
    run = "The run" if alone else f"The run {header.name}"
    load = header.machine.load_before
    told = [header.data.notice, *(each.notice for each in header.data_of_models.values())]
    notices = some(dict.fromkeys(filter(None, told)))
    if load is not None and load > header.machine.cores:
        blocks = "what its blocks saw of other work stands below each table"
        notices.append(
            f"{run} began on a busy machine (load {load:g} on {core_count(header.machine.cores)}): "
            f"{blocks if 'speed' in header.plan.passes else 'its seconds may be too long'}."
        )
    round_seconds = header.plan.round_seconds
    timed = {*header.plan.workloads} if "speed" in header.plan.passes else set()
    # A round of whole calls takes as long as they do.
    briefly = "train" in timed or "ladder" in header.plan.passes
    if round_seconds and round_seconds < _USUAL_ROUND_SECONDS and briefly:
        notices.append(
            f"The rounds of {run[0].lower()}{run[1:]} take {round_seconds:g} s in place of "
            f"{_USUAL_ROUND_SECONDS:g}: what begins and ends a round is a larger part of it, and "
            "not the same for all."
        )
    if source.damage:
        notices.append(f"The record is damaged: {source.damage}.")
    if source.outcome == "interrupted":
        notices.append(
            f"{run} was interrupted: what was measured before is shown. {missing(source)}".strip()
        )
    if source.outcome == "unfinished":
        notices.append(
            f"{run} hasn't ended: what was measured so far is shown. {missing(source)}".strip()
        )
    return notices


def _differences(
    sources: Sequence[Record], cells: Sequence[SpeedCell], machines: Sequence[MachinesRow]
) -> list[str]:
    """Return notices on what can't be compared between several runs; empty for one run."""
    if len(sources) < 2:
        return []
    headers = [source.header for source in sources]
    explain = all({"ladder", "profile", "memory"} >= set(each.plan.passes) for each in headers)
    unpaired = any(not row.shares_blocks for cell in cells for row in cell.rows)
    ratios = (
        "so no contender is called fastest, and ratios between runs are marked with †. "
        "tox -e cross-environment measures environments in shared blocks."
    )
    apart = (
        ratios if unpaired else "so what was measured in one run and in another compares roughly."
    )
    found = several_runs.combined(sources, cells, machines)
    if unpaired or not found:
        found.insert(
            0,
            f"These are {len(sources)} runs, one after the other, not from the same blocks: the "
            f"machine may have changed its speed in between, {apart}",
        )
    sums = {
        (
            (each.data.train_sha256, each.data.test_sha256),
            *sorted((name, own.train_sha256) for name, own in each.data_of_models.items()),
        )
        for each in headers
    }
    if len(sums) > 1 and not explain:
        found.append(
            "The runs used different data: what their losses differ by is not the backend's doing, "
            "and their epochs can't be compared."
        )
    # Ratios within runs compare no machines.
    paired = any(cell.machine for cell in cells)
    if len({each.machine.kind for each in headers}) > 1 and (unpaired or not paired):
        found.append("The runs were on different machines: their ratios compare the machines too.")
    if len({each.plan.threads for each in headers}) > 1:
        found.append("The runs were limited to different numbers of cores.")
    return found


def _settings(views: Sequence[ContenderView]) -> Iterator[str]:
    """Yield notices on contenders with other settings than asked for, or with equal settings."""
    in_force: dict[str, dict[str, str]] = {}
    for view in views:
        if view.info.control_of or not view.info.on_keras:
            continue
        workers = view.all_of(record.WorkerInfo)
        if workers:
            settings = workers[0].settings
            in_force[view.name] = {**settings, "cores": str(workers[0].cores)}
            yield from _overruled(view, settings)
    places = {each.name: (each.run, each.info.backend, each.info.python) for each in views}
    alike: dict[object, list[str]] = {}
    for name, settings in in_force.items():
        alike.setdefault((places[name], frozenset(settings.items())), []).append(name)
    for names in alike.values():
        if len(names) > 1:
            yield (
                f"{listed(some(names))} turned out to have the same settings in force: what "
                "differs between them is noise."
            )


def _devices(views: Sequence[ContenderView]) -> Iterator[str]:
    """Yield a notice if contenders of a run compute on devices of several kinds."""
    by_run: dict[int, dict[str, list[str]]] = {}
    for view in views:
        if view.info.on_keras and not view.info.control_of and view.platform:
            by_run.setdefault(view.run, {}).setdefault(view.platform, []).append(view.name)
    for found in by_run.values():
        if len(found) > 1:
            where = (f"{listed(some(names))} on {platform}" for platform, names in found.items())
            yield (
                f"Not all contenders compute on the same kind of device: {listed(where)}. They "
                "aren't ranked together. Install what the others lack (docs/gpu.md), or hide the "
                "accelerator from all: CUDA_VISIBLE_DEVICES=-1 aebench run."
            )


def _overruled(view: ContenderView, settings: dict[str, str]) -> Iterator[str]:
    asked = view.info.settings
    wanted = {
        "jit_compile": {"on": "True", "off": "False"}.get(asked.get("jit", "")),
        "steps_per_execution": asked.get("steps"),
        "precision": asked.get("precision"),
    }
    for name, value in wanted.items():
        if value is not None and settings.get(name, value) != value:
            yield f"{view.name} asked for {name} {value}, and {settings[name]} is in force."


def _co_imported(views: Sequence[ContenderView]) -> list[str]:
    """Return notices on contenders whose footprint also contains other frameworks.

    Other frameworks are frameworks that the contender doesn't compute with. Contenders with the
    same other frameworks share a notice.
    """
    hosts_of: dict[str, list[str]] = {}
    for view in views:
        for worker in view.all_of(record.WorkerInfo):
            if worker.pass_name != "footprint":
                continue
            # No environment could do without the library of the contender's input path.
            own = {view.info.computes_with, _OF_INPUT.get(view.info.settings.get("input", ""), "")}
            foreign = sorted(set(worker.frameworks_held) - own)
            if foreign:
                hosts_of.setdefault(" and ".join(foreign), []).append(view.name)
    return [
        f"{_hold(list(dict.fromkeys(hosts)))} {names} too: an environment with one backend alone "
        "gives its own figure."
        for names, hosts in hosts_of.items()
    ]


def _hold(hosts: Sequence[str]) -> str:
    if len(hosts) == 1:
        return f"In its footprint, {hosts[0]} holds"
    return f"In their footprints, {' and '.join(hosts)} hold"
