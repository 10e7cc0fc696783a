"""What of a plan wasn't measured: a run that was cut names what it lacks."""

from collections import Counter
from collections.abc import Sequence

from aebench.reports import record
from aebench.reports.formatting import listed
from aebench.reports.journal import Record


def missing(source: Record) -> str:
    """Say in a sentence what a record lacks of its plan; empty if it is whole.

    What failed isn't missing: it has a row with its reason.
    """
    ended = Counter((task.pass_name, task.model, task.contender) for task in source.done())
    failed = _failed(source)
    told = []
    for name in source.header.plan.passes:
        sorts = [
            each
            for each in source.header.tasks
            if each.pass_name == name and (name, each.model, each.contender) not in failed
        ]
        told.append(_told(name, sorts, ended))
    lacking = "; ".join(filter(None, told))
    return f"Not measured, though planned: {lacking}." if lacking else ""


def _failed(source: Record) -> set[tuple[str, str, str]]:
    return {
        (each.pass_name, each.model, "" if each.pass_name == "speed" else each.contender)
        for each in source.of(record.Failure)
    }


def _told(
    pass_name: str, sorts: Sequence[record.PlannedTasks], ended: Counter[tuple[str, str, str]]
) -> str:
    """Say what of a pass is missing, as shortly as names it."""

    def found(each: record.PlannedTasks) -> int:
        return ended[pass_name, each.model, each.contender]

    if not any(map(found, sorts)):
        return f"all of {pass_name}" if sorts else ""
    by_model: dict[str, list[record.PlannedTasks]] = {}
    for each in sorts:
        by_model.setdefault(each.model, []).append(each)
    parts = []
    for model, mine in by_model.items():
        if not any(map(found, mine)):
            parts.append(model)
            continue
        for each in mine:
            if found(each) < each.tasks:
                who = f" with {each.contender}" if each.contender else ""
                some = f" beyond {found(each)} of {each.tasks}" if found(each) else ""
                parts.append(f"{model}{who}{some}")
    return f"{pass_name} of {listed(parts)}" if parts else ""
