"""From what the user asked for to what will be done: checked, sized, fixed beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from bench import contenders, machine
from bench.datasets import Dataset
from bench.definitions import Definition, parse
from bench.errors import BadInputError
from bench.order import williams_rows
from bench.presets import PASSES, PRESETS, WORKLOADS
from reports.record import ContenderInfo, DefinitionInfo, Header, PlanInfo, Unit

T = TypeVar("T")
ORDER_SEED = 20260101


@dataclass(frozen=True)
class Request:
    """What the user asked for; what is None or empty is the preset's."""

    preset: str = "quick"
    backends: Sequence[str] = ()
    definitions: Sequence[str] = ()
    workloads: Sequence[str] = ()
    passes: Sequence[str] = ()
    batch_sizes: Sequence[int] = ()
    epochs: int | None = None
    seeds: int | None = None
    train_samples: int | None = None
    threads: int | None = None
    reference: str | None = None


class Place(NamedTuple):
    """A contender in a cell."""

    contender: str
    definition: str
    workload: str
    batch_size: int


@dataclass(frozen=True)
class Plan:
    """What will be done.

    Parameters
    ----------
    info : PlanInfo
        The sizes.
    definitions, contenders : list
        Who meets whom.
    selected : set of Place, optional
        Only these places are measured; all if None.
    """

    info: PlanInfo
    definitions: list[Definition]
    contenders: list[ContenderInfo]
    selected: frozenset[Place] | None = None

    @property
    def running(self) -> list[ContenderInfo]:
        """The contenders that can run here."""
        return [contender for contender in self.contenders if not contender.missing]

    def selects(
        self, contender: str, definition: str, workload: str = "", batch_size: int = 0
    ) -> bool:
        """Tell whether a contender is measured there; without a workload: anywhere there."""
        if self.selected is None:
            return True
        if workload:
            return Place(contender, definition, workload, batch_size) in self.selected
        return any(
            (each.contender, each.definition) == (contender, definition) for each in self.selected
        )

    def units(self) -> list[Unit]:
        """List what is measured as a whole, in the order of measuring."""
        info = self.info
        pairs = [
            (definition.name, contender.name)
            for definition in self.definitions
            for contender in self.running
            if self.selects(contender.name, definition.name)
        ]
        units = {
            "speed": [
                Unit("speed", name, "", launch)
                for launch in range(info.launches)
                for name in dict.fromkeys(name for name, _ in pairs)
            ],
            "footprint": [
                Unit("footprint", *pair, launch)
                for launch in range(info.footprint_launches)
                for pair in pairs
            ],
            "quality": [Unit("quality", *pair, seed) for pair in pairs for seed in info.seeds],
        }
        return [unit for name in info.passes for unit in units[name]]

    def describe_definitions(self) -> list[DefinitionInfo]:
        """Describe the definitions for the record."""
        return [describe(definition) for definition in self.definitions]


def describe(definition: Definition) -> DefinitionInfo:
    """Describe a definition for the record."""
    return DefinitionInfo(
        name=definition.name,
        widths=list(definition.widths),
        dropout=definition.dropout,
        learning_rate=definition.learning_rate,
        parameters=definition.parameters,
        weight_bytes=definition.weight_bytes,
        forward_operations=definition.forward_operations,
        training_operations=definition.training_operations,
    )


def make(request: Request, dataset: Dataset) -> Plan:
    """Check a request and fix all sizes.

    Raises
    ------
    BadInputError
        If something asked for isn't known, isn't there or can't be done with these data.
    """
    if request.preset not in PRESETS:
        raise BadInputError(f"{request.preset!r} is not a preset: use {', '.join(PRESETS)}.")
    preset = PRESETS[request.preset]
    _known("workload", request.workloads, WORKLOADS)
    _known("pass", request.passes, PASSES)
    for option, value in (
        ("--epochs", request.epochs),
        ("--seeds", request.seeds),
        ("--threads", request.threads),
    ):
        if value is not None and value < 1:
            raise BadInputError(f"{option} {value} must be at least 1.")
    if request.threads and not machine.can_limit_cores():
        raise BadInputError("--threads needs CPU affinity, which this system hasn't: leave it out.")
    cores = machine.usable_cores()
    if request.threads and request.threads > cores:
        raise BadInputError(
            f"--threads {request.threads} is more than the {cores} cores that "
            "this machine lets it use."
        )
    batch_sizes = _unique(request.batch_sizes or preset.batch_sizes)
    _check_batch_sizes(batch_sizes, dataset)
    definitions = _unique([parse(name) for name in request.definitions or preset.definitions])
    found = contenders.find(request.backends)
    running = [contender.name for contender in found if not contender.missing]
    passes = [name for name in PASSES if name in (request.passes or PASSES)]
    rows = len(williams_rows(len(running)))
    train_samples = len(dataset.train)
    if request.train_samples is None and preset.quality_train_samples is not None:
        train_samples = min(train_samples, preset.quality_train_samples)
    if "quality" in passes and batch_sizes[0] > train_samples:
        raise BadInputError(
            f"--batch-size {batch_sizes[0]} is larger than the {train_samples:,} images that "
            "the quality pass trains on: give --train-samples or leave the pass out."
        )
    info = PlanInfo(
        preset=request.preset,
        passes=passes,
        workloads=_unique(request.workloads or preset.workloads),
        batch_sizes=batch_sizes,
        launches=preset.launches,
        blocks=-(-preset.blocks // rows) * rows,
        footprint_launches=preset.footprint_launches,
        quality_batch_size=batch_sizes[0],
        epochs=request.epochs or preset.epochs,
        seeds=list(range(request.seeds or preset.seeds)),
        quality_train_samples=train_samples,
        threads=request.threads or 0,
        reference=_reference(request.reference, running),
        order_seed=ORDER_SEED,
    )
    return Plan(info, definitions, found)


def again(header: Header) -> Plan:
    """Make the plan of a record once more.

    Raises
    ------
    BadInputError
        If it can't be carried on here: another machine, other versions.
    """
    here = machine.describe()
    was = header.machine
    if (here.processor, here.cores) != (was.processor, was.cores):
        raise BadInputError(
            f"the record was measured on {was.processor} with {was.cores} cores, this is "
            f"{here.processor} with {here.cores}: start a new run here."
        )
    contenders.check_again(header.contenders)
    definitions = [parse(each.name) for each in header.definitions]
    return Plan(header.plan, definitions, header.contenders)


def _unique(values: Sequence[T]) -> list[T]:
    return list(dict.fromkeys(values))


def _known(what: str, asked: Sequence[str], known: Sequence[str] | dict[str, str]) -> None:
    for name in asked:
        if name not in known:
            raise BadInputError(f"{name!r} is not a {what}: use {', '.join(known)}.")


def _check_batch_sizes(batch_sizes: Sequence[int], dataset: Dataset) -> None:
    most = min(len(dataset.train), len(dataset.test))
    for size in batch_sizes:
        if size < 1:
            raise BadInputError(f"--batch-size {size} must be at least 1.")
        if size > most:
            raise BadInputError(
                f"--batch-size {size} is larger than the data: {dataset.name} has "
                f"{len(dataset.train):,} training and {len(dataset.test):,} test images."
            )


def _reference(asked: str | None, running: Sequence[str]) -> str:
    if asked is None:
        return "jax" if "jax" in running else sorted(running)[0]
    if asked not in running:
        raise BadInputError(
            f"--reference {asked!r} is not among the backends measured: use {', '.join(running)}."
        )
    return asked
