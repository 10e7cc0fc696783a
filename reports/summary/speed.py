"""What the speed pass showed, cell by cell, and where its time went."""

from collections.abc import Sequence

import msgspec

from aebench.reports import record
from aebench.reports.journal import Record
from aebench.reports.summary.cell_analysis import CellAnalysis, Key, Place
from aebench.reports.summary.parity import standing
from aebench.reports.summary.record_sets import places
from aebench.reports.summary.shared import ContenderView, models
from aebench.reports.summary.speed_rows import SpeedCell


def cells(sources: Sequence[Record], views: Sequence[ContenderView]) -> list[SpeedCell]:
    """Summarise every cell in which something was measured or failed."""
    plans = [source.header.plan for source in sources]
    watched: dict[Key, dict[Place, record.Block]] = {}
    for run, source in enumerate(sources):
        for block in source.of(record.Block):
            key = (block.model, block.workload, block.batch_size)
            watched.setdefault(key, {})[run, block.launch, block.block] = block
    planned = [places(source) for source in sources]
    found = []
    for model in models(sources):
        rounds: dict[Key, dict[str, dict[Place, record.Round]]] = {}
        for view in views:
            for row in view.of(record.Round, model.name):
                key = (model.name, row.workload, row.batch_size)
                if row.block >= 0:
                    mine = rounds.setdefault(key, {}).setdefault(view.name, {})
                    mine[view.run, row.launch, row.block] = row
        failed = any(
            each.pass_name == "speed"
            for view in views
            for each in view.of(record.Failure, model.name)
        )
        standings = {(each.run, each.name): standing(each, model.name) for each in views}
        for workload in dict.fromkeys(each for plan in plans for each in plan.workloads):
            for batch_size in dict.fromkeys(each for plan in plans for each in plan.batch_sizes):
                key = (model.name, workload, batch_size)
                # Runs that weren't to measure it have no part in it.
                there = [each for each in views if ("speed", *key) in planned[each.run]]
                if there and (failed or key in rounds or _unsupported(there, workload)):
                    meeting = CellAnalysis(
                        key, there, standings, rounds.get(key, {}), watched.get(key, {})
                    )
                    found.append(meeting.summarise())
    return found


def _unsupported(views: Sequence[ContenderView], workload: str) -> bool:
    """Return whether no contender can run a workload, and one of them for want of support."""
    reasons = [each.info.why_not("speed", workload) for each in views]
    return any(reasons) and all(
        reason or each.info.missing for reason, each in zip(reasons, views, strict=True)
    )


class Spent(msgspec.Struct, frozen=True):
    """Where the time of the launches went that were measured whole.

    ``rounds`` counts the warm-up too, ``repeated`` are the rounds of blocks that had to be
    repeated, ``overhead`` is all else: starting, compiling, discarded steps, pauses, ends of epochs. All
    but ``seconds`` are shares of it.
    """

    seconds: float
    rounds: float
    repeated: float
    overhead: float


def spent(source: Record) -> Spent | None:
    """Tell where the pass's time went; None if no launch was measured whole, with its time."""
    whole = {
        (each.task.model, each.task.launch): each.seconds
        for each in source.of(record.TaskEnd)
        if each.task.pass_name == "speed" and each.seconds is not None
    }
    total = sum(whole.values())
    if not total:
        return None
    repeated = {row.place for row in source.of(record.Block) if row.repeated}
    seconds = {True: 0.0, False: 0.0}
    for row in source.of(record.Round):
        if (row.model, row.launch) in whole:
            seconds[row.place in repeated] += row.seconds
    again, once = seconds[True] / total, seconds[False] / total
    return Spent(total, once, again, 1 - once - again)
