"""What the passes leave that compare: parity, speed, footprint, quality."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from aebench.reports.record.bounds import (
    MOST_CALLS,
    Count,
    Figure,
    Name,
    Positive,
    PositiveSeconds,
    Seconds,
    Text,
    Workload,
)


class Round(msgspec.Struct, frozen=True, tag="round", tag_field="kind"):
    """One timed run of ``steps`` steps; ``block`` is -1 for a warm-up.

    ``discarded_seconds`` is what the untimed steps before it took; ``waiting_cpu_seconds`` what the
    other workers, which should sleep, used meanwhile. Where the workload times calls,
    ``call_seconds`` holds what each of the ``steps`` calls took, in their order.
    """

    pass_name: ClassVar[str] = "speed"
    contender: Name
    model: Name
    workload: Workload
    batch_size: Positive
    launch: int
    block: int
    position: int
    steps: Positive
    discarded_steps: Count
    seconds: PositiveSeconds
    cpu_seconds: Seconds
    discarded_seconds: Seconds | None = None
    waiting_cpu_seconds: Seconds | None = None
    call_seconds: Annotated[list[Seconds], Meta(max_length=MOST_CALLS)] | None = None

    @property
    def block_key(self) -> tuple[str, str, int, int, int]:
        """Return the key of its block: the cell, the launch and the block's number."""
        return self.model, self.workload, self.batch_size, self.launch, self.block


class Block(msgspec.Struct, frozen=True, tag="block", tag_field="kind"):
    """What the machine did while a block was measured.

    ``background_share`` is the share of all cores' time that went to other processes and to workers
    whose turn it wasn't, ``steal_share`` what the hypervisor gave to others: None where the system
    doesn't tell. ``fixed_work_seconds`` is what fixed NumPy work of the parent took. A block that is
    ``repeated`` was disturbed, and doesn't count: the next one stands for it.
    """

    pass_name: ClassVar[str] = "speed"
    model: Name
    workload: Workload
    batch_size: Positive
    launch: int
    block: int
    seconds: PositiveSeconds
    background_share: Figure | None
    steal_share: Figure | None
    fixed_work_seconds: PositiveSeconds
    disturbed: bool
    repeated: bool

    @property
    def block_key(self) -> tuple[str, str, int, int, int]:
        """Return the key of its block: the cell, the launch and the block's number."""
        return self.model, self.workload, self.batch_size, self.launch, self.block


# The checks of parity that are made at one batch size.
_MADE_ONCE = (
    "long training",
    "dropout layers",
    "dropout rate",
    "dropout scale",
    "dropout loss",
)


class Parity(msgspec.Struct, frozen=True, tag="parity", tag_field="kind"):
    """How far a contender is from the float64 reference in one respect.

    It is the same model where no ``difference`` is more than its ``tolerance``; ``where`` is at
    which weight or step it is largest. ``shapes`` and ``forward`` concern all workloads, the others
    those that train. ``batch_size`` is the one of the check, which concerns the cells of that size;
    checks of ``long training`` and dropout concern all sizes. It is None in records that compared
    at a single size, which stands for all sizes.
    """

    pass_name: ClassVar[str] = "parity"
    contender: Name
    model: Name
    check: Name
    difference: float
    tolerance: float
    where: Text = ""
    launch: int = 0
    batch_size: Positive | None = None

    @property
    def of_training(self) -> bool:
        """Whether it concerns only workloads that train: all but shapes and outputs do."""
        return self.check not in ("shapes", "forward")

    @property
    def of_all_sizes(self) -> bool:
        """Whether it stands for all batch sizes: it was made at one, or doesn't depend on any."""
        return self.batch_size is None or self.check in _MADE_ONCE

    @property
    def same(self) -> bool:
        """Whether it passes."""
        return self.difference <= self.tolerance


class Library(msgspec.Struct, frozen=True, tag="library", tag_field="kind"):
    """Which library does a cell's matrix products fastest; what a step takes with each."""

    pass_name: ClassVar[str] = "speed"
    contender: Name
    model: Name
    workload: Workload
    batch_size: Positive
    launch: int
    library: Name
    library_step_seconds: dict[Name, float]


class Call(msgspec.Struct, frozen=True, tag="call", tag_field="kind"):
    """What a warm call of ``fit`` takes before its first epoch begins."""

    pass_name: ClassVar[str] = "speed"
    contender: Name
    model: Name
    batch_size: Positive
    launch: int
    seconds: Figure
    workload: Workload = "train"


class ShortEpoch(msgspec.Struct, frozen=True, tag="short_epoch", tag_field="kind"):
    """The end of one short epoch of ``fit``, and the first step of the next."""

    pass_name: ClassVar[str] = "speed"
    contender: Name
    model: Name
    batch_size: Positive
    launch: int
    steps: Positive
    age_seconds: Figure
    step_seconds: Figure
    boundary_seconds: Figure
    first_step_seconds: Figure
    workload: Workload = "train"


class Phase(msgspec.Struct, frozen=True, tag="phase", tag_field="kind"):
    """One phase of a cold start; ``exact`` is whether the peak was read, not sampled."""

    pass_name: ClassVar[str] = "footprint"
    contender: Name
    model: Name
    launch: int
    phase: Name
    seconds: Seconds
    resident_bytes: Count
    peak_bytes: Count
    exact: bool


class FootprintFacts(msgspec.Struct, frozen=True, tag="footprint", tag_field="kind"):
    """What a cold start ended with; ``parameters`` is Keras's own count.

    ``loss`` is the one on training images after ``loss_steps`` steps, in inference mode.
    """

    pass_name: ClassVar[str] = "footprint"
    contender: Name
    model: Name
    launch: int
    parameters: Count
    device_peak_bytes: Count | None
    loss_steps: Count = 0
    loss: Figure | None = None


class QualityEpoch(msgspec.Struct, frozen=True, tag="quality", tag_field="kind"):
    """One epoch of training; ``train_loss`` (inference mode) is there after the last."""

    pass_name: ClassVar[str] = "quality"
    contender: Name
    model: Name
    seed: int
    epoch: Positive
    train_seconds: PositiveSeconds
    evaluate_seconds: Seconds
    fit_loss: Figure
    test_loss: Figure
    train_loss: Figure | None


class Reconstructions(msgspec.Struct, frozen=True, tag="reconstructions", tag_field="kind"):
    """What a trained network makes of the data's ``examples``: a byte a pixel, row by row."""

    pass_name: ClassVar[str] = "quality"
    contender: Name
    model: Name
    seed: int
    pixels: bytes
