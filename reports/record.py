"""The record's schema: one JSON object per line, typed by ``kind``, everything measured, raw.

A record is append-only and self-contained: every number in every report follows from it. Fields
carry their units in their names.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

SCHEMA = 4
# A record may come from anywhere: what can't have been measured is refused where it is read, so
# that nothing that computes with it has to look.
MOST = 100_000
Count = Annotated[int, Meta(ge=0, le=2**50)]
# Of what is listed or counted through.
Size = Annotated[int, Meta(ge=1, le=MOST)]
Positive = Annotated[int, Meta(ge=1, le=2**50)]
Seconds = Annotated[float, Meta(ge=0, le=1e8)]
PositiveSeconds = Annotated[float, Meta(ge=1e-6, le=1e8)]
Share = Annotated[float, Meta(ge=0, le=1)]
Figure = Annotated[float, Meta(ge=-1e8, le=1e8)]
Workload = Annotated[str, Meta(pattern=r"^(train|predict)\Z")]
# The verdicts' margins, as shares: different beyond the one, the same within the other.
DIFFERENT, SAME = 0.01, 0.03
NATIVE, GEMM = "native-", "gemm"


class DefinitionInfo(msgspec.Struct, frozen=True):
    """One autoencoder, with what follows from its shape."""

    name: str
    widths: list[int]
    dropout: Share
    learning_rate: Figure
    parameters: Count
    weight_bytes: Count
    forward_operations: Count
    training_operations: Count


class ContenderInfo(msgspec.Struct, frozen=True):
    """One contender; ``missing`` is the reason why it can't run, or empty.

    ``backend`` is Keras's, or a ``native-`` framework without Keras, or ``gemm``. ``settings`` are
    those asked for; a ``yardstick`` is measured beside the others and not judged. ``python`` is
    the interpreter that runs it, or empty for the one that runs aebench. A control is another
    worker of the contender ``twin_of``, in the speed pass alone: a twin, or one that runs
    ``handicap`` (a share) more steps than it reports.
    """

    name: str
    backend: str
    version: str
    missing: str = ""
    python: str = ""
    twin_of: str = ""
    handicap: Share = 0.0
    settings: dict[str, str] = {}
    yardstick: bool = False

    @property
    def on_keras(self) -> bool:
        """Whether it runs Keras: only that has a footprint and a quality."""
        return self.backend != GEMM and not self.backend.startswith(NATIVE)


class DataInfo(msgspec.Struct, frozen=True):
    """The images: SHA-256 over the float32 array bytes; a notice if they are a stand-in.

    ``choice`` is how they were asked for. ``examples`` are the indices of those test images of
    which every training shows what it makes; ``example_pixels`` holds them, a byte a pixel, row by
    row.
    ``mean_image_loss`` is the cross-entropy of the test images with the mean training image.
    """

    name: str
    train_samples: Positive
    test_samples: Positive
    image_shape: list[Count]
    train_sha256: str
    test_sha256: str
    notice: str = ""
    choice: str = "auto"
    examples: list[Count] = []
    example_pixels: bytes = b""
    mean_image_loss: Figure | None = None


class MachineInfo(msgspec.Struct, frozen=True):
    """Where it ran."""

    processor: str
    cores: Positive
    memory_bytes: Count
    system: str
    python: str
    load_before: Figure | None
    environment: dict[str, str]


class PlanInfo(msgspec.Struct, frozen=True):
    """The sizes that were fixed beforehand.

    ``different`` and ``same`` are the verdicts' margins, as shares.
    """

    preset: str
    passes: list[str]
    workloads: list[Workload]
    batch_sizes: list[Positive]
    launches: Size
    blocks: Size
    footprint_launches: Count
    quality_batch_size: Positive
    epochs: Size
    seeds: list[int]
    quality_train_samples: Positive
    threads: Count
    reference: str
    order_seed: int
    different: Share = DIFFERENT
    same: Share = SAME


class Header(msgspec.Struct, frozen=True, tag="header", tag_field="kind"):
    """The first line of a record."""

    schema: int
    aebench: str
    name: str
    created: str
    command: list[str]
    plan: PlanInfo
    definitions: Annotated[list[DefinitionInfo], Meta(max_length=MOST)]
    contenders: Annotated[list[ContenderInfo], Meta(min_length=1, max_length=1000)]
    data: DataInfo
    machine: MachineInfo


class Worker(msgspec.Struct, frozen=True, tag="worker", tag_field="kind"):
    """What was in force in one worker."""

    pass_name: str
    contender: str
    definition: str
    launch: int
    settings: dict[str, str]
    versions: dict[str, str]
    frameworks_held: list[str]
    cores: Positive
    epoch_end_ticks_seconds: list[Seconds]


class Slice(msgspec.Struct, frozen=True, tag="slice", tag_field="kind"):
    """One timed run of ``steps`` steps; ``block`` is -1 for a warm-up.

    ``lead_seconds`` is what the untimed steps before it took; ``waiting_cpu_seconds`` what the
    other workers, who should sleep, used meanwhile.
    """

    contender: str
    definition: str
    workload: Workload
    batch_size: Positive
    launch: int
    block: int
    position: int
    steps: Positive
    lead_steps: Count
    seconds: PositiveSeconds
    cpu_seconds: Seconds
    lead_seconds: Seconds | None = None
    waiting_cpu_seconds: Seconds | None = None

    @property
    def place(self) -> tuple[str, str, int, int, int]:
        """Which block of which cell and launch it is of."""
        return self.definition, self.workload, self.batch_size, self.launch, self.block


class Block(msgspec.Struct, frozen=True, tag="block", tag_field="kind"):
    """What the machine did while a block was measured.

    ``foreign_share`` is the share of all cores' time that went to other processes and to workers
    whose turn it wasn't, ``stolen_share`` what the hypervisor gave to others: None where the system
    doesn't tell. ``control_seconds`` is what fixed NumPy work of the parent took. A block that is
    ``repeated`` was contaminated, and doesn't count: the next one stands for it.
    """

    definition: str
    workload: Workload
    batch_size: Positive
    launch: int
    block: int
    seconds: PositiveSeconds
    foreign_share: Figure | None
    stolen_share: Figure | None
    control_seconds: PositiveSeconds
    contaminated: bool
    repeated: bool

    @property
    def place(self) -> tuple[str, str, int, int, int]:
        """Which block of which cell and launch it is of."""
        return self.definition, self.workload, self.batch_size, self.launch, self.block


class Parity(msgspec.Struct, frozen=True, tag="parity", tag_field="kind"):
    """How far a contender is from the float64 reference in one respect.

    It is the same model where no ``difference`` is more than its ``tolerance``; ``where`` is at
    which weight or step it is largest.
    """

    contender: str
    definition: str
    check: str
    difference: float
    tolerance: float
    where: str = ""
    launch: int = 0

    @property
    def same(self) -> bool:
        """Whether it passes."""
        return self.difference <= self.tolerance


class Library(msgspec.Struct, frozen=True, tag="library", tag_field="kind"):
    """Which library does a cell's matrix products fastest; what a step takes with each."""

    contender: str
    definition: str
    workload: Workload
    batch_size: Positive
    launch: int
    library: str
    library_step_seconds: dict[str, float]


