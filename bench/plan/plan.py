"""The plan: which contenders meet in which cells, and how often; fixed beforehand."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import msgspec

from aebench import backends
from aebench.backends import native
from aebench.backends.native import gemm
from aebench.backends.native.oracle import supports as oracle_obstacle
from aebench.bench import workloads
from aebench.bench.models.model import Model
from aebench.bench.plan.presets import PRESETS
from aebench.bench.plan.sizes import balanced, first_batch_size, obstacle
from aebench.reports.record import (
    Cell,
    ContenderInfo,
    ModelInfo,
    PlanInfo,
    PlannedTasks,
    Task,
    WorkloadInfo,
)

ORDER_SEED = 20260101


class ContenderCell(NamedTuple):
    """A contender in a cell."""

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
    """What will be measured.

    Parameters
    ----------
    info : PlanInfo
        The sizes.
    models, contenders : sequence
        What is compared; the controls of the reference are among the contenders.
    selected : set of ContenderCell, optional
        Only these are measured; all if None.
    """

    info: PlanInfo
    models: Sequence[Model]
    contenders: list[ContenderInfo]
    selected: frozenset[ContenderCell] | None = None

    @property
    def running(self) -> list[ContenderInfo]:
        """The contenders that can run here, without the controls."""
        return [contender for contender in self.in_blocks if not contender.control_of]

    @property
    def in_blocks(self) -> list[ContenderInfo]:
        """The contenders of the speed pass: those that can run here, and the controls."""
        return [contender for contender in self.contenders if not contender.missing]

    @property
    def compared(self) -> list[ContenderInfo]:
        """The contenders that have a model to compare: all that run but the matrix products."""
        return [contender for contender in self.running if contender.backend != backends.GEMM]

    @property
    def on_keras(self) -> list[ContenderInfo]:
        """The contenders of the passes without baselines: those that run on Keras."""
        return [contender for contender in self.running if contender.on_keras]

    def cells(self, model: str | None = None, launch: int = 0) -> list[Cell]:
        """List the cells of the speed pass: nothing else multiplies models, workloads and sizes.

        Parameters
        ----------
        model : str, optional
            Only the cells of this model.
        launch : int
            Only the cells of workloads that have so many launches, the first being 0.
        """
        found = [
            Cell(each.name, sizes.workload, batch_size)
            for each in self.models
            if model in (None, each.name)
            for sizes in self.info.sizes
            if launch < sizes.launches
            for batch_size in sizes.batch_sizes
        ]
        if self.selected is None:
            return found
        wanted = {each.cell for each in self.selected}
        return [cell for cell in found if cell in wanted]

    def takes_part(self, contender: ContenderInfo, cell: Cell) -> bool:
        """Return whether a contender is measured in a cell: selected, there and able to."""
        return not self.obstacle(contender, cell) and self._selects(contender, cell)

    def obstacle(self, contender: ContenderInfo, cell: Cell) -> str:
        """Return why a contender can't run a cell; empty if it can."""
        missing = obstacle(contender, cell.workload)
        return missing or self.model_infos[cell.model].why_not(contender, "speed")

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
        return {model.name: describe(model) for model in self.models}

    def contender_cells(self) -> list[tuple[ContenderCell, str]]:
        """List the judged contenders of all cells, and the reasons why they can't run there."""
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

        A control is wherever the contender is that it controls, a baseline in every selected cell.
        """
        if self.selected is None:
            return True
        if contender.baseline:
            return True
        name = contender.control_of or contender.name
        return ContenderCell(name, cell.model, cell.workload, cell.batch_size) in self.selected

    def only(self, selected: frozenset[ContenderCell]) -> "Plan":
        """Leave out what no selected cell needs; the reference is one that is measured."""
        here = {each.contender for each in selected}
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
        cells = {each.cell for each in selected}
        wanted = {(cell.workload, cell.batch_size) for cell in cells}
        sizes = [
            msgspec.structs.replace(
                each,
                batch_sizes=[size for size in each.batch_sizes if (each.workload, size) in wanted],
                blocks=blocks_of(self.info.preset, each.workload, found),
            )
            for each in self.info.sizes
            if any(each.workload == cell.workload for cell in cells)
        ]
        info = msgspec.structs.replace(
            self.info, sizes=sizes, batch_size=first_batch_size(sizes), reference=reference
        )
        names = {cell.model for cell in cells}
        models = [model for model in self.models if model.name in names]
        return Plan(info, models, found, selected)

    def tasks(self) -> list[Task]:
        """List what is measured as a whole, in the order of measuring."""
        return [task for pass_name in self.info.passes for task in self._tasks_of(pass_name)]

    def _tasks_of(self, pass_name: str) -> list[Task]:
        info = self.info
        if pass_name == "speed":
            # A task is a launch of a model with all contenders and all its cells.
            return [
                Task("speed", model, "", launch)
                for launch in range(info.launches)
                for model in dict.fromkeys(cell.model for cell in self.cells(launch=launch))
            ]
        if pass_name == "parity":
            # One worker compares all models of a contender.
            return [
                Task("parity", model, contender.name, 0)
                for contender in self.compared
                for model, _ in self._pairs([contender], pass_name)
            ]
        pairs = self._pairs(self.on_keras, pass_name)
        if pass_name == "footprint":
            numbers: Sequence[int] = range(info.footprint_launches)
            return [Task(pass_name, *pair, launch) for launch in numbers for pair in pairs]
        numbers = info.seeds if pass_name == "quality" else [0]
        return [Task(pass_name, *pair, number) for pair in pairs for number in numbers]

    def _pairs(self, contenders: Sequence[ContenderInfo], pass_name: str) -> list[tuple[str, str]]:
        """List model and contender wherever a contender is measured and supports the pass."""
        return [
            (model.name, contender.name)
            for model in self.models
            for contender in contenders
            if self.is_measured(contender, model.name)
            and pass_name not in contender.unsupported
            and not self.model_infos[model.name].why_not(contender, pass_name)
        ]

    def describe_tasks(self) -> list[PlannedTasks]:
        """Count the tasks for the record, by pass, model and contender."""
        counts = Counter((task.pass_name, task.model, task.contender) for task in self.tasks())
        return [PlannedTasks(*sort, count) for sort, count in counts.items()]

    def describe_workloads(self) -> list[WorkloadInfo]:
        """Describe the workloads for the record."""
        return [
            WorkloadInfo(found.name, found.verb, found.gerund, found.timing, found.trains)
            for found in map(workloads.load, self.info.workloads)
        ]

    def outside_modules(self) -> list[str]:
        """List the dotted names of the workloads' and backends' files that workers import."""
        return [
            *(workloads.load(name).module for name in self.info.workloads),
            *backends.outside_modules(contender.backend for contender in self.running),
        ]

    def describe_models(self) -> list[ModelInfo]:
        """Describe the models for the record."""
        return list(self.model_infos.values())


def describe(model: Model) -> ModelInfo:
    """Describe a model for the record."""
    description = model.description
    reasons = {
        "parity": oracle_obstacle(model.form),
        "native": native.supports(model.form),
        "gemm": gemm.supports(model.form),
    }
    return ModelInfo(
        name=model.name,
        # Where a file lies on this machine is nobody else's business.
        where=Path(description.where).name,
        function=description.function,
        build_parameters=description.parameters,
        sha256=description.sha256,
        parameters=model.parameters,
        weight_bytes=model.weight_bytes,
        optimiser_bytes=model.optimiser_bytes,
        activations=model.activations,
        forward_operations=model.forward_operations,
        training_operations=model.training_operations,
        unsupported={name: reason for name, reason in reasons.items() if reason},
    )


def with_controls(
    found: Sequence[ContenderInfo], reference: str, known_effect: float = 0.0
) -> list[ContenderInfo]:
    """Add the reference's A/A control, and a known-effect control if there is a known_effect."""
    (original,) = (each for each in found if each.name == reference)
    controls = [
        msgspec.structs.replace(original, name=f"{reference} A/A", control_of=reference),
        msgspec.structs.replace(
            original,
            name=f"{reference} +{100 * known_effect:.3g} %",
            control_of=reference,
            known_effect=known_effect,
        ),
    ]
    return [*found, *(controls if known_effect else controls[:1])]


def blocks_of(preset: str, workload: str, found: Sequence[ContenderInfo]) -> int:
    """Raise the preset's number of blocks to a multiple of the design's, for a workload."""
    taking_part = [contender for contender in found if not obstacle(contender, workload)]
    return balanced(PRESETS[preset].sizes_of(workload).blocks, len(taking_part))


def default_reference(found: Sequence[ContenderInfo]) -> str:
    """Choose jax where it is there, else the first by name: on Keras, and one that does all."""
    able = [each for each in found if not each.missing and each.backend != backends.GEMM]
    keras = [each for each in able if each.on_keras]
    return min(
        keras or able, key=lambda each: (bool(each.unsupported), each.backend != "jax", each.name)
    ).name
