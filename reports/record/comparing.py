"""Events of the passes that compare contenders: parity, speed, footprint, quality."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from aebench.reports.record.bounds import (
    MOST_ARRAY_BYTES,
    MOST_CALLS,
    MOST_LISTED,
    MOST_PASSES,
    MOST_STREAMED_BYTES,
    MOST_THREADS,
    Count,
    Figure,
    Instant,
    Name,
    Positive,
    PositiveSeconds,
    Seconds,
    Text,
    Workload,
)


class Round(msgspec.Struct, frozen=True, tag="round", tag_field="kind"):
    """One timed run of ``steps`` steps by one contender; ``block`` is -1 for a warm-up.

    ``discarded_seconds`` is the time of the steps that run before the timed steps and don't count.
    ``waiting_cpu_seconds`` is the processor time that the other workers, which should sleep, used
    during the round. If the workload times calls, ``call_seconds`` is the duration of every call,
    in the order of the calls. Of the baseline ``gemm``, ``memory_seconds`` is how long moving the
    least bytes of so many steps takes, by memory that was streamed right after the round.
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
    memory_seconds: Seconds | None = None

    @property
    def block_key(self) -> tuple[str, str, int, int, int]:
        """Return the key of the round's block: the cell, the launch and the block's number."""
        return self.model, self.workload, self.batch_size, self.launch, self.block


class SteadyRound(msgspec.Struct, frozen=True, tag="steady_round", tag_field="kind"):
    """One timed run of ``steps`` steps inside a call, of a workload whose rounds are whole calls.

    Such rounds are few and explain the calls. ``number`` counts the rounds of a launch in which the
    contenders took turns.
    """

    pass_name: ClassVar[str] = "speed"
    contender: Name
    model: Name
    workload: Workload
    batch_size: Positive
    launch: int
    number: Count
    steps: Positive
    seconds: PositiveSeconds


class BlockState(msgspec.Struct, frozen=True):
    """What is recorded of a block of any pass; see :class:`Block`."""

    model: Name
    workload: Workload
    batch_size: Positive
    launch: int
    block: int
    seconds: PositiveSeconds
    background_share: Figure | None
    steal_share: Figure | None
    disturbed: bool
    repeated: bool
    fixed_work_seconds: PositiveSeconds | None = None
    began_at: Instant | None = None
    compute_seconds: PositiveSeconds | None = None
    streaming_seconds: PositiveSeconds | None = None

    @property
    def block_key(self) -> tuple[str, str, int, int, int]:
        """Return the block's key: the cell, the launch and the block's number."""
        return self.model, self.workload, self.batch_size, self.launch, self.block


class Block(BlockState, frozen=True, tag="block", tag_field="kind"):
    """The state of the machine while a block was measured.

    ``background_share`` is the share of all cores' time that went to other processes and to workers
    that should sleep. ``steal_share`` is the share that the hypervisor gave to other machines. Both
    are None on systems that do not report them. ``disturbed`` is whether the background load or the
    steal was above its limit. A ``repeated`` block was disturbed and does not count: the next block
    replaces it. ``began_at`` is when the block began, in seconds since 1970 (UTC), so that it can
    be joined with what else is known of that time. ``compute_seconds`` and ``streaming_seconds``
    are the times of the machine controls in the parent process, whose sizes are in
    ``control_sizes``. Older records have one control instead: ``fixed_work_seconds``, of a fixed
    piece of NumPy work.
    """

    pass_name: ClassVar[str] = "speed"


class ControlSizes(msgspec.Struct, frozen=True, tag="control_sizes", tag_field="kind"):
    """The work of the machine controls, calibrated when the speed pass of a run begins.

    ``compute_passes`` is the number of passes over a small array. ``streamed_bytes`` is what the
    streaming control reads and writes each time: two thirds are read, one third is written.
    ``array_bytes`` is the size of each of the two arrays that it goes through, part by part, with
    so many ``threads``. ``cache_bytes`` is the size of the last-level cache; null if unknown.
    """

    pass_name: ClassVar[str] = "speed"
    compute_passes: Annotated[int, Meta(ge=1, le=MOST_PASSES)]
    streamed_bytes: Annotated[int, Meta(ge=1, le=MOST_STREAMED_BYTES)]
    array_bytes: Annotated[int, Meta(ge=2**20, le=MOST_ARRAY_BYTES)]
    threads: Annotated[int, Meta(ge=1, le=MOST_THREADS)]
    cache_bytes: Positive | None = None


# Checks of parity that are made at one batch size only, and hold for all batch sizes.
_MADE_ONCE = (
    "long training",
    "dropout layers",
    "dropout rate",
    "dropout scale",
    "dropout loss",
)