class Call(msgspec.Struct, frozen=True, tag="call", tag_field="kind"):
    """What a warm call of ``fit`` takes before its first epoch begins."""

    contender: str
    definition: str
    batch_size: Positive
    launch: int
    seconds: Figure


class ShortEpoch(msgspec.Struct, frozen=True, tag="short_epoch", tag_field="kind"):
    """The end of one short epoch of ``fit``, and the first step of the next."""

    contender: str
    definition: str
    batch_size: Positive
    launch: int
    steps: Positive
    age_seconds: Figure
    step_seconds: Figure
    seam_seconds: Figure
    first_step_seconds: Figure


class Phase(msgspec.Struct, frozen=True, tag="phase", tag_field="kind"):
    """One phase of a cold start; ``exact`` is whether the peak was read, not sampled."""

    contender: str
    definition: str
    launch: int
    phase: str
    seconds: Seconds
    resident_bytes: Count
    peak_bytes: Count
    exact: bool


class FootprintFacts(msgspec.Struct, frozen=True, tag="footprint", tag_field="kind"):
    """What a cold start ended with; ``parameters`` is Keras's own count.

    ``loss`` is the one on training images after ``loss_steps`` steps, in inference mode.
    """

    contender: str
    definition: str
    launch: int
    parameters: Count
    device_peak_bytes: Count | None
    loss_steps: Count = 0
    loss: Figure | None = None


