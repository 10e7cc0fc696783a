"""Compute the summary of one or more records, which all formats of a report show.

Its numbers are in seconds, samples and bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from aebench.reports import record, studies
from aebench.reports.formatting import listed
from aebench.reports.journal import Record
from aebench.reports.same_run import distinct
from aebench.reports.statistics import Estimate
from aebench.reports.studies import Plateau
from aebench.reports.summary import (
    consistency,
    footprint,
    limits,
    memory,
    parity,
    profile,
    quality,
    several_runs,
    speed,
)
from aebench.reports.summary.breakeven import MOST_PAIRS, BreakEven, break_even
from aebench.reports.summary.cost import Cost, CostPoint, cost
from aebench.reports.summary.epochs import EpochCost
from aebench.reports.summary.footprint import FootprintRow
from aebench.reports.summary.memory import MemoryRow
from aebench.reports.summary.missing import missing
from aebench.reports.summary.parity import ParityRow
from aebench.reports.summary.profile import ProfileRow
from aebench.reports.summary.quality import QualityRow, Training
from aebench.reports.summary.run_cells import Measured
from aebench.reports.summary.shared import (
    FULL_TRAINING_EPOCHS,
    MIB,
    ContenderView,
    contenders,
    models,
    workloads,
)
from aebench.reports.summary.speed import TimeSpent
from aebench.reports.summary.speed_rows import CellLimit, SpeedCell, SpeedRow

__all__ = [
    "FULL_TRAINING_EPOCHS",
    "MIB",
    "BreakEven",
    "CellLimit",
    "Cost",
    "CostPoint",
    "EpochCost",
    "Estimate",
    "FootprintRow",
    "MemoryRow",
    "ParityRow",
    "ProfileRow",
    "QualityRow",
    "Run",
    "SpeedCell",
    "SpeedRow",
    "Summary",
    "TimeSpent",
    "Training",
    "summarise",
]


# Largest numbers of failures, of notices, and of names in a list, that are shown.
MOST_FAILURES, MOST_NOTICES, MOST_NAMED = 1000, 1000, 10
MOST_REASON = 5000


class Run(msgspec.Struct, frozen=True):
    """One run: its plan, data, machine, versions and settings, and how its time was spent.

    ``settings`` maps a contender to its effective settings. ``plateau`` is the loss near which the
    run's trainings can get stuck. ``carried_on`` lists the times at which the run was resumed.
    """

    name: str
    created: str
    aebench: str
    outcome: str
    command: list[str]
    plan: record.PlanInfo
    data: record.DataInfo
    machine: record.MachineInfo
    versions: dict[str, str]
    settings: dict[str, dict[str, str]]
    speed: TimeSpent | None = None
    plateau: Plateau | None = None
    workloads: list[record.WorkloadInfo] = []
    carried_on: list[str] = []
    data_of_models: dict[str, record.DataInfo] = {}

    @property
    def all_data(self) -> list[record.DataInfo]:
        """Return the data of all models, those of several models once."""
        return [
            self.data,
            *{each.train_sha256: each for each in self.data_of_models.values()}.values(),
        ]

    def data_of(self, model: str) -> record.DataInfo:
        """Return the data on which a model trains and predicts."""
        return self.data_of_models.get(model, self.data)


class Summary(msgspec.Struct, frozen=True):
    """Everything that the tables show; ``studies`` maps a study's name to its results.

    ``speed_by_run`` has the cells of single runs that ``speed`` combines.
    """

    runs: list[Run]
    models: list[record.ModelInfo]
    workloads: list[record.WorkloadInfo]
    parity: list[ParityRow]
    speed: list[SpeedCell]
    footprint: list[FootprintRow]
    quality: list[QualityRow]
    break_even: list[BreakEven]
    cost: Cost
    studies: dict[str, Any]
    profile: list[ProfileRow]
    operation_categories: list[str]
    memory: list[MemoryRow]
    failures: list[record.Failure]
    notices: list[str]
    speed_by_run: list[SpeedCell] = []


def summarise(*sources: Record) -> Summary:
    """Return the summary of one record, or of several records that are shown together.

    Parameters
    ----------
    *sources : Record
        The records, at least one. A record may be cut off at any line. Of records of one run only
        one counts.
    """
    counted = distinct(sources)
    given_again = several_runs.copies(
        [sources[each.index] for each in counted], [each.copies for each in counted]
    )
    sources = tuple(sources[each.index] for each in counted)
    views = contenders(sources)
    failures = [failure for source in sources for failure in source.of(record.Failure)]
    measured = speed.cells(sources, views)
    cells = measured.shown
    starts = footprint.rows(sources, views)
    profiled = profile.rows(sources, views)
    pays = break_even(measured.by_run, starts)
    trained = quality.rows(sources, views)
    alike = {
        run for run, source in enumerate(sources) if _trained_on(source) == _trained_on(sources[0])
    }
    # Losses after training on different data can't be compared: only rows with the data of the
    # first run are used.
    compared = [row for row in trained if row.run in alike]
    return Summary(
        runs=[_run(source, views) for source in sources],
        models=models(sources),
        workloads=workloads(sources),
        parity=parity.rows(sources, views),
        speed=cells,
        footprint=starts,
        quality=trained,
        break_even=pays,
        cost=cost(compared, models(sources), quality.trained_all(compared, sources)),
        studies={study.name: study.summarise(views, trained) for study in _studies(sources)},
        profile=profiled,
        operation_categories=profile.categories(sources, profiled),
        memory=memory.rows(sources, views),
        failures=list(map(_shortened, failures[:MOST_FAILURES])),
        notices=[
            *_few([*given_again, *_all_notices(sources, views, measured, trained)]),
            *_left_out(failures),
            *_pairs_left_out(pays),
        ],
        speed_by_run=measured.parts,
    )


def _studies(sources: Sequence[Record]) -> list[studies.Study]:
    """Return the studies of the records' models, without repetitions."""
    return list(
        dict.fromkeys(study for source in sources for study in studies.about(source.header))
    )


