"""Name the parts of a plan that were not measured, such as after a cut."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from aebench.reports import record
from aebench.reports.formatting import listed
from aebench.reports.journal import Record
from aebench.reports.record.run import OF_ALL
from aebench.reports.stopping import enough


def missing(source: Record) -> str:
    """Return sentences on the unmeasured parts of a plan; empty if all were measured.

    A failed measurement is not missing: it has a row with its reason. Of a run that hasn't ended,
    the pass that it was last at is begun, and not missing.
    """
    goes_on = source.outcome == "unfinished"
    begun = _last_pass(source) if goes_on else ""
    ended = Counter((task.pass_name, task.model, task.contender) for task in source.done())
    failed = _failed(source)
    parts = []
    told = []
    for name in source.header.plan.passes:
        planned = [
            _needed(source, tasks)
            for tasks in source.header.tasks
            if tasks.pass_name == name and (name, tasks.model, tasks.contender) not in failed
        ]
        lacking = _missing_of(name, planned, ended)
        if lacking and name == begun:
            told.append(f"The {name} pass has begun and not ended.")
        else:
            parts.append(lacking)
    lacking = "; ".join(filter(None, parts))
    if lacking:
        told.append(f"Not measured{' yet' if goes_on else ', though planned'}: {lacking}.")
    return " ".join(told)


def _last_pass(source: Record) -> str:
    """Return the pass of the last thing that was measured; empty if nothing was."""
    names = (getattr(each, "pass_name", "") for each in reversed(source.events))
    return next(filter(None, names), "")


def _needed(source: Record, tasks: record.PlannedTasks) -> record.PlannedTasks:
    """Return planned tasks without the launches that looks found not to be needed."""
    if tasks.pass_name != "speed" or source.header.plan.until is None:
        return tasks
    ended = enough(source.of(record.Look))
    cells = [cell for cell in source.header.cells if cell.model == tasks.model]
    needed = max((ended.get(cell, tasks.tasks) for cell in cells), default=tasks.tasks)
    return msgspec.structs.replace(tasks, tasks=min(tasks.tasks, needed))


def _failed(source: Record) -> set[tuple[str, str, str]]:
    return {
        (each.pass_name, each.model, "" if each.pass_name in OF_ALL else each.contender)
        for each in source.of(record.Failure)
    }


def _missing_of(
    pass_name: str, planned: Sequence[record.PlannedTasks], ended: Counter[tuple[str, str, str]]
) -> str:
    """Return a text on a pass's missing parts; empty if none are missing.

    It names the whole pass, or a whole model, or a model with a contender, whichever is shortest.
    """

    def found(tasks: record.PlannedTasks) -> int:
        return ended[pass_name, tasks.model, tasks.contender]

    if not any(map(found, planned)):
        return f"all of {pass_name}" if planned else ""
    by_model: dict[str, list[record.PlannedTasks]] = {}
    for tasks in planned:
        by_model.setdefault(tasks.model, []).append(tasks)
    parts = []
    for model, mine in by_model.items():
        if not any(map(found, mine)):
            parts.append(model)
            continue
        for tasks in mine:
            if found(tasks) < tasks.tasks:
                contender = f" with {tasks.contender}" if tasks.contender else ""
                some = f" beyond {found(tasks)} of {tasks.tasks}" if found(tasks) else ""
                parts.append(f"{model}{contender}{some}")
    return f"{pass_name} of {listed(parts)}" if parts else ""
