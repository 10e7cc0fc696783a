"""What of a plan wasn't measured: a run that was cut names what it lacks."""

from collections.abc import Sequence

from reports import record
from reports.journal import Record
from reports.record import Unit
from reports.units import listed


def missing(source: Record) -> str:
    """Say in a sentence what a record lacks of its plan; empty if it is whole."""
    done = source.done()
    told = [_told(name, planned(source, name), done) for name in source.header.plan.passes]
    lacking = "; ".join(filter(None, told))
    return f"Not measured, though planned: {lacking}." if lacking else ""


def planned(source: Record, pass_name: str) -> list[Unit]:
    """List the units of a pass, as :meth:`bench.plan.Plan.units` does."""
    header = source.header
    plan = header.plan
    found: list[Unit] = []
    for definition in header.definitions:
        if pass_name == "speed":
            found += [Unit(pass_name, definition.name, "", each) for each in range(plan.launches)]
            continue
        for contender in header.contenders:
            if not contender.missing and not contender.twin_of:
                numbers = _numbers(plan, pass_name, contender)
                found += [
                    Unit(pass_name, definition.name, contender.name, each) for each in numbers
                ]
    return found


def _numbers(
    plan: record.PlanInfo, pass_name: str, contender: record.ContenderInfo
) -> Sequence[int]:
    if pass_name == "parity":
        return [] if contender.backend == record.GEMM else [0]
    if not contender.on_keras:
        return []
    return plan.seeds if pass_name == "quality" else range(plan.footprint_launches)


def _told(pass_name: str, units: Sequence[Unit], done: set[Unit]) -> str:
    """Say what of a pass is missing, as shortly as names it."""
    if not done.isdisjoint(units):
        parts = []
        for definition in dict.fromkeys(unit.definition for unit in units):
            mine = [unit for unit in units if unit.definition == definition]
            if done.isdisjoint(mine):
                parts.append(definition)
                continue
            for contender in dict.fromkeys(unit.contender for unit in mine):
                theirs = [unit for unit in mine if unit.contender == contender]
                found = sum(unit in done for unit in theirs)
                if found < len(theirs):
                    who = f" with {contender}" if contender else ""
                    some = f" beyond {found} of {len(theirs)}" if found else ""
                    parts.append(f"{definition}{who}{some}")
        return f"{pass_name} of {listed(parts)}" if parts else ""
    return f"all of {pass_name}" if units else ""
