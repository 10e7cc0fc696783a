"""The limit of a cell: the longer of the times that its matrix products and its memory take."""

from collections.abc import Iterable, Mapping, Sequence
from math import log
from statistics import fmean, median

from aebench.reports import launches, record
from aebench.reports.formatting import listed
from aebench.reports.statistics import Estimate
from aebench.reports.summary.cell_rounds import BlockKey, CellRounds, LaunchKey, by_launch
from aebench.reports.summary.speed_rows import CellLimit, SpeedCell

COMPUTE, MEMORY = "compute", "memory"


def bound(rounds: CellRounds, baseline: str) -> str:
    """Return which of the two times is longer on average; empty if memory wasn't measured.

    Parameters
    ----------
    rounds : CellRounds
        The rounds of the cell.
    baseline : str
        The name of the baseline that computes matrix products alone.
    """
    products, memory = rounds.blocks.get(baseline, {}), rounds.memory.get(baseline, {})
    if not products or not memory:
        return ""
    return MEMORY if fmean(map(log, memory.values())) > fmean(_logs(products)) else COMPUTE


def seconds(rounds: CellRounds, baseline: str) -> Mapping[BlockKey, float]:
    """Return the seconds per step that the limit allows at least, by block."""
    of_memory = bound(rounds, baseline) == MEMORY
    return (rounds.memory if of_memory else rounds.blocks).get(baseline, {})


def summarise(
    rounds: CellRounds,
    baseline: str,
    chosen: Sequence[record.Library],
    operations: int | None,
) -> CellLimit:
    """Return the limit of a cell.

    Parameters
    ----------
    rounds, baseline
        See :func:`bound`; the baseline has rounds.
    chosen : sequence of Library
        What the baseline told of its libraries.
    operations : int or None
        Floating-point operations per sample; None if they aren't known.
    """
    batch_size = rounds.key[2]
    products = _samples_per_second(by_launch(rounds.blocks[baseline]), batch_size)
    memory = rounds.memory.get(baseline)
    by_memory = _samples_per_second(by_launch(memory), batch_size) if memory else None
    bytes_moved = next((each.step_bytes for each in chosen if each.step_bytes), None)
    return CellLimit(
        bound(rounds, baseline),
        products_samples_per_second=products,
        memory_samples_per_second=by_memory,
        operations_per_second=operations * products.value if operations else None,
        step_bytes=bytes_moved,
        bytes_per_second=by_memory.value / batch_size * bytes_moved
        if by_memory and bytes_moved
        else None,
    )


def _logs(values: Mapping[BlockKey, float]) -> Iterable[float]:
    return map(log, values.values())


def _samples_per_second(
    of_launches: Mapping[LaunchKey, Sequence[float]], batch_size: int
) -> Estimate:
    """Return the throughput that seconds per step mean: over launches, by their own spread."""
    logs = [log(median(each)) for each in of_launches.values()]
    error = launches.mean_error(launches.spread(logs), len(logs))
    return launches.estimate(fmean(logs), error).inverted().scaled(batch_size)


def defects(cells: Sequence[SpeedCell]) -> list[str]:
    """Return a notice on the cells in which a contender is above the limit."""
    found = [cell for cell in cells if cell.faster_than_limit]
    if not found:
        return []
    where = "; ".join(
        f"{listed(cell.faster_than_limit)} in {cell.workload} {cell.model} at batch "
        f"{cell.batch_size}"
        for cell in found
    )
    return [
        f"The limit has a defect: above it by more than their intervals are {where}. Shares of the "
        "limit mean nothing there."
    ]
