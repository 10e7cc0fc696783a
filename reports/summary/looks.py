"""Decide which cells of a run have launches enough: a record in, looks out.

A run that is carried on decides by its record alone, like one that was never cut.
"""

from collections.abc import Iterator

import msgspec

from aebench.reports.journal import Record
from aebench.reports.record import Cell, Event, Look, StoppingRule
from aebench.reports.stopping import enough, launches_for, spent_share
from aebench.reports.summary.cell_comparisons import CellComparisons
from aebench.reports.summary.cell_measurements import CellMeasurements
from aebench.reports.summary.cell_rounds import Pools
from aebench.reports.summary.cell_summary import CellSummary
from aebench.reports.summary.shared import contenders
from aebench.reports.summary.speed import measurements

# More launches can change these verdicts. Those of a contender that failed in a launch stay
# "unfinished" however many launches follow.
_OPEN = ("inconclusive", "disturbed")
_ERROR = 0.05


def looks_due(source: Record, launches: int) -> Iterator[Look]:
    """Yield the looks that a record lacks, up to a number of launches that were measured.

    The caller appends each look to the record before it asks for the next one.
    """
    rule = source.header.plan.until
    if rule is None:
        return
    last = min(launches, rule.first_look if rule.by_width else rule.most_launches)
    for count in range(rule.first_look, last + 1):
        made = {_cell(look) for look in source.of(Look) if look.launch == count - 1}
        ended = enough(source.of(Look))
        going_on = [cell for cell in source.header.cells if ended.get(cell, count) >= count]
        if set(going_on) - made:
            found = _looks(source, rule, count)
            for cell in going_on:
                if cell not in made:
                    yield found.get(cell) or _nothing_to_measure(cell, count)


def goes_on(source: Record, cell: Cell, launch: int) -> bool:
    """Return whether a cell takes part in a launch, by the looks that a record holds."""
    return launch < enough(source.of(Look)).get(cell, launch + 1)


def _cell(look: Look) -> Cell:
    return Cell(look.model, look.workload, look.batch_size)


def _looks(source: Record, rule: StoppingRule, count: int) -> dict[Cell, Look]:
    """Look at all measured cells of a record after some launches."""
    sizes = [
        msgspec.structs.replace(each, launches=min(each.launches, count))
        for each in source.header.plan.sizes
    ]
    plan = msgspec.structs.replace(source.header.plan, sizes=sizes)
    header = msgspec.structs.replace(source.header, plan=plan)
    seen = Record(header, [event for event in source.events if not _is_later(event, count)])
    found = measurements(seen, contenders([seen]))
    pools = Pools(found)
    return {Cell(*each.key): _look(each, pools, rule, count) for each in found}


def _nothing_to_measure(cell: Cell, count: int) -> Look:
    """Return the look at a cell that no contender can run."""
    return Look(cell.model, cell.workload, cell.batch_size, count - 1, 0.0, enough=count)


def _is_later(event: Event, count: int) -> bool:
    in_speed = getattr(event, "pass_name", "") == "speed"
    return in_speed and getattr(event, "launch", 0) >= count


def _look(
    measured: CellMeasurements, pools: Pools[CellMeasurements], rule: StoppingRule, count: int
) -> Look:
    cell, _ = CellSummary(CellComparisons(measured, pools)).summarise()
    level = _ERROR * spent_share(rule, count)
    verdicts = {
        row.contender: row.verdict for row in cell.rows if row.adjusted and not row.control_of
    }
    sufficient: int | None = None
    if rule.by_width:
        # Where launches can't narrow what they share, they narrow their own part as asked.
        needed = [
            launches_for(rule.width, known, further, rule.first_look)
            or launches_for(rule.width, known, (), rule.first_look)
            for known, further in measured.spreads(pools)
        ]
        known = [each for each in needed if each is not None]
        if len(known) == len(needed):
            sufficient = max(known, default=count)
    elif not set(_OPEN) & set(verdicts.values()):
        sufficient = count
    return Look(*measured.key, count - 1, level, verdicts, sufficient)
