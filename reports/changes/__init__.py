"""Compare two sides of records: what is new with what there was, cell by cell.

A base and a new side have one run or several each. Pairs are taken within runs, where contenders
share blocks; what differs between runs is in every interval.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aebench.reports.changes.change import LOSS, PARITY, START, TIME, Change
from aebench.reports.changes.environments import EnvironmentDifference, differences
from aebench.reports.changes.outcomes import losses, parities
from aebench.reports.changes.sides import Sides, records
from aebench.reports.changes.starts import starts
from aebench.reports.changes.times import times
from aebench.reports.comparison import holm, verdict
from aebench.reports.journal import Record

__all__ = ["Change", "Changes", "EnvironmentDifference", "Sides", "beside", "compare", "sides"]


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
        ``repaired``, ``still differs`` (on both sides) or ``same``; empty where nothing can be
        told. What changed is right together (Holm's procedure, per quantity).
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
    changes = [*times(found), *starts(found), *losses(found), *parities(found)]
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
    return "still differs" if change.reason else "same"


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
