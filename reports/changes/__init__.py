"""Compare two sides of records: what is new with what there was, cell by cell.

A base and a new side have one run or several each. Pairs are taken within runs, where contenders
share blocks; what differs between runs is in every interval.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

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

__all__ = ["Change", "Changes", "EnvironmentDifference", "Sides", "compare", "sides"]

_MOST_CELLS = 5_000
_Value = Callable[[RunValues], RunValue | None]


@dataclass(frozen=True)
class Changes:
    """What changed.

    Parameters
    ----------
    sides : Sides
        The runs.
    changes : list of Change
        Every quantity that both sides measured, or that one side alone lacks for a reason.
    verdicts : list of str
        The verdict on each change: ``slower``, ``faster``, ``more``, ``less``, ``same``,
        ``inconclusive``, ``broken``, ``repaired``, or empty where nothing can be told. Those that
        differ are right together (Holm's procedure, per quantity).
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


def _times(found: Sides) -> Iterator[Change]:
    keys = _shared(found, lambda run: run.cells)
    for key, name in product(keys, _names(found, keys)):
        if all(any(_measured(run, key, name) for run in side) for side in found.two):
            yield _time(found, key, name)


def _measured(run: RunValues, key: Key, name: str) -> bool:
    return key in run.cells and name in run.cells[key].cell.blocks


def _time(found: Sides, key: Key, name: str) -> Change:
    model, workload, batch_size = key
    place = (workload, model, str(batch_size))
    runs = [run for run in found.both if _measured(run, key, name)]
    floors = [floor for run in runs if (floor := run.noise_floor(key)) is not None]
    nothing = partial(Change, TIME, place, name, noise_floor=max(floors, default=None))
    wrong = next(filter(None, (run.obstacle(key, name) for run in runs)), "")
    if wrong:
        return nothing(reason=wrong)
    excess = max(run.cells[key].excess for run in runs)
    spent = min(run.cells[key].cell.spent(name) for run in runs)

    def judged(value: _Value, assume: bool) -> Judged | None:
        base, new = values(found.base, value), values(found.new, value)
        if not base or not new:
            return None
        between = found.between(value)
        return judge(base, new, between, assume, excess, spent)

    def in_seconds(run: RunValues) -> RunValue | None:
        known = _measured(run, key, name)
        return run.seconds(key, name, epochs) if known else None

    epochs = all(run.has_epochs(key, name) for run in runs)
    options: list[tuple[Judged, str, _Value]] = []
    obstacle = _seconds_obstacle(found, in_seconds)
    if not obstacle and (told := judged(in_seconds, assume=False)):
        options.append((told, "", in_seconds))
    against = _against(found, key, name)
    if against:
        together = all(run.has_epochs(key, name, against) for run in runs)

        def beside(run: RunValues) -> RunValue | None:
            known = _measured(run, key, name) and _measured(run, key, against)
            return run.ratio(key, name, against, together) if known else None

        if told := judged(beside, assume=True):
            options.append((told, against, beside))
    if not options:
        return nothing(
            reason=f"seconds can't be compared ({obstacle}), and no contender that both share "
            "stayed the same"
        )
    told, by, value = min(options, key=lambda option: _width(option[0]))
    return nothing(
        judged=told,
        against=by,
        base=_of_side(found.base, value),
        new=_of_side(found.new, value),
    )


def _seconds_obstacle(found: Sides, value: _Value) -> str:
    """Return why seconds of both sides can't be compared; empty if they can."""
    if not found.one_machine:
        return "the machines differ"
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


def _width(judged: Judged) -> float:
    ratio = judged.compared.ratio
    return ratio.high / ratio.low if ratio.low and ratio.high else float("inf")


def _of_side(runs: Sequence[RunValues], value: _Value) -> Estimate:
    """Return a quantity on one side, with the interval of a single run's launches."""
    found = values(runs, value)
    middle = sum(each.log for each in found) / len(found)
    return estimate(middle, found[0].error if len(found) == 1 else None)


def _starts(found: Sides) -> Iterator[Change]:
    for place in _shared(found, lambda run: run.starts):
        if any(row.launches for run in found.both if (row := run.starts.get(place))):
            for quantity in (PEAK, START):
                yield _start(found, place, quantity)


def _start(found: Sides, place: tuple[str, str], quantity: str) -> Change:
    model, name = place
    nothing = partial(Change, quantity, (model,), name)

    def value(run: RunValues) -> RunValue | None:
        return run.start(model, name, quantity) if place in run.starts else None

    base, new = values(found.base, value), values(found.new, value)
    if not base or not new:
        failed = next((row.failure for run in found.both if (row := run.starts.get(place))), "")
        return nothing(reason=failed or "it wasn't measured on both sides")
    if not found.one_machine:
        return nothing(reason="the machines differ")
    told = partial(nothing, base=_of_side(found.base, value), new=_of_side(found.new, value))
    if quantity == PEAK:
        # Memory is no time: what a machine does beside changes little of it.
        return told(judged=judge(base, new, found.between(value)))
    obstacle = _seconds_obstacle(found, value)
    if not obstacle:
        return told(judged=judge(base, new, found.between(value), assume=False))
    against = next(
        (
            other
            for of, other in _shared(found, lambda run: run.starts)
            if of == model and other != name and found.unchanged(model, other)
        ),
        "",
    )
    if not against:
        return nothing(reason=f"seconds can't be compared ({obstacle})")

    def beside(run: RunValues) -> RunValue | None:
        mine, other = (run.start(model, each, quantity) for each in (name, against))
        return mine.beside(other) if mine and other else None

    base, new = values(found.base, beside), values(found.new, beside)
    if not base or not new:
        return nothing(reason=f"seconds can't be compared ({obstacle})")
    return nothing(
        judged=judge(base, new, found.between(beside)),
        against=against,
        base=_of_side(found.base, beside),
        new=_of_side(found.new, beside),
    )


def _losses(found: Sides) -> Iterator[Change]:
    for model, name in _shared(found, lambda run: run.trained):
        nothing = partial(Change, LOSS, (model,), name)
        rows = [run.trained[model, name] for run in found.both if (model, name) in run.trained]
        trained = [row for row in rows if row.trainings]
        if not trained:
            continue
        alike = {(row.train_samples, row.batch_size, row.epochs) for row in trained}
        data = {run.header.data_of(model).test_sha256 for run in found.both}
        if len(alike) != 1 or len(data) > 1:
            yield nothing(reason="the trainings are of other lengths or data")
            continue
        base, new = (_by_seed(runs, model, name) for runs in (found.base, found.new))
        seeds = sorted(base.keys() & new.keys())
        if not seeds or min(*base.values(), *new.values()) <= 0:
            yield nothing(reason="no seed was trained on both sides, or a loss isn't positive")
            continue
        # Seeds are pairs: the same initial weights and batches on either side.
        ratios = over_starts([new[seed] / base[seed] for seed in seeds])
        assert ratios is not None
        told = estimate(ratios.log, ratios.error)
        yield nothing(
            judged=Judged(Comparison(told, told, ratios.error, ratios.spread), None, False),
            base=Estimate(sum(map(base.__getitem__, seeds)) / len(seeds), None, None),
            new=Estimate(sum(map(new.__getitem__, seeds)) / len(seeds), None, None),
        )


def _by_seed(runs: Sequence[RunValues], model: str, name: str) -> dict[int, float]:
    """Return the test loss by seed, of the first run that trained it."""
    found: dict[int, float] = {}
    for run in runs:
        for seed, loss in run.losses(model, name).items():
            found.setdefault(seed, loss)
    return found


def _parity(found: Sides) -> Iterator[Change]:
    for place in _shared(found, lambda run: run.parity):
        model, name = place
        before, after = (
            next((run.parity[place] for run in runs if place in run.parity), None)
            for runs in (found.base, found.new)
        )
        if before and after and (before.checks or after.checks):
            wrong = after.differs or after.failure
            was = before.differs or before.failure
            yield Change(
                PARITY, (model,), name, reason=wrong or was, broken=bool(wrong and not was)
            )


def _shared(found: Sides, of: Callable[[RunValues], object]) -> list:  # type: ignore[type-arg]
    """Return the keys that a run on either side has, in the order of the first run."""
    base, new = (
        dict.fromkeys(key for run in runs for key in of(run))  # type: ignore[attr-defined]
        for runs in (found.base, found.new)
    )
    return [key for key in base if key in new][:_MOST_CELLS]


def _names(found: Sides, keys: Sequence[Key]) -> list[str]:
    """Return the contenders of these cells, without controls."""
    names: dict[str, None] = {}
    for run in found.both:
        for key in keys:
            if key in run.cells:
                cell = run.cells[key].cell
                names |= {
                    name: None for name in cell.blocks if not cell.views[name].info.control_of
                }
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
                verdicts[index] = "broken" if each.broken else "differs" if each.reason else "same"
    return verdicts


def _verdict(change: Change, differs: bool, different: float, same: float) -> str:
    if change.ratio is None:
        return ""
    floor = max(different, change.noise_floor or 0.0)
    if differs:
        words = ("slower", "faster") if change.quantity in (TIME, START) else ("more", "less")
        return words[change.ratio.value < 1]
    if change.quantity == LOSS and abs(change.ratio.value - 1) < 1e-12:
        return "same"
    told = verdict(change.ratio, floor, max(same, floor))
    return told if told == "same" else "inconclusive"
