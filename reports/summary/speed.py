"""Summarise the speed pass, cell by cell, and compute how its time was spent."""

from collections.abc import Sequence

import msgspec

from aebench.reports import record
from aebench.reports.journal import Record
from aebench.reports.stopping import enough
from aebench.reports.summary.cell_measurements import CellMeasurements
from aebench.reports.summary.cell_rounds import BlockKey, Key
from aebench.reports.summary.parity import ModelParity
from aebench.reports.summary.questions import Runs
from aebench.reports.summary.run_cells import Measured, MeasuredCell, RunCell, combined
from aebench.reports.summary.shared import ContenderView, models, workload_info, workloads
from aebench.reports.summary.states import states


def cells(sources: Sequence[Record], views: Sequence[ContenderView]) -> Measured:
    """Summarise every cell in which a contender was measured or failed."""
    runs = Runs(sources)
    return combined(_run_cells(sources, views, runs), runs, states(sources))


def measurements(source: Record, views: Sequence[ContenderView]) -> list[CellMeasurements]:
    """Return the measurements of every cell of a run that was measured, or failed."""
    return [each.cell for each in _run_cells([source], views, Runs([source]))]


def _run_cells(
    sources: Sequence[Record], views: Sequence[ContenderView], runs: Runs
) -> list[RunCell]:
    """Return the measurements of all cells, run by run."""
    words = workloads(sources)
    sufficient: dict[Key, dict[int, int]] = {}
    for run, source in enumerate(sources):
        for cell, launches in enough(source.of(record.Look)).items():
            sufficient.setdefault(_key(cell), {})[run] = launches
    watched: dict[Key, dict[BlockKey, record.Block]] = {}
    for run, source in enumerate(sources):
        for block in source.of(record.Block):
            key = (block.model, block.workload, block.batch_size)
            watched.setdefault(key, {})[run, block.launch, block.block] = block
    planned = [{_key(cell) for cell in source.header.cells} for source in sources]
    cells_of_model: dict[str, list[record.Cell]] = {}
    for source in sources:
        for cell in source.header.cells:
            cells_of_model.setdefault(cell.model, []).append(cell)
    found: list[RunCell] = []
    for model in models(sources):
        rounds: dict[Key, dict[str, dict[BlockKey, record.Round]]] = {}
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
        compared = {(each.run, each.name): ModelParity(each, model.name) for each in views}
        for key in _keys(cells_of_model.get(model.name, [])):
            taking_part = [each for each in views if key in planned[each.run]]
            measured = failed or key in rounds or _unsupported(taking_part, key[1])
            if taking_part and measured:
                # A contender that is missing in all runs has a row in each cell.
                absent = [
                    each
                    for each in views
                    if each.info.missing
                    and key not in planned[each.run]
                    and each.name not in rounds.get(key, {})
                ]
                workload = workload_info(words, key[1])
                here = [*taking_part, *absent]
                standings = {
                    (each.run, each.name): compared[each.run, each.name].standing(workload, key[2])
                    for each in here
                }
                of_cell = MeasuredCell(
                    key,
                    workload,
                    here,
                    standings,
                    rounds.get(key, {}),
                    watched.get(key, {}),
                    sufficient.get(key, {}),
                )
                found += of_cell.by_run(runs)
    return found


def _unsupported(views: Sequence[ContenderView], workload: str) -> bool:
    """Return whether no contender can run a workload, for at least one because of its backend."""
    reasons = [view.info.why_not("speed", workload) for view in views]
    return any(reasons) and all(
        reason or view.info.missing for reason, view in zip(reasons, views, strict=True)
    )


def _key(cell: record.Cell) -> Key:
    return cell.model, cell.workload, cell.batch_size


def _keys(cells: Sequence[record.Cell]) -> list[Key]:
    """Return the keys of a model's cells, in the order of workloads and batch sizes."""
    workloads: dict[str, int] = {}
    sizes: dict[int, int] = {}
    for cell in cells:
        workloads.setdefault(cell.workload, len(workloads))
        sizes.setdefault(cell.batch_size, len(sizes))
    wanted = dict.fromkeys(map(_key, cells))
    return sorted(wanted, key=lambda key: (workloads[key[1]], sizes[key[2]]))


class TimeSpent(msgspec.Struct, frozen=True):
    """The time of the launches that were completely measured, and the shares of its parts.

    ``seconds`` is the whole time; the other fields are shares of it. ``rounds`` is the share of
    timed rounds that count. ``repeated`` is the share of rounds in blocks that had to be repeated.
    ``overhead`` is the rest: starting, compiling, warm-up, discarded steps, controls, pauses, ends
    of epochs.
    """

    seconds: float
    rounds: float
    repeated: float
    overhead: float


def spent(source: Record) -> TimeSpent | None:
    """Return how the speed pass's time was spent; None if no launch was completely measured."""
    whole = {
        (end.task.model, end.task.launch): end.seconds
        for end in source.of(record.TaskEnd)
        if end.task.pass_name == "speed" and end.seconds is not None
    }
    total = sum(whole.values())
    if not total:
        return None
    repeated = {row.block_key for row in source.of(record.Block) if row.repeated}
    seconds = {True: 0.0, False: 0.0}
    for row in source.of(record.Round):
        # Rounds of the warm-up (below 0) are in no figure, so that they are overhead.
        if (row.model, row.launch) in whole and row.block >= 0:
            seconds[row.block_key in repeated] += row.seconds
    again, once = seconds[True] / total, seconds[False] / total
    return TimeSpent(total, once, again, 1 - once - again)
