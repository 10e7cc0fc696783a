"""What the speed pass showed, cell by cell, and where its time went."""

from collections.abc import Sequence

import msgspec

from aebench.reports import record
from aebench.reports.journal import Record
from aebench.reports.summary.cell_analysis import Key, Meeting, Place
from aebench.reports.summary.parity import standing
from aebench.reports.summary.record_sets import places
from aebench.reports.summary.shared import Shown, definitions
from aebench.reports.summary.speed_rows import SpeedCell


def cells(sources: Sequence[Record], entrants: Sequence[Shown]) -> list[SpeedCell]:
    """Summarise every cell in which something was measured or failed."""
    plans = [source.header.plan for source in sources]
    watched: dict[Key, dict[Place, record.Block]] = {}
    for run, source in enumerate(sources):
        for block in source.of(record.Block):
            key = (block.definition, block.workload, block.batch_size)
            watched.setdefault(key, {})[run, block.launch, block.block] = block
    planned = [places(source) for source in sources]
    found = []
    for definition in definitions(sources):
        slices: dict[Key, dict[str, dict[Place, record.Slice]]] = {}
        for entrant in entrants:
            for row in entrant.of(record.Slice, definition.name):
                key = (definition.name, row.workload, row.batch_size)
                if row.block >= 0:
                    mine = slices.setdefault(key, {}).setdefault(entrant.name, {})
                    mine[entrant.run, row.launch, row.block] = row
        failed = any(
            each.pass_name == "speed"
            for entrant in entrants
            for each in entrant.of(record.Failure, definition.name)
        )
        standings = {(each.run, each.name): standing(each, definition.name) for each in entrants}
        for workload in dict.fromkeys(each for plan in plans for each in plan.workloads):
            for batch_size in dict.fromkeys(each for plan in plans for each in plan.batch_sizes):
                key = (definition.name, workload, batch_size)
                # Runs that weren't to measure it have no part in it.
                there = [each for each in entrants if ("speed", *key) in planned[each.run]]
                if there and (failed or key in slices):
                    meeting = Meeting(
                        key, there, standings, slices.get(key, {}), watched.get(key, {})
                    )
                    found.append(meeting.summarise())
    return found


class Spent(msgspec.Struct, frozen=True):
    """Where the time of the launches went that were measured whole.

    ``slices`` counts the warm-up too, ``repeated`` are the slices of blocks that had to be
    repeated, ``overhead`` is all else: starting, compiling, lead-ins, pauses, ends of epochs. All
    but ``seconds`` are shares of it.
    """

    seconds: float
    slices: float
    repeated: float
    overhead: float


def spent(source: Record) -> Spent | None:
    """Tell where the pass's time went; None if no launch was measured whole, with its time."""
    whole = {
        (each.unit.definition, each.unit.launch): each.seconds
        for each in source.of(record.UnitEnd)
        if each.unit.pass_name == "speed" and each.seconds is not None
    }
    total = sum(whole.values())
    if not total:
        return None
    repeated = {row.place for row in source.of(record.Block) if row.repeated}
    seconds = {True: 0.0, False: 0.0}
    for row in source.of(record.Slice):
        if (row.definition, row.launch) in whole:
            seconds[row.place in repeated] += row.seconds
    again, once = seconds[True] / total, seconds[False] / total
    return Spent(total, once, again, 1 - once - again)
