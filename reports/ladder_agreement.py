"""Say in sentences whether ladder and profile tell the same of a step."""

from collections.abc import Iterable, Iterator

from aebench.reports.formatting import interval, listed
from aebench.reports.statistics import Estimate
from aebench.reports.summary import LadderAgreement, LadderRow
from aebench.reports.summary.ladder_agreement import ComparedPart

_MILLI = 1000


def of_cell(rows: Iterable[LadderRow], beside: Iterable[LadderAgreement]) -> list[LadderAgreement]:
    """Return those of all rows' agreements that are about the rows of a cell."""
    cells = {(row.contender, row.model, row.workload, row.batch_size) for row in rows}
    return [
        each
        for each in beside
        if (each.contender, each.model, each.workload, each.batch_size) in cells
    ]


def sentences(found: Iterable[LadderAgreement]) -> Iterator[str]:
    """Yield sentences on what agrees, and on what isn't compared, with the reason."""
    reasons: dict[str, list[str]] = {}
    for each in found:
        if each.reason:
            reasons.setdefault(each.reason, []).append(each.contender)
        else:
            yield from _compared(each)
    for reason, names in reasons.items():
        yield f"Ladder and profile of {listed(names)} aren't compared: {reason}."


def _compared(found: LadderAgreement) -> Iterator[str]:
    who = f"Ladder and profile of {found.contender}"
    if found.profiled != found.contender:
        # Several records have profiles: their runs' names tell them apart.
        who = f"Ladder of {found.contender} and profile of {found.profiled}"
    alike = [_both(part) for part in found.parts if not part.apart_seconds]
    apart = [
        f"by at least {interval(_MILLI * part.apart_seconds)} ms in {_both(part)}"
        for part in found.parts
        if part.apart_seconds
    ]
    if alike:
        yield f"{who} agree within their errors, in ms a step: {'; '.join(alike)}."
    if apart:
        yield f"{who} differ {listed(apart)}."


def _both(part: ComparedPart) -> str:
    mine, theirs = part.ladder_seconds, part.profile_seconds
    if part.at_most:
        most = theirs.value if theirs.high is None else theirs.high
        return f"{part.name} {_ms(mine)} of at most {_ms(Estimate(most))}"
    return f"{part.name} {_ms(mine)} and {_ms(theirs)}"


def _ms(seconds: Estimate) -> str:
    found = seconds.scaled(_MILLI)
    return interval(found.value, found.low, found.high)
