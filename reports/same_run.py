"""Find records of one run: a run that is given twice is measured once, and counts once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from aebench.reports.record import MemoryPhase, Phase, QualityEpoch, Round

if TYPE_CHECKING:
    from aebench.reports.reading import Record

# Measured times have nine digits: no event that bears one is the same in two runs.
_TIMED = (Round, Phase, QualityEpoch, MemoryPhase)
# Records of one run have their beginning in common, so that the first events tell.
_MOST_COMPARED = 200


@dataclass(frozen=True)
class Kept:
    """A record that counts: its index, and how many further records of its run there were."""

    index: int
    copies: int


def distinct(sources: Sequence["Record"]) -> list[Kept]:
    """Return which records count: of those of one run the one with the most events.

    Names of runs don't matter, since a copy may have been renamed. The kept record stands at the
    place of the first.
    """
    found: list[tuple[list[int], set[bytes]]] = []
    for index, source in enumerate(sources):
        mine = set(islice(_timed(source), _MOST_COMPARED))
        for indices, theirs in found:
            first = sources[indices[0]]
            if source is first or (_begun(source) == _begun(first) and mine & theirs):
                indices.append(index)
                theirs |= mine
                break
        else:
            found.append(([index], mine))

    def completeness(index: int) -> tuple[int, str]:
        return len(sources[index].events), sources[index].header.name

    return [
        Kept(
            max(indices, key=completeness),
            len(indices) - 1 + sum(sources[each].copies for each in indices),
        )
        for indices, _ in found
    ]


def _begun(source: "Record") -> tuple[object, ...]:
    """Return what the records of a run have in common from its beginning."""
    header = source.header
    return header.created, header.plan, header.machine


def _timed(source: "Record") -> Iterator[bytes]:
    return (msgspec.json.encode(event) for event in source.events if isinstance(event, _TIMED))
