"""Summarise the footprint pass: the seconds and bytes of cold starts, by phase."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from aebench.reports import record, statistics
from aebench.reports.journal import Record
from aebench.reports.statistics import Estimate
from aebench.reports.summary.shared import ContenderView, models, pairs

K = TypeVar("K")
# The phase in which NumPy loads the data, for all contenders alike.
DATA_PHASE = "data"


class FootprintRow(msgspec.Struct, frozen=True):
    """Cold starts of one contender and model: medians over launches, per phase.

    ``total_seconds`` and ``peak_bytes`` are of whole cold starts, with their range over launches.
    ``peak_beside_data_bytes`` leaves out the phase that loads the data, ``anonymous_bytes`` is the
    most anonymous memory at the end of a phase; None if a phase lacks it.
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
    phase_anonymous_bytes: dict[str, int] = {}
    phase_proportional_bytes: dict[str, int] = {}
    total_seconds: Estimate | None = None
    peak_bytes: Estimate | None = None
    peak_beside_data_bytes: Estimate | None = None
    anonymous_bytes: Estimate | None = None
    exact: bool = True
    device_peak_bytes: int | None = None
    device_process_bytes: int | None = None
    parameters: int = 0
    weight_bytes: int | None = None
    loss_steps: int = 0
    loss: float | None = None
    frameworks_held: list[str] = []
    failure: str = ""

    @property
    def peaks_while_loading(self) -> bool:
        """Return whether the highest peak is that of loading the data, the same for all."""
        highest = max(self.phase_peak_bytes, key=self.phase_peak_bytes.__getitem__, default="")
        return highest == DATA_PHASE


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
        phase_anonymous_bytes=_where_known(by_phase, lambda row: row.anonymous_bytes),
        phase_proportional_bytes=_where_known(by_phase, lambda row: row.proportional_bytes),
        total_seconds=_spanning([sum(row.seconds for row in mine) for mine in by_launch]),
        peak_bytes=_spanning([max(row.peak_bytes for row in mine) for mine in by_launch]),
        peak_beside_data_bytes=_spanning(
            [
                max(row.peak_bytes for row in beside)
                for mine in by_launch
                if (beside := [row for row in mine if row.phase != DATA_PHASE])
            ]
        ),
        anonymous_bytes=_most_anonymous(by_launch),
        exact=all(row.exact for row in whole),
        device_peak_bytes=facts[-1].device_peak_bytes,
        device_process_bytes=facts[-1].device_process_bytes,
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


def _where_known(
    by_phase: dict[str, list[record.Phase]], size: Callable[[record.Phase], int | None]
) -> dict[str, int]:
    """Return the median size of each phase in which all launches know it."""
    found = {}
    for name, mine in by_phase.items():
        known = [each for each in map(size, mine) if each is not None]
        if len(known) == len(mine):
            found[name] = int(statistics.median(known).value)
    return found


def _most_anonymous(by_launch: Sequence[Sequence[record.Phase]]) -> Estimate | None:
    launches = [[row.anonymous_bytes for row in mine] for mine in by_launch]
    known = [[each for each in sizes if each is not None] for sizes in launches]
    return _spanning([float(max(sizes)) for sizes in known]) if known == launches else None


def _spanning(values: list[float]) -> Estimate | None:
    """Return the median and the range of values; None if a record has no phases of a start."""
    return Estimate.spanning(values) if values else None
