"""What of a plan wasn't measured: a run that was cut names what it lacks."""

from collections.abc import Iterator

from reports import record
from reports.journal import Record
from reports.record import Unit
from reports.units import listed


def missing(source: Record) -> str:
    """Say in a sentence what a record lacks of its plan; empty if it is whole."""
    plan = source.header.plan
    lacking: dict[str, list[str]] = {name: [] for name in plan.passes}
    done = source.done()
    for what, units in _planned(source):
        found = sum(unit in done for unit in units)
        if units and found < len(units):
            some = f" ({found} of {len(units)})" if found else ""
            lacking[units[0].pass_name].append(f"{what}{some}")
    told = [f"{name} of {listed(each)}" for name, each in lacking.items() if each]
    return f"Not measured, though planned: {'; '.join(told)}." if told else ""


def _planned(source: Record) -> Iterator[tuple[str, list[Unit]]]:
    """Give what belongs together, under its name: the units of :meth:`bench.plan.Plan.units`."""
    plan = source.header.plan
    running = [each for each in source.header.contenders if not each.missing and not each.twin_of]
    for name in plan.passes:
        for definition in source.header.definitions:
            if name == "speed":
                yield (
                    definition.name,
                    [Unit(name, definition.name, "", each) for each in range(plan.launches)],
                )
                continue
            for contender in running:
                numbers = _numbers(plan, name, contender)
                yield (
                    f"{definition.name} with {contender.name}",
                    [Unit(name, definition.name, contender.name, each) for each in numbers],
                )


def _numbers(plan: record.PlanInfo, pass_name: str, contender: record.ContenderInfo) -> list[int]:
    if pass_name == "parity":
        return [] if contender.backend == record.GEMM else [0]
    if not contender.on_keras:
        return []
    return list(plan.seeds if pass_name == "quality" else range(plan.footprint_launches))
