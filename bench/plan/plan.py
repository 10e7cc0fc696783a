"""The plan of a run: which contenders are measured in which cells, and how often."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import msgspec

from aebench import backends
from aebench.bench import workloads
from aebench.bench.models.model import Model
from aebench.bench.plan.controls import taking_turns, with_controls
from aebench.bench.plan.model_info import describe_model
from aebench.bench.plan.presets import ROUND_SECONDS
from aebench.bench.plan.sizes import first_batch_size, obstacle
from aebench.bench.protocol.rungs import RUNGS
from aebench.reports.record import (
    Cell,
    ContenderInfo,
    ModelInfo,
    PlanInfo,
    PlannedTasks,
    RungInfo,
    Task,
    WorkloadInfo,
)

ORDER_SEED = 20260101


class ContenderCell(NamedTuple):
    """A contender together with a cell in which it is measured, by their names."""

    contender: str
    model: str
    workload: str
    batch_size: int

    @property
    def cell(self) -> Cell:
        """Return the cell."""
        return Cell(self.model, self.workload, self.batch_size)


@dataclass(frozen=True)
class Plan:
    """The contenders, models, passes and sizes of a run.

    Parameters
    ----------
    info : PlanInfo
        The passes, their sizes and the reference's name, as a record's header holds them.
    models, contenders : sequence
        The models, and the contenders with the baselines and the controls.
    selected : set of ContenderCell, optional
        The contenders and cells to measure; None selects all of them.
    """

    info: PlanInfo
    models: Sequence[Model]
    contenders: list[ContenderInfo]
    selected: frozenset[ContenderCell] | None = None

    @property
    def running(self) -> list[ContenderInfo]:
        """Return the contenders and baselines that are installed here, without the controls."""
        return [contender for contender in self.in_blocks if not contender.control_of]

    @property
    def in_blocks(self) -> list[ContenderInfo]:
        """Return the contenders, baselines and controls that are installed: the speed pass's."""
        return [contender for contender in self.contenders if not contender.missing]

    @property
    def compared(self) -> list[ContenderInfo]:
        """Return the contenders whose outputs the parity pass compares with the oracle's.

        The baseline ``gemm`` is left out: it computes no model and has no outputs to compare.
        """
        return [contender for contender in self.running if contender.backend != backends.GEMM]

    @property
    def on_keras(self) -> list[ContenderInfo]:
        """Return the contenders that run on Keras.

        The footprint, quality, profile and memory passes measure only these contenders.
        """
        return [contender for contender in self.running if contender.on_keras]

    @property
    def round_seconds(self) -> float:
        """Return about how long a round of the speed pass takes."""
        return self.info.round_seconds or ROUND_SECONDS

    def cells(self, model: str | None = None, launch: int = 0) -> list[Cell]:
        """List the cells of the speed pass: model × workload × batch size.

        Models that aren't measured in full have none. If the plan has a selection, only the cells
        of the selection are listed.

        Parameters
        ----------
        model : str, optional
            The model whose cells are listed; None lists those of all models.
        launch : int
            The launch, counted from 0. A workload that has fewer launches is left out.
        """
        found = [
            Cell(each.name, sizes.workload, batch_size)
            for each in self.models
            if model in (None, each.name) and self.info.in_full(each.name)
            for sizes in self.info.sizes
            if launch < sizes.launches
            for batch_size in sizes.batch_sizes
        ]
        if self.selected is None:
            return found
        wanted = {contender_cell.cell for contender_cell in self.selected}
        return [cell for cell in found if cell in wanted]

    def takes_part(self, contender: ContenderInfo, cell: Cell) -> bool:
        """Return whether a contender is selected in a cell, is installed and can run the cell."""
        return not self.obstacle(contender, cell) and self._selects(contender, cell)

    def in_launch(self, cell: Cell, launch: int) -> list[ContenderInfo]:
        """List the contenders, baselines and controls of a cell's blocks in a launch."""
        able = [contender for contender in self.in_blocks if self.takes_part(contender, cell)]
        return taking_turns(able, launch)

    def ladder_cells(self, model: str, launch: int = 0) -> list[Cell]:
        """List the cells of a model whose workloads have rungs."""
        return [cell for cell in self.cells(model, launch) if cell.workload in RUNGS]

    def in_ladder(self, model: str) -> list[ContenderInfo]:
        """List the contenders whose rungs are measured for a model."""
        names = {name for _, name in self._pairs(self.on_keras, "ladder", [model])}
        return [contender for contender in self.on_keras if contender.name in names]

    def obstacle(self, contender: ContenderInfo, cell: Cell) -> str:
        """Return why a contender can't run a cell; empty if it can."""
        missing = obstacle(contender, cell.workload)
        return missing or self.model_infos[cell.model].why_not(contender, "speed", cell.workload)

    def model(self, name: str) -> Model:
        """Return a model of the plan.

        Raises
        ------
        KeyError
            If the plan has no such model.
        """
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Model]:
        return {model.name: model for model in self.models}

    @cached_property
    def model_infos(self) -> dict[str, ModelInfo]:
        """Describe the models for the record, by their names."""
        return {model.name: describe_model(model) for model in self.models}

    def contender_cells(self) -> list[tuple[ContenderCell, str]]:
        """List each contender in each cell, with the reason why it can't run the cell.

        The reason is empty if the contender can run the cell. Controls and baselines are left out:
        they get no verdict.
        """
        return [
            (
                ContenderCell(contender.name, cell.model, cell.workload, cell.batch_size),
                self.obstacle(contender, cell),
            )
            for cell in self.cells()
            for contender in self.contenders
            if not contender.control_of and not contender.baseline
        ]

    def is_measured(self, contender: ContenderInfo, model: str) -> bool:
        """Return whether a contender is measured in any cell of a model."""
        return self.selected is None or any(
            self._selects(contender, cell) for cell in self.cells(model)
        )

    def _selects(self, contender: ContenderInfo, cell: Cell) -> bool:
        """Return whether a contender is selected in one of the plan's cells.

        A control is selected in the same cells as the contender that it copies. A baseline is
        selected in every cell.
        """
        if self.selected is None:
            return True
        if contender.baseline:
            return True
        name = contender.control_of or contender.name
        return ContenderCell(name, cell.model, cell.workload, cell.batch_size) in self.selected

    def only(self, selected: frozenset[ContenderCell]) -> "Plan":
        """Return a plan of the selected contenders and cells alone.

        If the reference isn't selected, a selected contender becomes the reference. What is
        selected is measured in all passes, also where the preset measures some models in part.
        """
        here = {contender_cell.contender for contender_cell in selected}
        found = [
            contender
            for contender in self.contenders
            if contender.name in here or contender.missing or contender.baseline
        ]
        reference = self.info.reference
        if reference not in here:
            able = [contender for contender in found if not contender.baseline]
            reference = default_reference(able)
        found = with_controls(found, reference)
        cells = {contender_cell.cell for contender_cell in selected}
        wanted = {(cell.workload, cell.batch_size) for cell in cells}
        sizes = [
            msgspec.structs.replace(
                workload_sizes,
                batch_sizes=[
                    size
                    for size in workload_sizes.batch_sizes
                    if (workload_sizes.workload, size) in wanted
                ],
            )
            for workload_sizes in self.info.sizes
            if any(workload_sizes.workload == cell.workload for cell in cells)
        ]
        info = msgspec.structs.replace(
            self.info,
            sizes=sizes,
            batch_size=first_batch_size(sizes),
            reference=reference,
            measured_in_full=None,
        )
        names = {cell.model for cell in cells}
        models = [model for model in self.models if model.name in names]
        return Plan(info, models, found, selected)

    def tasks(self) -> list[Task]:
        """List the tasks in the order of measuring. A resumed run repeats a cut task in full."""
        return [task for pass_name in self.info.passes for task in self._tasks_of(pass_name)]

    def _tasks_of(self, pass_name: str) -> list[Task]:
        info = self.info
        if pass_name == "speed":
            # A task of this pass is one launch: a model with all its contenders and cells.
            return [
                Task("speed", model, "", launch)
                for launch in range(info.launches)
                for model in dict.fromkeys(cell.model for cell in self.cells(launch=launch))
            ]
        if pass_name == "ladder":
            return [
                Task("ladder", model.name, "", launch)
                for launch in range(info.launches)
                for model in self.models
                if self.ladder_cells(model.name, launch) and self.in_ladder(model.name)
            ]
        if pass_name == "parity":
            # The models of a contender follow each other, since one worker computes all of them.
            return [
                Task("parity", model, contender.name, 0)
                for contender in self.compared
                for model, _ in self._pairs([contender], pass_name)
                if info.in_full(model)
            ]
        pairs = self._pairs(self.on_keras, pass_name)
        if pass_name == "footprint":
            pairs = [pair for pair in pairs if info.in_full(pair[0])]
            numbers: Sequence[int] = range(info.footprint_launches)
            return [Task(pass_name, *pair, launch) for launch in numbers for pair in pairs]
        if pass_name == "quality":
            pairs = [
                (model, contender)
                for model, contender in pairs
                if info.in_full(model) or contender == self._training_alone
            ]
        numbers = info.seeds if pass_name == "quality" else [0]
        return [Task(pass_name, *pair, number) for pair in pairs for number in numbers]

    @cached_property
    def _training_alone(self) -> str:
        """Return the contender that trains the models that aren't measured in full.

        This is the reference, or the first other one if the reference can't train.
        """
        able = [each.name for each in self.on_keras if "quality" not in each.unsupported]
        return self.info.reference if self.info.reference in able else next(iter(able), "")

    def _pairs(
        self, contenders: Sequence[ContenderInfo], pass_name: str, models: Sequence[str] = ()
    ) -> list[tuple[str, str]]:
        """List the (model, contender) pairs to measure: those selected that support the pass.

        ``models`` are the names of the models in question; none stands for all.
        """
        return [
            (model.name, contender.name)
            for model in self.models
            for contender in contenders
            if (not models or model.name in models)
            and self.is_measured(contender, model.name)
            and pass_name not in contender.unsupported
            and not self.model_infos[model.name].why_not(contender, pass_name)
        ]

    def describe_tasks(self) -> list[PlannedTasks]:
        """Count the tasks of every pass, model and contender, for the record's header."""
        counts = Counter((task.pass_name, task.model, task.contender) for task in self.tasks())
        return [PlannedTasks(*sort, count) for sort, count in counts.items()]

    def describe_workloads(self) -> list[WorkloadInfo]:
        """Describe the workloads for the record."""
        return [
            WorkloadInfo(found.name, found.verb, found.gerund, found.timing, found.trains)
            for found in map(workloads.load, self.info.workloads)
        ]

    def describe_rungs(self) -> list[RungInfo]:
        """Describe the rungs for the record; none without the ladder pass."""
        if "ladder" not in self.info.passes:
            return []
        return [
            RungInfo(workload, rung.name, rung.what, rung.base, rung.adds, rung.aside)
            for workload in self.info.workloads
            for rung in RUNGS.get(workload, ())
        ]

    def outside_modules(self) -> list[str]:
        """List the dotted names of the modules that workers import for workloads and backends."""
        return [
            *(workloads.load(name).module for name in self.info.workloads),
            *backends.outside_modules(contender.backend for contender in self.running),
        ]

    def describe_models(self) -> list[ModelInfo]:
        """Describe the models for the record."""
        return list(self.model_infos.values())


def default_reference(found: Sequence[ContenderInfo]) -> str:
    """Return the name of the contender to compare the others with, if the user names none.

    Only contenders on Keras are considered, if there are any. Among them, those that support every
    workload and pass come first, then those on jax, then the first by name.
    """
    able = [
        contender
        for contender in found
        if not contender.missing and contender.backend != backends.GEMM
    ]
    keras = [contender for contender in able if contender.on_keras]
    return min(
        keras or able,
        key=lambda contender: (
            bool(contender.unsupported),
            contender.backend != "jax",
            contender.name,
        ),
    ).name
