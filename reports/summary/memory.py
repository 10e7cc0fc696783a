"""Summarise the memory pass: memory by phase, the arithmetic need, and growth with the steps."""

from collections.abc import Sequence

import msgspec

from aebench.reports import record, statistics
from aebench.reports.journal import Record
from aebench.reports.statistics import Estimate
from aebench.reports.summary.footprint import DATA_PHASE
from aebench.reports.summary.shared import ContenderView, models, pairs

_FLOAT_BYTES = 4
# Growth per step up to this counts as no growth. Over all watched steps it adds up to a few MiB,
# which buffers may take that are still being filled.
MARGIN_BYTES = 16 * 1024


class Held(msgspec.Struct, frozen=True):
    """A process's memory at a phase's end, and its peak; see :class:`record.MemoryPhase`."""

    phase: str
    ended_seconds: float
    resident_bytes: int
    proportional_bytes: int | None
    private_bytes: int | None
    peak_bytes: int
    device_peak_bytes: int | None
    anonymous_bytes: int | None = None
    peak_anonymous_bytes: int | None = None


class Needs(msgspec.Struct, frozen=True):
    """The bytes that a training step needs by arithmetic; see docs/method.md."""

    weights: int
    gradients: int
    optimiser: int
    activations: int

    @property
    def in_all(self) -> int:
        """Return the sum of all parts, in bytes."""
        return self.weights + self.gradients + self.optimiser + self.activations


class MemoryRow(msgspec.Struct, frozen=True):
    """The memory of one contender and one model.

    ``growth_bytes`` is the growth of anonymous memory (pages without a file) per step, measured
    over ``steps`` steps. It is None if the system does not report this memory, or if there are too
    few steps. ``curve_seconds`` and ``curve_bytes`` are the samples of proportional memory over
    time. ``curve_reason`` says why samples are missing.
    """

    contender: str
    model: str
    batch_size: int = 0
    phases: list[Held] = []
    exact: bool = True
    needs: Needs | None = None
    optimiser_bytes: int = 0
    steps: int = 0
    growth_bytes: Estimate | None = None
    curve_seconds: list[float] = []
    curve_bytes: list[int] = []
    curve_reason: str = ""
    failure: str = ""

    @property
    def grows(self) -> bool:
        """Return whether the growth per step lies wholly above the margin."""
        growth = self.growth_bytes
        return growth is not None and growth.low is not None and growth.low > MARGIN_BYTES

    @property
    def highest_bytes(self) -> int:
        """Return the highest peak of any phase, in bytes."""
        return max((each.peak_bytes for each in self.phases), default=0)

    @property
    def highest_beside_data_bytes(self) -> int:
        """Return the highest peak of any phase but that of loading the data, in bytes."""
        beside = (each.peak_bytes for each in self.phases if each.phase != DATA_PHASE)
        return max(beside, default=0)

    @property
    def kept_bytes(self) -> int | None:
        """Return how many more bytes are resident after release than after importing the framework.

        Release means that model and data are freed. None if one of the two phases is missing.
        """
        framework, last = self._held("framework"), self._held("after release")
        if framework is None or last is None:
            return None
        return max(0, last.resident_bytes - framework.resident_bytes)

    @property
    def added_bytes(self) -> dict[str, int]:
        """Return by how many bytes a phase's peak exceeds the resident memory before the phase.

        The keys are the phases ``build``, ``first step`` and ``steady``, as far as measured.
        """
        found = {}
        for before, phase in (("data", "build"), ("build", "first step"), ("first step", "steady")):
            earlier, held = self._held(before), self._held(phase)
            if earlier is not None and held is not None:
                found[phase] = max(0, held.peak_bytes - earlier.resident_bytes)
        return found

    def _held(self, phase: str) -> Held | None:
        return next((each for each in self.phases if each.phase == phase), None)


def rows(sources: Sequence[Record], views: Sequence[ContenderView]) -> list[MemoryRow]:
    """Return a row for every contender and model that the memory pass measured or that failed."""
    infos = {each.name: each for each in models(sources)}
    found = []
    for name, view in pairs(sources, views, "memory"):
        failure = view.failure("memory", name)
        whole = view.of(record.MemorySteps, name)
        if whole:
            found.append(_row(view, infos[name], whole[-1], failure))
        elif failure:
            batch_size = view.source.header.plan.batch_size
            found.append(MemoryRow(view.name, name, batch_size, failure=failure))
    return found


def _row(
    view: ContenderView, info: record.ModelInfo, steps: record.MemorySteps, failure: str
) -> MemoryRow:
    phases = view.of(record.MemoryPhase, info.name)
    curves = view.of(record.MemoryCurve, info.name)
    curve = curves[-1] if curves else record.MemoryCurve("", "", 0, [], [], "it wasn't sampled")
    growth = statistics.growth(steps.anonymous_bytes)
    samples = min(len(curve.seconds), len(curve.proportional_bytes))
    return MemoryRow(
        view.name,
        info.name,
        batch_size=steps.batch_size,
        phases=[
            Held(
                each.phase,
                each.ended_seconds,
                each.resident_bytes,
                each.proportional_bytes,
                each.private_bytes,
                each.peak_bytes,
                each.device_peak_bytes,
                each.anonymous_bytes,
                each.peak_anonymous_bytes,
            )
            for each in phases
        ],
        exact=all(each.exact for each in phases),
        needs=needs(info, steps.batch_size),
        optimiser_bytes=steps.optimiser_bytes,
        steps=steps.steps_between * len(steps.anonymous_bytes),
        growth_bytes=growth.scaled(1 / steps.steps_between) if growth else None,
        curve_seconds=curve.seconds[:samples],
        curve_bytes=curve.proportional_bytes[:samples],
        curve_reason=curve.reason,
        failure=failure,
    )


def needs(info: record.ModelInfo, batch_size: int) -> Needs | None:
    """Compute the bytes that a training step needs.

    Parameters
    ----------
    info : ModelInfo
        The model.
    batch_size : int
        Samples in a step.

    Returns
    -------
    Needs or None
        The bytes of each part; gradients need as many as weights. None if the record lacks the
        model's numbers.
    """
    if info.weight_bytes is None or info.optimiser_bytes is None or info.activations is None:
        return None
    return Needs(
        weights=info.weight_bytes,
        gradients=info.weight_bytes,
        optimiser=info.optimiser_bytes,
        activations=_FLOAT_BYTES * batch_size * info.activations,
    )
