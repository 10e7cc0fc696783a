"""Replay the launches of a record as if it had been measured until it is known; see replay.py."""

from collections import Counter

import msgspec

from aebench.reports.journal import Record
from aebench.reports.record import DECIDED, WIDTH, Look, StoppingRule
from aebench.reports.stopping import enough
from aebench.reports.summary import summarise
from aebench.reports.summary.looks import looks_due

FIRST_LOOK, FIRST_STAGE, WIDTHS = 2, 4, (0.03, 0.05)
_ORDERED = ("faster", "slower", "same")


def replayed(source: Record, rule: StoppingRule) -> Record:
    """Return a record with the looks that a run by a rule would have made of its launches."""
    plan = msgspec.structs.replace(source.header.plan, until=rule)
    found = Record(msgspec.structs.replace(source.header, plan=plan), list(source.events))
    for look in looks_due(found, rule.most_launches):
        found.add(look)
    return found


def print_looks(source: Record) -> None:
    """Print after how many launches verdicts would have stood, and whether they are the record's.

    A second table says how many launches Stein's two stages would have asked for.
    """
    most = source.header.plan.launches
    found = replayed(source, StoppingRule(DECIDED, FIRST_LOOK, most))
    whole = {
        (cell.model, cell.workload, cell.batch_size, row.contender): row.verdict
        for cell in summarise(source).speed
        for row in cell.rows
    }
    ended = enough(found.of(Look))
    launches = [ended.get(cell, most) for cell in source.header.cells]
    undecided = len(launches) - len(ended)
    counts = Counter(ended.values())
    told = ", ".join(f"{counts[each]} after {each}" for each in sorted(counts))
    print(
        f"\nUntil decided, at most {most} launches: of {len(launches)} cells {told or 'none'}, "
        f"{undecided} not at all; {sum(launches)} launches of cells instead of "
        f"{most * len(launches)}."
    )
    stopped = [look for look in found.of(Look) if look.enough]
    pairs = [
        (verdict, whole[look.model, look.workload, look.batch_size, name])
        for look in stopped
        for name, verdict in look.verdicts.items()
    ]
    same = sum(mine == other for mine, other in pairs)
    against = sum(mine != other and {mine, other} <= set(_ORDERED) for mine, other in pairs)
    print(
        f"Verdicts at these looks that are the whole record's: {same} of {len(pairs)}; that "
        f"contradict it: {against}."
    )
    if most <= FIRST_STAGE:
        return
    for width in WIDTHS:
        rule = StoppingRule(WIDTH, FIRST_STAGE, most, width)
        needed = [look.enough for look in replayed(source, rule).of(Look)]
        known = sorted(each for each in needed if each is not None)
        texts = [*map(str, known), *["out of reach"] * (len(needed) - len(known))]
        print(f"Until {rule}, from the first {FIRST_STAGE}: {', '.join(texts)} launches.")
