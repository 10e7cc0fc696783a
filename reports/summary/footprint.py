"""What the footprint pass showed: cold starts, in seconds and bytes by phase."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from aebench.reports import record, statistics
from aebench.reports.journal import Record
from aebench.reports.summary.shared import Interval, Shown, definitions, pairs

K = TypeVar("K")


class FootprintRow(msgspec.Struct, frozen=True):
    """Cold starts of one contender × definition: medians over launches, per phase.

    ``loss`` is the one after ``loss_steps`` steps of ``batch_size`` from the given weights, in
    inference mode.
    """

    contender: str
    definition: str
    launches: int = 0
    batch_size: int = 0
    phase_seconds: dict[str, float] = {}
    phase_peak_bytes: dict[str, int] = {}
    phase_resident_bytes: dict[str, int] = {}
    total_seconds: Interval | None = None
    peak_bytes: Interval | None = None
    exact: bool = True
    device_peak_bytes: int | None = None
    parameters: int = 0
    weight_bytes: int = 0
    loss_steps: int = 0
    loss: float | None = None
    frameworks_held: list[str] = []
    failure: str = ""


def rows(sources: Sequence[Record], entrants: Sequence[Shown]) -> list[FootprintRow]:
    """Summarise every contender × definition that was to be measured."""
    weights = {each.name: each.weight_bytes for each in definitions(sources)}
    found = []
    for definition, entrant in pairs(sources, entrants, "footprint"):
        failure = entrant.failure("footprint", definition)
        if entrant.of(record.FootprintFacts, definition):
            found.append(_row(entrant, definition, weights[definition], failure))
        elif failure:
            found.append(FootprintRow(entrant.name, definition, failure=failure))
    return found


def _row(entrant: Shown, definition: str, weight_bytes: int, failure: str) -> FootprintRow:
    facts = entrant.of(record.FootprintFacts, definition)
    done = {row.launch for row in facts}
    whole = [row for row in entrant.of(record.Phase, definition) if row.launch in done]
    by_phase = _grouped(whole, lambda row: row.phase)
    by_launch = list(_grouped(whole, lambda row: row.launch).values())
    held = next(
        (
            worker.frameworks_held
            for worker in entrant.of(record.Worker, definition)
            if worker.pass_name == "footprint"
        ),
        [],
    )

    def middle(values: Iterable[float]) -> float:
        return statistics.median(list(values)).value

    return FootprintRow(
        entrant.name,
        definition,
        launches=len(done),
        batch_size=next(iter(entrant.source.header.plan.batch_sizes), 0),
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


def _spanning(values: list[float]) -> Interval | None:
    """Give the median and the range; none of a record that has facts of a start and no phases."""
    return Interval.spanning(values) if values else None
