"""What will be done: who meets whom, how often, in which order; fixed beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import msgspec

from aebench import backends
from aebench.bench.models.autoencoder import Model
from aebench.bench.plan.order import williams_rows
from aebench.bench.plan.presets import PRESETS
from aebench.reports.record import ContenderInfo, ModelInfo, PlanInfo, Task

T = TypeVar("T")
ORDER_SEED = 20260101


class Place(NamedTuple):
    """A contender in a cell."""

    contender: str
    model: str
    workload: str
    batch_size: int


@dataclass(frozen=True)
class Plan:
    """What will be done.

    Parameters
    ----------
    info : PlanInfo
        The sizes.
    models, contenders : list
        Who meets whom; the reference's controls are among the contenders.
    selected : set of Place, optional
        Only these places are measured; all if None.
    """

    info: PlanInfo
    models: list[Model]
    contenders: list[ContenderInfo]
    selected: frozenset[Place] | None = None

    @property
    def running(self) -> list[ContenderInfo]:
        """The contenders that can run here, without the controls."""
        return [each for each in self.contenders if not (each.missing or each.control_of)]

    @property
    def in_blocks(self) -> list[ContenderInfo]:
        """Who takes part in the speed pass: the contenders that can run here, and the controls."""
        return [
            each
            for each in self.contenders
            if not (each.missing or each.why_not("speed"))
            and any(not each.why_not(name) for name in self.info.workloads)
        ]

    @property
    def compared(self) -> list[ContenderInfo]:
        """Who has a model that can be compared: all that run but the matrix products."""
        return [each for each in self.running if each.backend != backends.GEMM]

    @property
    def on_keras(self) -> list[ContenderInfo]:
        """Who is measured in the passes without baselines: the contenders that run on Keras."""
        return [each for each in self.running if each.on_keras]

    def selects(
        self, contender: ContenderInfo, model: str, workload: str = "", batch_size: int = 0
    ) -> bool:
        """Tell whether a contender is measured there; without a workload: anywhere there.

        A control is wherever the contender is that it controls, a baseline wherever anyone is.
        """
        if contender.why_not(workload):
            return False
        if self.selected is None:
            return True
        if contender.baseline:
            return any(
                each.model == model and (not workload or each[2:] == (workload, batch_size))
                for each in self.selected
            )
        name = contender.control_of or contender.name
        if workload:
            return Place(name, model, workload, batch_size) in self.selected
        return any((each.contender, each.model) == (name, model) for each in self.selected)

    def only(self, selected: frozenset[Place]) -> "Plan":
        """Leave out what no selected place needs; the reference is one that is measured."""
        here = {place.contender for place in selected}
        found = [
            each for each in self.contenders if each.name in here or each.missing or each.baseline
        ]
        reference = self.info.reference
        if reference not in here:
            reference = default_reference([each for each in found if not each.baseline])
        found = with_controls(found, reference)
        info = msgspec.structs.replace(
            self.info,
            workloads=[
                name
                for name in self.info.workloads
                if name in {place.workload for place in selected}
            ],
            batch_sizes=[
                size
                for size in self.info.batch_sizes
                if size in {place.batch_size for place in selected}
            ],
            blocks=blocks_of(self.info.preset, found),
            reference=reference,
        )
        names = {place.model for place in selected}
        models = [each for each in self.models if each.name in names]
        return Plan(info, models, found, selected)

    def tasks(self) -> list[Task]:
        """List what is measured as a whole, in the order of measuring."""
        info = self.info
        pairs = {
            name: self._pairs([each for each in self.on_keras if not each.why_not(name)])
            for name in info.passes
        }
        tasks = {
            # One worker compares all models of a contender.
            "parity": [
                Task("parity", name, each.name, 0)
                for each in self.compared
                if not each.why_not("parity")
                for name, _ in self._pairs([each])
            ],
            "speed": [
                Task("speed", name, "", launch)
                for launch in range(info.launches)
                for name in dict.fromkeys(name for name, _ in self._pairs(self.in_blocks))
            ],
            "footprint": [
                Task("footprint", *pair, launch)
                for launch in range(info.footprint_launches)
                for pair in pairs.get("footprint", [])
            ],
            "quality": [
                Task("quality", *pair, seed)
                for pair in pairs.get("quality", [])
                for seed in info.seeds
            ],
            "profile": [Task("profile", *pair, 0) for pair in pairs.get("profile", [])],
            "memory": [Task("memory", *pair, 0) for pair in pairs.get("memory", [])],
        }
        return [task for name in info.passes for task in tasks[name]]

    def _pairs(self, contenders: Sequence[ContenderInfo]) -> list[tuple[str, str]]:
        """List model and contender wherever one of some contenders is measured."""
        return [
            (model.name, contender.name)
            for model in self.models
            for contender in contenders
            if self.selects(contender, model.name)
        ]

    def describe_models(self) -> list[ModelInfo]:
        """Describe the models for the record."""
        return [describe(model) for model in self.models]


def describe(model: Model) -> ModelInfo:
    """Describe a model for the record."""
    return ModelInfo(
        name=model.name,
        widths=list(model.widths),
        dropout=model.dropout,
        learning_rate=model.learning_rate,
        parameters=model.parameters,
        weight_bytes=model.weight_bytes,
        forward_operations=model.forward_operations,
        training_operations=model.training_operations,
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


def blocks_of(preset: str, found: Sequence[ContenderInfo]) -> int:
    """Raise the preset's number of blocks to a multiple of the design's."""
    rows = len(williams_rows(sum(not each.missing for each in found)))
    return -(-PRESETS[preset].blocks // rows) * rows


def default_reference(found: Sequence[ContenderInfo]) -> str:
    """Choose jax where it is there, else the first by name: on Keras, and one that does all."""
    able = [each for each in found if not each.missing and each.backend != backends.GEMM]
    keras = [each for each in able if each.on_keras]
    return min(
        keras or able, key=lambda each: (bool(each.unsupported), each.backend != "jax", each.name)
    ).name
