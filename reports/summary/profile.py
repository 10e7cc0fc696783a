"""Summarise the profile pass: how a step's time was spent, and what was compiled when."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from aebench.reports import record
from aebench.reports.journal import Record
from aebench.reports.statistics import Estimate
from aebench.reports.summary.shared import ContenderView, pairs

# If tracing changes a step's time by more than this share, the table says by how much.
INFLATED = 0.15
# If one contender's longest step takes more than this many times its shortest, it was disturbed.
NOISY = 2.0


class OperationRow(msgspec.Struct, frozen=True):
    """One operation, with its calls and its seconds per step."""

    category: str
    operation: str
    calls: float
    seconds: float


class Compiled(msgspec.Struct, frozen=True):
    """The compilations of one function for the same reason: how many, and their seconds in all."""

    workload: str
    samples: int
    stage: str
    function: str
    cause: str
    times: int
    seconds: float


class ProfileRow(msgspec.Struct, frozen=True):
    """The profile of one contender and one model.

    ``step_seconds`` is the time per step in untraced rounds, ``traced_seconds`` in traced rounds:
    median and range. ``inflation`` is the ratio of the second to the first. ``traced_step_seconds``
    is the time per step in the trace that is shown, by the trace's clock. ``partial_seconds`` is
    the time of compiling for a batch that isn't full. ``profile_note`` is what the profiler leaves
    out.
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
        """Whether steps differ so much in time that the shares of one step mean nothing."""
        spans = [each for each in (self.step_seconds, self.traced_seconds) if each]
        return any(
            each.high > NOISY * each.low
            for each in spans
            if each.low is not None and each.high is not None
        )


def rows(sources: Sequence[Record], views: Sequence[ContenderView]) -> list[ProfileRow]:
    """Return a row for every contender and model that was profiled or failed."""
    found = []
    for model, view in pairs(sources, views, "profile"):
        failure = view.failure("profile", model)
        whole = view.of(record.Profile, model)
        if whole:
            found.append(_row(view, model, whole[-1], failure))
        elif failure:
            batch_size = view.source.header.plan.batch_size
            found.append(ProfileRow(view.name, model, batch_size, failure=failure))
    return found


def categories(sources: Sequence[Record], shown: Sequence[ProfileRow]) -> list[str]:
    """Return the operation categories in the headers' order, then those that no header lists."""
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
    # Categories that the header lists come first, in its order, and other categories after them.
    known = [name for name in view.source.header.operation_categories if name in spent]
    step = Estimate.spanning([each / steps for each in profile.untraced_seconds])
    traced = Estimate.spanning([each / steps for each in profile.clocked_seconds])
    compilations = view.of(record.Compilation, model)
    return ProfileRow(
        view.name,
        model,
        batch_size=profile.batch_size,
        steps=steps,
        train_samples=view.source.header.data_of(model).train_samples,
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
    """Return compilations grouped by call, stage, function and cause, in the order of the first."""
    groups: dict[tuple[str, int, str, str, str], list[float]] = {}
    for each in events:
        key = (each.workload, each.samples, each.stage, each.function, each.cause)
        groups.setdefault(key, []).append(each.seconds)
    return [Compiled(*key, len(seconds), sum(seconds)) for key, seconds in groups.items()]
