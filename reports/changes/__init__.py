"""Compare two sides of records: what is new with what there was, cell by cell.

A base and a new side have one run or several each. Pairs are taken within runs, where contenders
share blocks; what differs between runs is in every interval.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean

from aebench.reports.changes.change import LOSS, PARITY, PEAK, START, TIME, Change
from aebench.reports.changes.environments import EnvironmentDifference, differences
from aebench.reports.changes.judging import Judged, judge
from aebench.reports.changes.run_values import RunValue, RunValues, over_starts
from aebench.reports.changes.sides import Sides, records, values
from aebench.reports.comparison import Comparison, holm, verdict
from aebench.reports.journal import Record
from aebench.reports.launches import estimate
from aebench.reports.statistics import Estimate
from aebench.reports.summary.cell_rounds import Key

__all__ = ["Change", "Changes", "EnvironmentDifference", "Sides", "beside", "compare", "sides"]

_MOST_CELLS = 5_000
_MACHINES = "the machines differ"
_Value = Callable[[RunValues], RunValue | None]


@dataclass(frozen=True)
class Changes:
    """What changed.

    Parameters
    ----------
    sides : Sides
        The runs.
    changes : list of Change
        Every quantity that the base measured; a reason where the new side lacks it.
    verdicts : list of str
        The verdict on each change: ``slower``, ``faster``, ``more``, ``less``, ``same``,
        ``inconclusive``; ``differs`` or ``agrees`` between machines; for parity ``broken``,
        ``repaired``, ``differs`` (on both sides) or ``same``; empty where nothing can be told. What
        changed is right together (Holm's procedure, per quantity).
    environment : list of EnvironmentDifference
        What differs beside the measurements.
    """

    sides: Sides
    changes: list[Change]
    verdicts: list[str]
    environment: list[EnvironmentDifference]


def sides(base: Sequence[Record], new: Sequence[Record], history: Sequence[Record] = ()) -> Sides:
    """Return the runs on either side of a comparison, each run once.

    A run of the history that is one of either side isn't counted twice.

    Raises
    ------
    ValueError
        If a run is on both sides.
    """
    mine, theirs = records(base), records(new)
    both = records([each.source for each in (*mine, *theirs)])
    if len(both) < len(mine) + len(theirs):
        raise ValueError("a run is on both sides: a comparison needs two that differ")
    every = records([*(each.source for each in both), *history])
    further = [each for each in every if all(each.source is not known.source for known in both)]
    return Sides(mine, theirs, further)


def compare(found: Sides) -> Changes:
    """Compare the new side with the base, quantity by quantity."""
    changes = [*_times(found), *_starts(found), *_losses(found), *_parity(found)]
    return Changes(found, changes, _verdicts(found, changes), differences(found))


def beside(changes: Changes, again: Changes, which: Collection[tuple[str, str]]) -> Changes:
    """Return changes of which some, by quantity and key, are replaced by those of another look."""
    anew = {
        (change.quantity, change.key): (change, word)
        for change, word in zip(again.changes, again.verdicts, strict=True)
        if (change.quantity, change.key) in which
    }
    both = [
        anew.get((change.quantity, change.key), (change, word))
        for change, word in zip(changes.changes, changes.verdicts, strict=True)
    ]
    return Changes(
        again.sides,
        [change for change, _ in both],
        [word for _, word in both],
        changes.environment,
    )


def _times(found: Sides) -> Iterator[Change]:
    keys = dict.fromkeys(key for run in found.base for key in run.cells)
    for key in list(keys)[:_MOST_CELLS]:
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
    wrong = _obstacle(found, runs, key, name)
    if wrong:
        lacking = not any(_measured(run, key, name) for run in found.new)
        return nothing(reason=wrong, lacking=lacking)
    excess = max(run.cells[key].excess for run in runs)
    spent = min(run.cells[key].cell.spent(name) for run in runs)
    data = {run.header.data_of(model).train_sha256 for run in runs}

    def change(value: _Value, assume: bool, against: str = "", reason: str = "") -> Change:
        base, new = values(found.base, value), values(found.new, value)
        return nothing(
            judged=judge(base, new, found.between(value), assume, excess, spent),
            reason=reason,
            against=against,
            base=_of_side(base),
            new=_of_side(new),
        )

    against = _against(found, key, name)
    if against:
        # Epochs over other data have another length.
        epochs = len(data) == 1 and all(run.has_epochs(key, name, against) for run in runs)

        def beside(run: RunValues) -> RunValue | None:
            known = _measured(run, key, name) and _measured(run, key, against)
            return run.ratio(key, name, against, epochs) if known else None

        return change(beside, True, against, "" if found.one_machine else _MACHINES)
    in_epochs = len(data) == 1 and all(run.has_epochs(key, name) for run in runs)

    def in_seconds(run: RunValues) -> RunValue | None:
        return run.seconds(key, name, in_epochs) if _measured(run, key, name) else None

    obstacle = _seconds_obstacle(found, in_seconds)
    if obstacle:
        return nothing(
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
    return next(filter(None, (run.obstacle(key, name) for run in runs)), "")


def _seconds_obstacle(found: Sides, value: _Value) -> str:
    """Return why seconds of both sides can't be compared; empty if they can."""
    if not found.one_machine:
        return _MACHINES
    if found.controls_apart:
        return found.controls_apart
    between = found.between(value)
    if between is None or between.freedom < 2:
        return "how much this machine's runs differ isn't known: give --history"
    return ""


def _against(found: Sides, key: Key, name: str) -> str:
    """Return the contender to whose time ratios are compared, empty if there is none.

    It is in every run with the contender, and the same in all: of those the reference, else a
    baseline, else the first.
    """
    runs = [run for run in found.both if _measured(run, key, name)]
    first = runs[0].cells[key].cell
    shared = [
        other
        for other in first.blocks
        if other != name
        and not first.views[other].info.control_of
        and all(_measured(run, key, other) and not run.obstacle(key, other) for run in runs)
        and found.unchanged(key[0], other)
    ]
    ranked = sorted(
        shared, key=lambda other: (other != first.reference, not first.is_baseline(other))
    )
    return next(iter(ranked), "")


def _of_side(known: Sequence[RunValue]) -> Estimate:
    """Return a quantity on one side, with the interval of a single run's launches."""
    middle = sum(each.log for each in known) / len(known)
    return estimate(middle, known[0].error if len(known) == 1 else None)


def _starts(found: Sides) -> Iterator[Change]:
    places = dict.fromkeys(
        place for run in found.base for place, row in run.starts.items() if row.launches
    )
    for place in list(places)[:_MOST_CELLS]:
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
        return nothing(reason=_MACHINES)
    kinds = {
        (run.header.plan.batch_size, run.header.data_of(model).train_sha256)
        for run in found.both
        if value(run)
    }
    if len(kinds) > 1:
        return nothing(reason="the cold starts are of another batch size, or of other data")
    told = partial(nothing, base=_of_side(base), new=_of_side(new))
    if quantity == PEAK:
        # Memory is no time: what a machine does beside changes little of it.
        return told(judged=judge(base, new, found.between(value)))
    others = (
        other
        for of, other in _shared(found, lambda run: run.starts)
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
                base=_of_side(before),
                new=_of_side(after),
            )
    obstacle = _seconds_obstacle(found, value)
    if obstacle:
        return nothing(reason=f"seconds can't be compared ({obstacle})")
    return told(judged=judge(base, new, found.between(value), assume=False))


def _losses(found: Sides) -> Iterator[Change]:
    places = dict.fromkeys(
        place for run in found.base for place, row in run.trained.items() if row.trainings
    )
    for model, name in places:
        nothing = partial(Change, LOSS, (model,), name)
        runs = [run for run in found.both if run.losses(model, name)]
        rows = [run.trained[model, name] for run in runs]
        alike = {(row.train_samples, row.batch_size, row.epochs) for row in rows}
        data = {run.header.data_of(model).test_sha256 for run in runs}
        base, new = (_by_seed(side, model, name) for side in found.two)
        if not new:
            yield nothing(reason="it wasn't trained on the new side", lacking=True)
        elif len(alike) > 1 or len(data) > 1:
            yield nothing(reason="the trainings are of other lengths or data")
        elif not base.keys() & new.keys() or min(*base.values(), *new.values()) <= 0:
            yield nothing(reason="no seed was trained on both sides, or a loss isn't positive")
        else:
            yield _loss(nothing, base, new)


def _loss(
    nothing: Callable[..., Change], base: Mapping[int, float], new: Mapping[int, float]
) -> Change:
    """Return the change of losses over the seeds that both sides trained, which are pairs."""
    seeds = sorted(base.keys() & new.keys())
    ratios = over_starts([new[seed] / base[seed] for seed in seeds])
    assert ratios is not None
    told = estimate(ratios.log, ratios.error)
    return nothing(
        judged=Judged(Comparison(told, told, ratios.error, ratios.spread), None, False),
        base=Estimate(fmean(base[seed] for seed in seeds)),
        new=Estimate(fmean(new[seed] for seed in seeds)),
    )


def _by_seed(runs: Sequence[RunValues], model: str, name: str) -> dict[int, float]:
    """Return the test loss by seed, the mean over the runs that trained it."""
    found: dict[int, list[float]] = {}
    for run in runs:
        for seed, loss in run.losses(model, name).items():
            found.setdefault(seed, []).append(loss)
    return {seed: fmean(losses) for seed, losses in found.items()}


def _parity(found: Sides) -> Iterator[Change]:
    for place in _shared(found, lambda run: run.parity):
        model, name = place
        before, after = (
            [run.parity[place] for run in side if place in run.parity] for side in found.two
        )
        if any(row.checks for row in (*before, *after)):
            # A model differs if it does in any run.
            was, wrong = (
                next(filter(None, (row.differs or row.failure for row in rows)), "")
                for rows in (before, after)
            )
            broken, repaired = bool(wrong and not was), bool(was and not wrong)
            yield Change(
                PARITY, (model,), name, reason=wrong or was, broken=broken, repaired=repaired
            )


def _shared(found: Sides, of: Callable[[RunValues], object]) -> list:  # type: ignore[type-arg]
    """Return the keys that a run on either side has, in the order of the first run."""
    base, new = (
        dict.fromkeys(key for run in runs for key in of(run))  # type: ignore[attr-defined]
        for runs in (found.base, found.new)
    )
    return [key for key in base if key in new][:_MOST_CELLS]


def _names(runs: Sequence[RunValues], key: Key) -> list[str]:
    """Return the contenders that some runs measured in a cell, without controls."""
    names: dict[str, None] = {}
    for run in runs:
        if key in run.cells:
            cell = run.cells[key].cell
            names |= {name: None for name in cell.blocks if not cell.views[name].info.control_of}
    return list(names)


def _verdicts(found: Sides, changes: Sequence[Change]) -> list[str]:
    """Return the verdicts; what differs is judged together, per quantity."""
    verdicts = [""] * len(changes)
    plan = found.new[0].header.plan
    for quantity in dict.fromkeys(each.quantity for each in changes):
        mine = [index for index, each in enumerate(changes) if each.quantity == quantity]
        told = [index for index in mine if changes[index].judged]
        p_values = [
            judged.compared.p_value(max(plan.different, changes[index].noise_floor or 0.0))
            for index in told
            if (judged := changes[index].judged)
        ]
        for index, differs in zip(told, holm(p_values, len(p_values)), strict=True):
            verdicts[index] = _verdict(changes[index], differs, plan.different, plan.same)
        if quantity == PARITY:
            for index in mine:
                each = changes[index]
                verdicts[index] = _parity_verdict(each)
    return verdicts


def _parity_verdict(change: Change) -> str:
    if change.broken or change.repaired:
        return "broken" if change.broken else "repaired"
    return "differs" if change.reason else "same"


def _verdict(change: Change, differs: bool, different: float, same: float) -> str:
    if change.ratio is None:
        return ""
    floor = max(different, change.noise_floor or 0.0)
    if change.reason:
        # Two machines stand side by side: whether they agree is all that can be said.
        close = verdict(change.ratio, floor, max(same, floor)) == "same"
        return "differs" if differs else "agrees" if close else "inconclusive"
    if differs:
        words = ("slower", "faster") if change.quantity in (TIME, START) else ("more", "less")
        return words[change.ratio.value < 1]
    if change.quantity == LOSS and abs(change.ratio.value - 1) < 1e-12:
        return "same"
    told = verdict(change.ratio, floor, max(same, floor))
    return told if told == "same" else "inconclusive"
