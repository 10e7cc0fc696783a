"""What of a plan wasn't measured: a run that was cut names what it lacks."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from aebench.reports import record
from aebench.reports.formatting import listed
from aebench.reports.journal import Record


class Planned(NamedTuple):
    """RunOptions many tasks were to be measured of one sort; a speed task is of all contenders."""

    model: str
    contender: str
    tasks: int


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
            for each in planned(source, name)
            if (name, each.model, each.contender) not in failed
        ]
        told.append(_told(name, sorts, ended))
    lacking = "; ".join(filter(None, told))
    return f"Not measured, though planned: {lacking}." if lacking else ""


def planned(source: Record, pass_name: str) -> list[Planned]:
    """Count the tasks of a pass that :meth:`aebench.bench.plan.plan.Plan.tasks` lists."""
    header = source.header
    running = [each for each in header.contenders if not each.missing and not each.control_of]
    found: list[Planned] = []
    for model in header.models:
        if pass_name == "speed":
            found.append(Planned(model.name, "", header.plan.launches))
            continue
        for contender in running:
            count = _count(header.plan, pass_name, contender)
            if count:
                found.append(Planned(model.name, contender.name, count))
    return found


def _count(plan: record.PlanInfo, pass_name: str, contender: record.ContenderInfo) -> int:
    if contender.why_not(pass_name):
        return 0
    if pass_name == "parity":
        return int(contender.has_model)
    if not contender.on_keras:
        return 0
    return {"quality": len(plan.seeds), "footprint": plan.footprint_launches}.get(pass_name, 1)


def _failed(source: Record) -> set[tuple[str, str, str]]:
    return {
        (each.pass_name, each.model, "" if each.pass_name == "speed" else each.contender)
        for each in source.of(record.Failure)
    }


def _told(pass_name: str, sorts: Sequence[Planned], ended: Counter[tuple[str, str, str]]) -> str:
    """Say what of a pass is missing, as shortly as names it."""

    def found(each: Planned) -> int:
        return ended[pass_name, each.model, each.contender]

    if not any(map(found, sorts)):
        return f"all of {pass_name}" if sorts else ""
    by_model: dict[str, list[Planned]] = {}
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
