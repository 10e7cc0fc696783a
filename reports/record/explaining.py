"""Events of the passes that explain results: ladder, profile, memory."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from aebench.reports.record.bounds import (
    MOST,
    Count,
    Name,
    Positive,
    PositiveSeconds,
    Seconds,
    Text,
    Workload,
)
from aebench.reports.record.comparing import BlockState


class RungRound(msgspec.Struct, frozen=True, tag="rung_round", tag_field="kind"):
    """One timed run of ``steps`` steps on a rung of the ladder, which the header describes.

    ``seconds`` are those of all steps, and of a whole call those of the call. ``step_seconds`` is
    the time of a step, of a call without what begins and ends it. ``waiting_cpu_seconds`` is the
    processor time of the other workers meanwhile, which should sleep.
    """

    pass_name: ClassVar[str] = "ladder"
    contender: Name
    model: Name
    workload: Workload
    batch_size: Positive
    launch: int
    rung: Name
    block: int
    position: int
    steps: Positive
    seconds: PositiveSeconds
    # A step of a small model's products takes less than a microsecond.
    step_seconds: Annotated[float, Meta(ge=1e-12, le=1e9)]
    cpu_seconds: Seconds
    waiting_cpu_seconds: Seconds | None = None


class AbsentRung(msgspec.Struct, frozen=True, tag="absent_rung", tag_field="kind"):
    """A rung that a contender hasn't got in a cell, with the reason."""

    pass_name: ClassVar[str] = "ladder"
    contender: Name
    model: Name
    workload: Workload
    batch_size: Positive
    launch: int
    rung: Name
    reason: Text


class LadderBlock(BlockState, frozen=True, tag="ladder_block", tag_field="kind"):
    """The state of the machine while a block of the ladder was measured; see :class:`Block`."""

    pass_name: ClassVar[str] = "ladder"


class Compilation(msgspec.Struct, frozen=True, tag="compilation", tag_field="kind"):
    """One tracing or compilation of a function by a framework.

    ``stage`` is ``trace``, ``compile``, ``build`` (setting up a graph without a compiler) or
    ``graph break``. ``cause`` is ``first call``, ``new shape``, ``new type``, ``unknown``, or the
    framework's own explanation. ``workload`` is the workload of the call that caused the
    compilation, and ``samples`` is the number of samples in that call's batch.
    """

    pass_name: ClassVar[str] = "profile"
    contender: Name
    model: Name
    launch: int
    stage: Name
    function: Text
    seconds: Seconds
    cause: Text
    workload: Workload
    samples: Positive


class Operation(msgspec.Struct, frozen=True, tag="operation", tag_field="kind"):
    """One operation's own time in the traced steps; the sum over all operations is their time."""

    pass_name: ClassVar[str] = "profile"
    contender: Name
    model: Name
    launch: int
    category: Name
    operation: Text
    calls: Count
    seconds: Seconds


class Profile(msgspec.Struct, frozen=True, tag="profile", tag_field="kind"):
    """The times of traced steps.

    ``untraced_seconds`` are the times of rounds without tracing. ``clocked_seconds`` are the times
    of all traced rounds by the process's clock. Every round has ``steps`` steps. The trace of the
    median round is kept in the folder ``traces`` next to the record. ``traced_seconds`` is the time
    of that round by the trace's clock.
    """

    pass_name: ClassVar[str] = "profile"
    contender: Name
    model: Name
    launch: int
    batch_size: Positive
    steps: Positive
    untraced_seconds: Annotated[list[PositiveSeconds], Meta(min_length=1, max_length=1000)]
    clocked_seconds: Annotated[list[PositiveSeconds], Meta(min_length=1, max_length=1000)]
    traced_seconds: PositiveSeconds
    trace_sha256: Name


class MemoryPhase(msgspec.Struct, frozen=True, tag="memory", tag_field="kind"):
    """A process's memory at the end of a phase, and its peak in that phase.

    ``proportional_bytes`` counts 1/n of a page that n processes share; ``private_bytes`` counts
    only pages that no other process uses. Both are None on systems that do not report them.
    ``ended_seconds`` is the end of the phase on the clock of the :class:`MemoryCurve`.
    ``device_peak_bytes`` is the highest use of the device's memory up to the end of the phase, by
    the framework's counter. ``exact`` is False if the peak was sampled, missing short peaks.
    ``anonymous_bytes`` counts pages that no file is behind. ``peak_anonymous_bytes`` is their
    highest number in the phase, always sampled. Both are None in older records.
    """

    pass_name: ClassVar[str] = "memory"
    contender: Name
    model: Name
    launch: int
    phase: Name
    seconds: Seconds
    ended_seconds: Seconds
    resident_bytes: Count
    peak_bytes: Count
    exact: bool
    proportional_bytes: Count | None = None
    private_bytes: Count | None = None
    device_peak_bytes: Count | None = None
    anonymous_bytes: Count | None = None
    peak_anonymous_bytes: Count | None = None


class MemorySteps(msgspec.Struct, frozen=True, tag="memory_steps", tag_field="kind"):
    """A process's anonymous memory (pages without a file), read every ``steps_between`` steps.

    ``optimiser_bytes`` is the memory that the optimiser really uses.
    """

    pass_name: ClassVar[str] = "memory"
    contender: Name
    model: Name
    launch: int
    batch_size: Positive
    optimiser_bytes: Count
    steps_between: Positive
    anonymous_bytes: Annotated[list[Count], Meta(max_length=MOST)]


class MemoryLoop(msgspec.Struct, frozen=True, tag="memory_loop", tag_field="kind"):
    """A process's memory after each repeat of a loop.

    ``collecting`` is whether Python collected garbage, as it does for users. ``before_bytes`` and
    ``after_bytes`` are the anonymous memory before the first and after the last repeat. Where
    garbage is collected, they are read after a collection, and so is ``half_bytes`` at half-time.
    Records without it had no collection there. ``held`` is how many more objects of a type there
    are at the end, of the types of which there are as many more as repeats.

    ``allocated_bytes`` and its like are what the framework says it holds: on an accelerator its
    allocator's bytes, on the processor those of JAX's arrays. They are left out where it doesn't
    tell. ``arrays_before`` and ``arrays_after`` are how many of its arrays are alive.
    """

    pass_name: ClassVar[str] = "memory"
    contender: Name
    model: Name
    launch: int
    batch_size: Positive
    loop: Name
    collecting: bool
    before_bytes: Count
    after_bytes: Count
    anonymous_bytes: Annotated[list[Count], Meta(max_length=MOST)]
    resident_bytes: Annotated[list[Count], Meta(max_length=MOST)]
    held: Annotated[dict[Name, Count], Meta(max_length=20)] = {}
    half_bytes: Count | None = None
    allocated_bytes: Annotated[list[Count], Meta(max_length=MOST)] = []
    allocated_before_bytes: Count | None = None
    allocated_half_bytes: Count | None = None
    allocated_after_bytes: Count | None = None
    arrays_before: Count | None = None
    arrays_after: Count | None = None


class MemoryCurve(msgspec.Struct, frozen=True, tag="memory_curve", tag_field="kind"):
    """Proportional memory over time, sampled by the parent.

    Every entry of ``seconds`` is the time of the sample at the same place of
    ``proportional_bytes``. ``reason`` says why samples are missing; it is empty if none are.
    """

    pass_name: ClassVar[str] = "memory"
    contender: Name
    model: Name
    launch: int
    seconds: Annotated[list[Seconds], Meta(max_length=MOST)]
    proportional_bytes: Annotated[list[Count], Meta(max_length=MOST)]
    reason: Text = ""
