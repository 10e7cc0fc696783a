"""What the profile pass showed: where a step's time went, and what was compiled when."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from aebench.reports import record
from aebench.reports.journal import Record
from aebench.reports.statistics import Estimate
from aebench.reports.summary.shared import ContenderView, pairs

# From here on the table says by how much tracing inflated what it shows.
INFLATED = 0.15
# Steps of one contender that differ by more than this factor were disturbed.
NOISY = 2.0


class OperationRow(msgspec.Struct, frozen=True):
    """One operation, per step."""

    category: str
    operation: str
    calls: float
    seconds: float


class Compiled(msgspec.Struct, frozen=True):
    """What was compiled in calls of one kind: so often, in so many seconds."""

    workload: str
    samples: int
    stage: str
    function: str
    cause: str
    times: int
    seconds: float


class ProfileRow(msgspec.Struct, frozen=True):
    """The profile of a contender × model.

    ``step_seconds`` is of untraced rounds, ``traced_seconds`` of traced ones, median and range per
    step; ``inflation`` how many times as long a traced step takes. ``traced_step_seconds`` is of
    the trace that is shown, by its own clock. ``partial_seconds`` went into compiling for a batch
    that isn't full. ``profile_note`` is what the profiler leaves out.
    """

    contender: str
    model: str
    batch_size: int = 0
    steps: int = 0
    train_samples: int = 0
    step_seconds: Estimate | None = None
    traced_seconds: Estimate | None = None
    traced_step_seconds: float = 0.0
    inflation: float = 1.0
    category_seconds: dict[str, float] = {}
    operations: list[OperationRow] = []
    compiled: list[Compiled] = []
    partial_seconds: float = 0.0
    failure: str = ""
    profile_note: str = ""

    @property
    def noisy(self) -> bool:
        """Whether steps took so differently that shares of one of them tell nothing."""
        spans = [each for each in (self.step_seconds, self.traced_seconds) if each]
        return any(
            each.high > NOISY * each.low
            for each in spans
            if each.low is not None and each.high is not None
        )


def rows(sources: Sequence[Record], views: Sequence[ContenderView]) -> list[ProfileRow]:
    """Summarise every contender × model that was to be profiled."""
    found = []
    for model, view in pairs(sources, views, "profile"):
        failure = view.failure("profile", model)
        whole = view.of(record.Profile, model)
        if whole:
            found.append(_row(view, model, whole[-1], failure))
        elif failure:
            found.append(ProfileRow(view.name, model, failure=failure))
    return found


def categories(sources: Sequence[Record], shown: Sequence[ProfileRow]) -> list[str]:
    """List the operation categories in the order of the records' headers, others after them."""
    listed = [name for source in sources for name in source.header.operation_categories]
    others = [name for row in shown for name in row.category_seconds]
    return list(dict.fromkeys([*listed, *others]))


def _row(view: ContenderView, model: str, profile: record.Profile, failure: str) -> ProfileRow:
    steps = profile.steps
    operations = [
        OperationRow(each.category, each.operation, each.calls / steps, each.seconds / steps)
        for each in view.of(record.Operation, model)
    ]
    spent: defaultdict[str, float] = defaultdict(float)
    for each in operations:
        spent[each.category] += each.seconds
    # A category that the header doesn't list comes last.
    known = [name for name in view.source.header.operation_categories if name in spent]
    step = Estimate.spanning([each / steps for each in profile.untraced_seconds])
    traced = Estimate.spanning([each / steps for each in profile.clocked_seconds])
    compilations = view.of(record.Compilation, model)
    return ProfileRow(
        view.name,
        model,
        batch_size=profile.batch_size,
        steps=steps,
        train_samples=view.source.header.data.train_samples,
        step_seconds=step,
        traced_seconds=traced,
        traced_step_seconds=profile.traced_seconds / steps,
        inflation=traced.value / step.value,
        category_seconds={
            name: spent[name] for name in [*known, *(each for each in spent if each not in known)]
        },
        operations=sorted(operations, key=lambda each: -each.seconds),
        compiled=_compiled(compilations),
        partial_seconds=sum(
            each.seconds
            for each in compilations
            if each.workload == "train" and each.cause == "new shape"
        ),
        failure=failure,
        profile_note=view.info.profile_note,
    )


def _compiled(events: Iterable[record.Compilation]) -> list[Compiled]:
    """Put together what was compiled for the same reason, in the order of its first time."""
    groups: dict[tuple[str, int, str, str, str], list[float]] = {}
    for each in events:
        key = (each.workload, each.samples, each.stage, each.function, each.cause)
        groups.setdefault(key, []).append(each.seconds)
    return [Compiled(*key, len(seconds), sum(seconds)) for key, seconds in groups.items()]
