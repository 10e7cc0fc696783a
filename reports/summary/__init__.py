"""Compute the summary of one or more records, which all formats of a report show.

Its numbers are in seconds, samples and bytes.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from aebench.reports import record, studies
from aebench.reports.formatting import some
from aebench.reports.journal import Record
from aebench.reports.same_run import distinct
from aebench.reports.statistics import Estimate
from aebench.reports.studies import Plateau
from aebench.reports.summary import (
    footprint,
    ladder,
    ladder_agreement,
    memory,
    memory_loops,
    over_machines,
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
from aebench.reports.summary.ladder import LadderRow
from aebench.reports.summary.ladder_agreement import LadderAgreement
from aebench.reports.summary.memory import MemoryRow
from aebench.reports.summary.memory_loops import LoopRow
from aebench.reports.summary.notices import all_notices
from aebench.reports.summary.over_machines import MachinesRow
from aebench.reports.summary.parity import ParityRow
from aebench.reports.summary.profile import ProfileRow
from aebench.reports.summary.quality import QualityRow, Training
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
    "LadderAgreement",
    "LadderRow",
    "LoopRow",
    "MachinesRow",
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


# Largest numbers of failures and of notices that are shown.
MOST_FAILURES, MOST_NOTICES = 1000, 1000
MOST_REASON = 5000


class Run(msgspec.Struct, frozen=True):
    """One run: its plan, data, machine, versions and settings, and how its time was spent.

    ``settings`` maps a contender to its effective settings. ``plateau`` is the loss near which the
    run's trainings can get stuck. ``carried_on`` lists the times at which the run was resumed.
    ``schema`` is that of the record as it was written.
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
    schema: int = record.SCHEMA

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

    ``speed_by_run`` has the cells of single runs that ``speed`` combines, and ``over_machines`` the
    ratios of cells that several machines have.
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
    ladder: list[LadderRow] = []
    memory_loops: list[LoopRow] = []
    ladder_agreement: list[LadderAgreement] = []
    over_machines: list[MachinesRow] = []


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
    machines = over_machines.rows(cells)
    starts = footprint.rows(sources, views)
    profiled = profile.rows(sources, views)
    rungs = ladder.rows(sources, views)
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
        memory_loops=memory_loops.rows(sources, views),
        failures=list(map(_shortened, failures[:MOST_FAILURES])),
        notices=[
            *_few([*given_again, *all_notices(sources, views, measured, machines, trained)]),
            *_left_out(failures),
            *_pairs_left_out(pays),
        ],
        speed_by_run=measured.parts,
        ladder=rungs,
        ladder_agreement=ladder_agreement.rows(sources, views, rungs, profiled),
        over_machines=machines,
    )


def _studies(sources: Sequence[Record]) -> list[studies.Study]:
    """Return the studies of the records' models, without repetitions."""
    return list(
        dict.fromkeys(study for source in sources for study in studies.about(source.header))
    )


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
            package: " and ".join(some(found)) for package, found in sorted(versions.items())
        },
        settings=settings,
        speed=speed.spent(source),
        plateau=studies.plateau(header),
        workloads=header.workloads,
        carried_on=some(each.created for each in source.of(record.Resume)),
        data_of_models=header.data_of_models,
        schema=header.schema,
    )