def _all_notices(
    sources: Sequence[Record],
    views: Sequence[ContenderView],
    measured: Measured,
    trained: Sequence[QualityRow],
) -> list[str]:
    cells = measured.shown
    return [
        *_differences(sources, cells),
        *dict.fromkeys(
            each for source in sources for each in _notices(source, alone=len(sources) == 1)
        ),
        *(each for source in sources for each in consistency.resumed_elsewhere(source)),
        *consistency.runs_apart(sources),
        *consistency.passes_apart(measured.by_run, trained),
        # Several runs may give the same notice, which is shown once.
        *dict.fromkeys(_settings(views)),
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


def _few(notices: Sequence[str]) -> list[str]:
    left = len(notices) - MOST_NOTICES
    more = [f"{left:,} further notices aren't shown."] if left > 0 else []
    return [*notices[:MOST_NOTICES], *more]


def _shortened(failure: record.Failure) -> record.Failure:
    if len(failure.reason) <= MOST_REASON:
        return failure
    return msgspec.structs.replace(failure, reason=f"{failure.reason[: MOST_REASON - 1]}…")


def _left_out(failures: Sequence[record.Failure]) -> list[str]:
    left = len(failures) - MOST_FAILURES
    return [f"{left:,} further failures are in the record, and not shown."] if left > 0 else []


def _pairs_left_out(pays: Sequence[BreakEven]) -> list[str]:
    if len(pays) < MOST_PAIRS:
        return []
    return [f"Of pairs of contenders of which one starts later the first {MOST_PAIRS:,} are shown."]


def _trained_on(source: Record) -> tuple[object, ...]:
    header = source.header
    own = sorted(
        (name, data.train_sha256, data.test_sha256) for name, data in header.data_of_models.items()
    )
    data = header.data
    return data.train_sha256, data.test_sha256, header.plan.quality_train_samples, *own


def _run(source: Record, views: Sequence[ContenderView]) -> Run:
    header = source.header
    versions: dict[str, dict[str, None]] = {}
    settings: dict[str, dict[str, str]] = {}
    names = {each.info.name: each for each in views if each.source is source}
    for worker in source.of(record.WorkerInfo):
        # Contenders with different interpreters may have different versions of a package.
        for package, version in worker.versions.items():
            versions.setdefault(package, {})[version] = None
        view = names.get(worker.contender)
        if view is None or view.info.control_of:
            continue
        settings[view.name] = {**worker.settings, "cores": str(worker.cores)}
        if view.info.python:
            settings[view.name]["interpreter"] = view.info.python
    return Run(
        name=header.name,
        created=header.created,
        aebench=header.aebench,
        outcome=source.outcome,
        command=header.command,
        plan=header.plan,
        data=header.data,
        machine=header.machine,
        versions={
            package: " and ".join(_some(found)) for package, found in sorted(versions.items())
        },
        settings=settings,
        speed=speed.spent(source),
        plateau=studies.plateau(header),
        workloads=header.workloads,
        carried_on=_some(each.created for each in source.of(record.Resume)),
        data_of_models=header.data_of_models,
    )


def _some(names: Iterable[str]) -> list[str]:
    """Return the names; if there are too many, the first ten and "N others"."""
    told = list(names)
    left = len(told) - MOST_NAMED
    return [*told[:MOST_NAMED], f"{left:,} others"] if left > 1 else told


def _notices(source: Record, alone: bool) -> list[str]:
    header = source.header
    run = "The run" if alone else f"The run {header.name}"
    load = header.machine.load_before
    told = [header.data.notice, *(each.notice for each in header.data_of_models.values())]
    notices = _some(dict.fromkeys(filter(None, told)))
    if load is not None and load > header.machine.cores:
        blocks = "what its blocks saw of other work stands below each table"
        notices.append(
            f"{run} began on a busy machine (load {load:g} on {header.machine.cores} cores): "
            f"{blocks if 'speed' in header.plan.passes else 'its seconds may be too long'}."
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


def _differences(sources: Sequence[Record], cells: Sequence[SpeedCell]) -> list[str]:
    """Return notices on what can't be compared between several runs; empty for one run."""
    if len(sources) < 2:
        return []
    headers = [source.header for source in sources]
    explain = all({"profile", "memory"} >= set(each.plan.passes) for each in headers)
    unpaired = any(not row.shares_blocks for cell in cells for row in cell.rows)
    ratios = (
        "so no contender is called fastest, and ratios between runs are marked with †. "
        "tox -e cross-environment measures environments in shared blocks."
    )
    apart = (
        ratios if unpaired else "so what was measured in one run and in another compares roughly."
    )
    notices = several_runs.combined(sources, cells)
    if unpaired or not notices:
        notices.insert(
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
        notices.append(
            "The runs used different data: what their losses differ by is not the backend's doing, "
            "and their epochs can't be compared."
        )
    # Ratios within runs compare no machines.
    paired = any(cell.machine for cell in cells)
    if len({each.machine.kind for each in headers}) > 1 and (unpaired or not paired):
        notices.append(
            "The runs were on different machines: their ratios compare the machines too."
        )
    if len({each.plan.threads for each in headers}) > 1:
        notices.append("The runs were limited to different numbers of cores.")
    return notices


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
                f"{listed(_some(names))} turned out to have the same settings in force: what "
                "differs between them is noise."
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
            foreign = sorted(set(worker.frameworks_held) - {view.info.computes_with})
            if foreign:
                hosts_of.setdefault(" and ".join(foreign), []).append(view.name)
    return [
        f"{_hold(list(dict.fromkeys(hosts)))} {names} too, since Keras and TensorFlow import what "
        "they find: an environment with one backend alone gives its own figure."
        for names, hosts in hosts_of.items()
    ]


def _hold(hosts: Sequence[str]) -> str:
    if len(hosts) == 1:
        return f"In its footprint, {hosts[0]} holds"
    return f"In their footprints, {' and '.join(hosts)} hold"
