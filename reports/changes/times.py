"""Tell how times changed: beside a contender that stayed the same, else in seconds."""

from collections.abc import Iterator, Sequence
from functools import partial

from aebench.reports.changes.change import TIME, Change
from aebench.reports.changes.judging import judge
from aebench.reports.changes.run_values import RunValue, RunValues
from aebench.reports.changes.shared import MACHINES, MOST_CELLS, Value, of_side, seconds_obstacle
from aebench.reports.changes.sides import Sides, values
from aebench.reports.summary.cell_rounds import Key


def times(found: Sides) -> Iterator[Change]:
    """Yield the change of every time that the base measured."""
    keys = dict.fromkeys(key for run in found.base for key in run.cells)
    for key in list(keys)[:MOST_CELLS]:
        for name in _names(found.base, key):
            yield _time(found, key, name)


def _measured(run: RunValues, key: Key, name: str) -> bool:
    return key in run.cells and name in run.cells[key].cell.blocks


def _time(found: Sides, key: Key, name: str) -> Change:
    model, workload, batch_size = key
    place = (workload, model, str(batch_size))
    runs = [run for run in found.both if _measured(run, key, name)]
    floors = [floor for run in runs if (floor := run.noise_floor(key)) is not None]
    nothing = partial(Change, TIME, place, name, noise_floor=max(floors, default=None))
    data = {run.header.data_of(model).train_sha256 for run in runs}
    in_epochs = len(data) == 1 and all(run.has_epochs(key, name) for run in runs)

    def in_seconds(run: RunValues) -> RunValue | None:
        return run.seconds(key, name, in_epochs) if _measured(run, key, name) else None

    # What can't be compared is shown nevertheless: a reader sees a change of 30 times.
    base_seconds, new_seconds = (
        of_side(known) if (known := values(side, in_seconds)) else None
        for side in (found.base, found.new)
    )
    shown = partial(nothing, base=base_seconds, new=new_seconds)
    wrong = _obstacle(found, runs, key, name)
    if wrong:
        lacking = not any(_measured(run, key, name) for run in found.new)
        return shown(reason=wrong, lacking=lacking)
    excess = max(run.cells[key].excess for run in runs)
    spent = min(run.cells[key].cell.spent(name) for run in runs)

    def change(value: Value, assume: bool, against: str = "", reason: str = "") -> Change:
        base, new = values(found.base, value), values(found.new, value)
        return nothing(
            judged=judge(base, new, found.between(value), assume, excess, spent),
            reason=reason,
            against=against,
            base=of_side(base),
            new=of_side(new),
        )

    against = _against(found, key, name)
    if against:
        # Epochs over other data have another length.
        epochs = len(data) == 1 and all(run.has_epochs(key, name, against) for run in runs)

        def beside(run: RunValues) -> RunValue | None:
            known = _measured(run, key, name) and _measured(run, key, against)
            return run.ratio(key, name, against, epochs) if known else None

        return change(beside, True, against, "" if found.one_machine else MACHINES)
    obstacle = seconds_obstacle(found, in_seconds)
    if obstacle:
        return shown(
            reason=f"seconds can't be compared ({obstacle}), and no contender that both share "
            "stayed the same"
        )
    return change(in_seconds, False)


def _obstacle(found: Sides, runs: Sequence[RunValues], key: Key, name: str) -> str:
    """Return why a contender's times in a cell can't be compared; empty if they can."""
    model, workload, _ = key
    if not any(_measured(run, key, name) for run in found.new):
        failures = (
            run.views[name].failure("speed", model, workload)
            for run in found.new
            if name in run.views
        )
        return next(filter(None, failures), "it wasn't measured on the new side")
    timings = {
        each.timing for run in runs for each in run.header.workloads if each.name == workload
    }
    if len(timings) > 1:
        return f"rounds of {workload} are of another kind: {' and '.join(sorted(timings))}"
    samples = {run.header.data_of(model).test_samples for run in runs}
    if "whole call" in timings and len(samples) > 1:
        return "calls are over other numbers of samples"
    for run in runs:
        if obstacle := run.obstacle(key, name):
            return f"in {run.header.name} {obstacle}"
    return ""


def _against(found: Sides, key: Key, name: str) -> str:
    """Return the contender to whose time ratios are compared, empty if there is none.

    It is in every run with the contender, and the same in all: of those the reference, else a
    baseline, else the first.
    """
    runs = [run for run in found.both if _measured(run, key, name)]
    first = runs[0].cells[key].cell
    stayed = [
        other
        for other in first.blocks
        if other != name
        and not first.views[other].info.control_of
        and all(_measured(run, key, other) and not run.obstacle(key, other) for run in runs)
        and found.unchanged(key[0], other)
    ]
    ranked = sorted(
        stayed, key=lambda other: (other != first.reference, not first.is_baseline(other))
    )
    return next(iter(ranked), "")


def _names(runs: Sequence[RunValues], key: Key) -> list[str]:
    """Return the contenders that some runs measured in a cell, without controls."""
    names: dict[str, None] = {}
    for run in runs:
        if key in run.cells:
            cell = run.cells[key].cell
            names |= {name: None for name in cell.blocks if not cell.views[name].info.control_of}
    return list(names)
