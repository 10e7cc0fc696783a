"""Tell how cold starts changed: their seconds and their peak memory."""

from collections.abc import Iterator
from functools import partial

from aebench.reports.changes.change import PEAK, START, Change
from aebench.reports.changes.judging import judge
from aebench.reports.changes.run_values import RunValue, RunValues
from aebench.reports.changes.shared import MACHINES, MOST_CELLS, of_side, seconds_obstacle, shared
from aebench.reports.changes.sides import Sides, values


def starts(found: Sides) -> Iterator[Change]:
    """Yield the changes of the memory and the seconds of cold starts that the base measured."""
    places = dict.fromkeys(
        place for run in found.base for place, row in run.starts.items() if row.launches
    )
    for place in list(places)[:MOST_CELLS]:
        for quantity in (PEAK, START):
            yield _start(found, place, quantity)


def _start(found: Sides, place: tuple[str, str], quantity: str) -> Change:
    model, name = place
    nothing = partial(Change, quantity, (model,), name)

    def value(run: RunValues) -> RunValue | None:
        return run.start(model, name, quantity)

    base, new = values(found.base, value), values(found.new, value)
    if not base or not new:
        failures = (row.failure for run in found.new if (row := run.starts.get(place)))
        reason = next(filter(None, failures), "it wasn't measured on the new side")
        return nothing(reason=reason, lacking=True)
    if not found.one_machine:
        return nothing(reason=MACHINES)
    kinds = {
        (run.header.plan.batch_size, run.header.data_of(model).train_sha256)
        for run in found.both
        if value(run)
    }
    if len(kinds) > 1:
        return nothing(reason="the cold starts are of another batch size, or of other data")
    told = partial(nothing, base=of_side(base), new=of_side(new))
    if quantity == PEAK:
        # Memory is no time: what a machine does beside changes little of it.
        return told(judged=judge(base, new, found.between(value)))
    others = (
        other
        for of, other in shared(found, lambda run: run.starts)
        if of == model and other != name and found.unchanged(model, other)
    )
    for against in others:

        def beside(run: RunValues, against: str = against) -> RunValue | None:
            mine, other = (run.start(model, each, quantity) for each in (name, against))
            return mine.beside(other) if mine and other else None

        before, after = values(found.base, beside), values(found.new, beside)
        if before and after:
            return nothing(
                judged=judge(before, after, found.between(beside)),
                against=against,
                base=of_side(before),
                new=of_side(after),
            )
    obstacle = seconds_obstacle(found, value)
    if obstacle:
        return nothing(reason=f"seconds can't be compared ({obstacle})")
    return told(judged=judge(base, new, found.between(value), assume=False))
