"""Summarise the footprint pass: the seconds and bytes of cold starts, by phase."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from aebench.reports import record, statistics
from aebench.reports.journal import Record
from aebench.reports.statistics import Estimate
from aebench.reports.summary.shared import ContenderView, models, pairs

K = TypeVar("K")


class FootprintRow(msgspec.Struct, frozen=True):
    """Cold starts of one contender and model: medians over launches, per phase.

    ``total_seconds`` and ``peak_bytes`` are of whole cold starts, with their range over launches.
    ``loss`` is the loss, in inference mode, after ``loss_steps`` steps of ``batch_size`` samples
    from the given initial weights.
    """

    contender: str
    model: str
    launches: int = 0
    batch_size: int = 0
    phase_seconds: dict[str, float] = {}
    phase_peak_bytes: dict[str, int] = {}
    phase_resident_bytes: dict[str, int] = {}
    total_seconds: Estimate | None = None
    peak_bytes: Estimate | None = None
    exact: bool = True
    device_peak_bytes: int | None = None
    parameters: int = 0
    weight_bytes: int | None = None
    loss_steps: int = 0
    loss: float | None = None
    frameworks_held: list[str] = []
    failure: str = ""


def rows(sources: Sequence[Record], views: Sequence[ContenderView]) -> list[FootprintRow]:
    """Return a row for every contender and model that was measured or failed."""
    weights = {each.name: each.weight_bytes for each in models(sources)}
    found = []
    for model, view in pairs(sources, views, "footprint"):
        failure = view.failure("footprint", model)
        if view.of(record.FootprintFacts, model):
            found.append(_row(view, model, weights[model], failure))
        elif failure:
            found.append(FootprintRow(view.name, model, failure=failure))
    return found


def _row(view: ContenderView, model: str, weight_bytes: int | None, failure: str) -> FootprintRow:
    facts = view.of(record.FootprintFacts, model)
    done = {row.launch for row in facts}
    whole = [row for row in view.of(record.Phase, model) if row.launch in done]
    by_phase = _grouped(whole, lambda row: row.phase)
    by_launch = list(_grouped(whole, lambda row: row.launch).values())
    held = next(
        (
            worker.frameworks_held
            for worker in view.of(record.WorkerInfo, model)
            if worker.pass_name == "footprint"
        ),
        [],
    )

    def middle(values: Iterable[float]) -> float:
        return statistics.median(list(values)).value

    return FootprintRow(
        view.name,
        model,
        launches=len(done),
        batch_size=view.source.header.plan.batch_size,
        phase_seconds={
            name: middle(row.seconds for row in mine) for name, mine in by_phase.items()
        },
        phase_peak_bytes={
            name: int(middle(row.peak_bytes for row in mine)) for name, mine in by_phase.items()
        },
        phase_resident_bytes={
            name: int(middle(row.resident_bytes for row in mine)) for name, mine in by_phase.items()
        },
        total_seconds=_spanning([sum(row.seconds for row in mine) for mine in by_launch]),
        peak_bytes=_spanning([max(row.peak_bytes for row in mine) for mine in by_launch]),
        exact=all(row.exact for row in whole),
        device_peak_bytes=facts[-1].device_peak_bytes,
        parameters=facts[-1].parameters,
        weight_bytes=weight_bytes,
        loss_steps=facts[-1].loss_steps,
        loss=facts[-1].loss,
        frameworks_held=held,
        failure=failure,
    )


def _grouped(
    rows: Iterable[record.Phase], by: Callable[[record.Phase], K]
) -> dict[K, list[record.Phase]]:
    found: dict[K, list[record.Phase]] = {}
    for row in rows:
        found.setdefault(by(row), []).append(row)
    return found


def _spanning(values: list[float]) -> Estimate | None:
    """Return the median and the range of values; None if a record has no phases of a start."""
    return Estimate.spanning(values) if values else None
