"""What the passes leave that explain: profile, memory."""

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


class Compilation(msgspec.Struct, frozen=True, tag="compilation", tag_field="kind"):
    """Something that a framework traced or compiled.

    ``stage`` is ``trace``, ``compile``, ``build`` (a graph's set-up, where no compiler is on) or
    ``graph break``; ``cause`` is what called for it:
    ``first call``, ``new shape``, ``new type``, ``unknown``, or what the framework says. The call
    was of ``workload``, with a batch of ``samples``.
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
    """What one operation took of the traced steps, by self time; the rows add up to all of it."""

    pass_name: ClassVar[str] = "profile"
    contender: Name
    model: Name
    launch: int
    category: Name
    operation: Text
    calls: Count
    seconds: Seconds


class Profile(msgspec.Struct, frozen=True, tag="profile", tag_field="kind"):
    """Traced steps: ``traced_seconds`` by the trace's own clock.

    ``untraced_seconds`` are of rounds of as many steps before, ``clocked_seconds`` of all that were
    traced, by the process's clock; the median one's trace lies beside the record.
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
    """What a process held at the end of a phase, and at most in it.

    ``proportional_bytes`` counts a page that n processes share as 1/n of one, ``private_bytes``
    what nobody else has; None where the system doesn't tell. ``ended_seconds`` is on the clock of
    the :class:`MemoryCurve`. ``device_peak_bytes`` is the most so far, by the framework's counter.
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


class MemorySteps(msgspec.Struct, frozen=True, tag="memory_steps", tag_field="kind"):
    """What a process held of pages that no file is behind, every so many steps."""

    pass_name: ClassVar[str] = "memory"
    contender: Name
    model: Name
    launch: int
    batch_size: Positive
    optimiser_bytes: Count
    steps_between: Positive
    anonymous_bytes: Annotated[list[Count], Meta(max_length=MOST)]


class MemoryCurve(msgspec.Struct, frozen=True, tag="memory_curve", tag_field="kind"):
    """Proportional memory over time, sampled from outside; ``reason`` is why it lacks something."""

    pass_name: ClassVar[str] = "memory"
    contender: Name
    model: Name
    launch: int
    seconds: Annotated[list[Seconds], Meta(max_length=MOST)]
    proportional_bytes: Annotated[list[Count], Meta(max_length=MOST)]
    reason: Text = ""