class Parity(msgspec.Struct, frozen=True, tag="parity", tag_field="kind"):
    """One check of a contender's model against the float64 oracle.

    A contender has the same model if no ``difference`` is larger than its ``tolerance``. ``where``
    names the output, the weight or the step with the largest difference. The checks ``shapes`` and
    ``forward`` apply to all workloads, the other checks only to workloads that train. A check
    applies to the cells of its ``batch_size``. Checks of ``long training`` and of dropout apply to
    all batch sizes. Older records checked one batch size for all: there ``batch_size`` is None.
    ``measured_at`` is when an earlier run made the check, with the same versions, machine, model
    and code; it is empty if this run made the check itself.

    ``oracle`` is empty if the model has a closed form, which the oracle computes in NumPy.
    Otherwise the oracle is the model on the backend of that name, in float64; several names mean
    that their runs differ, so that no oracle could be told. Differences are then shares of the
    largest number compared. ``note`` says which checks were left out, and why.
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
    measured_at: Name = ""
    oracle: Name = ""
    note: Text = ""

    @property
    def of_training(self) -> bool:
        """Whether this check applies only to workloads that train: not ``shapes``, ``forward``."""
        return self.check not in ("shapes", "forward")

    @property
    def of_all_sizes(self) -> bool:
        """Whether this check applies to the cells of all batch sizes."""
        return self.batch_size is None or self.check in _MADE_ONCE

    @property
    def same(self) -> bool:
        """Return whether the contender passes this check."""
        return self.difference <= self.tolerance


class Library(msgspec.Struct, frozen=True, tag="library", tag_field="kind"):
    """The fastest library for a cell's matrix products, and a step's seconds with each library.

    ``step_bytes`` is the least number of bytes that a step moves: docs/method.md has the formula.
    ``memory_bytes_per_second`` is how fast each library moves bytes, within as much memory.
    """

    pass_name: ClassVar[str] = "speed"
    contender: Name
    model: Name
    workload: Workload
    batch_size: Positive
    launch: int
    library: Name
    library_step_seconds: dict[Name, float]
    step_bytes: Count | None = None
    memory_bytes_per_second: dict[Name, Count] = {}


class Call(msgspec.Struct, frozen=True, tag="call", tag_field="kind"):
    """The time from a call of ``fit``, not the first call, to the begin of its first epoch."""

    pass_name: ClassVar[str] = "speed"
    contender: Name
    model: Name
    batch_size: Positive
    launch: int
    seconds: Figure
    workload: Workload = "train"


class ShortEpoch(msgspec.Struct, frozen=True, tag="short_epoch", tag_field="kind"):
    """The boundary between a short epoch of ``fit`` and the next epoch.

    ``age_seconds`` is the time from the begin of the short epoch's first step to the end of its
    last step. ``step_seconds`` is the time of an ordinary step of the short epoch.
    ``boundary_seconds`` is the time from the end of its last step to the begin of the next epoch's
    first step. That first step takes ``first_step_seconds``.
    """

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
    """One phase of a cold start; ``exact`` is False if the peak was sampled, so may be too low.

    ``anonymous_bytes`` and ``proportional_bytes`` are those at the end of the phase: pages that no
    file is behind, and 1/n of each page that n processes share. Both are None on systems that do
    not report them, and in older records.
    """

    pass_name: ClassVar[str] = "footprint"
    contender: Name
    model: Name
    launch: int
    phase: Name
    seconds: Seconds
    resident_bytes: Count
    peak_bytes: Count
    exact: bool
    anonymous_bytes: Count | None = None
    proportional_bytes: Count | None = None


class FootprintFacts(msgspec.Struct, frozen=True, tag="footprint", tag_field="kind"):
    """Facts about the model after a cold start; ``parameters`` is the number that Keras counts.

    ``device_peak_bytes`` is by the framework's own counter. ``device_process_bytes`` is what the
    driver counts at the end for the whole process, its context among it; None if it isn't known.
    ``loss`` is the loss on training samples, in inference mode, after ``loss_steps`` steps.
    """

    pass_name: ClassVar[str] = "footprint"
    contender: Name
    model: Name
    launch: int
    parameters: Count
    device_peak_bytes: Count | None
    loss_steps: Count = 0
    loss: Figure | None = None
    device_process_bytes: Count | None = None


class QualityEpoch(msgspec.Struct, frozen=True, tag="quality", tag_field="kind"):
    """One epoch of training; ``train_loss``, in inference mode, is known only of the last epoch.

    ``metrics`` are the compiled metrics on the test samples.
    """

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
    metrics: Annotated[dict[Name, Figure], Meta(max_length=MOST_LISTED)] = {}


class Reconstructions(msgspec.Struct, frozen=True, tag="reconstructions", tag_field="kind"):
    """A trained model's reconstructions of the data's ``examples``: one byte per pixel, by rows."""

    pass_name: ClassVar[str] = "quality"
    contender: Name
    model: Name
    seed: int
    pixels: bytes