class QualityEpoch(msgspec.Struct, frozen=True, tag="quality", tag_field="kind"):
    """One epoch of training; ``train_loss`` (inference mode) is there after the last."""

    contender: str
    definition: str
    seed: int
    epoch: Positive
    train_seconds: PositiveSeconds
    evaluate_seconds: Seconds
    fit_loss: Figure
    test_loss: Figure
    train_loss: Figure | None


class Reconstructions(msgspec.Struct, frozen=True, tag="reconstructions", tag_field="kind"):
    """What a trained network makes of the data's ``examples``: a byte a pixel, row by row."""

    contender: str
    definition: str
    seed: int
    pixels: bytes


class Failure(msgspec.Struct, frozen=True, tag="failure", tag_field="kind"):
    """A measurement that failed, and why."""

    pass_name: str
    contender: str
    definition: str
    launch: int
    reason: str
    log_tail: str


class Unit(msgspec.Struct, frozen=True):
    """What is measured as a whole, and again as a whole if it was cut.

    In the speed pass that is a definition in a launch, with all contenders (``contender`` is
    empty); in the footprint pass a cold start; in the quality pass a training, ``launch`` being its
    seed.
    """

    pass_name: str
    definition: str
    contender: str
    launch: int

    def holds(self, event: "Event") -> bool:
        """Tell whether an event was measured in this unit."""
        return (
            _PASS_OF.get(type(event), getattr(event, "pass_name", "")) == self.pass_name
            and getattr(event, "definition", None) == self.definition
            and self.contender in ("", getattr(event, "contender", None))
            and getattr(event, "launch", getattr(event, "seed", None)) == self.launch
        )


class UnitEnd(msgspec.Struct, frozen=True, tag="unit_end", tag_field="kind"):
    """A unit was measured whole, nothing in it failed; ``seconds`` is what all of it took."""

    unit: Unit
    seconds: Seconds | None = None


class Resume(msgspec.Struct, frozen=True, tag="resume", tag_field="kind"):
    """The run went on after a cut; what came before of these units doesn't count."""

    created: str
    command: list[str]
    void: list[Unit]


class PassEnd(msgspec.Struct, frozen=True, tag="pass_end", tag_field="kind"):
    """A pass ran to its end."""

    pass_name: str
    seconds: Seconds


class End(msgspec.Struct, frozen=True, tag="end", tag_field="kind"):
    """The last line: ``complete``, ``failures`` or ``interrupted``."""

    outcome: str
    seconds: Seconds


_PASS_OF: dict[type, str] = {
    Parity: "parity",
    Library: "speed",
    Slice: "speed",
    Block: "speed",
    Call: "speed",
    ShortEpoch: "speed",
    Phase: "footprint",
    FootprintFacts: "footprint",
    QualityEpoch: "quality",
    Reconstructions: "quality",
}

Event = (
    Worker
    | Slice
    | Block
    | Parity
    | Library
    | Call
    | ShortEpoch
    | Phase
    | FootprintFacts
    | QualityEpoch
    | Reconstructions
    | Failure
    | UnitEnd
    | Resume
    | PassEnd
    | End
)
Line = Header | Event
