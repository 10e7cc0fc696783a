"""Print what a record's machine controls show, and how far contenders follow them.

Usage: ``python tools/states.py RECORD``. For every cell it prints the share of calm blocks. For
every contender it prints the ratio of its steps in calm blocks and in all, and how far its seconds
correlate with each machine control (running medians over nine blocks). A square of a correlation is
a share of variance. Where all are near 0, the controls don't see what slows the contenders here.

Records from before have no such controls. There the native baselines stand in their place, if the
record has any: of each block the median of their seconds, over what each of them usually takes.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from aebench.reports import record
from aebench.reports.formatting import percent
from aebench.reports.journal import Record, load
from aebench.reports.summary import SpeedCell, SpeedRow, summarise
from aebench.reports.tables.shared import shown

COLUMNS = (
    "cell",
    "calm blocks",
    "contender",
    "× time, all",
    "× time, calm",
    "with compute",
    "with streaming",
)


def lines(source: Record) -> list[str]:
    """Return the lines of a record's table in Markdown."""
    stand_in = by_baselines(source)
    cells = [cell for cell in summarise(stand_in or source).speed if cell.calm_blocks is not None]
    if not cells:
        return ["This record has no machine controls, and no native baselines."]
    table = [f"| {' | '.join(COLUMNS)} |", "| --- | ---: | --- | ---: | ---: | ---: | ---: |"]
    for cell in cells:
        table += [f"| {' | '.join(_entries(cell, row))} |" for row in cell.rows if row.step_seconds]
    said = [
        f"{cell.workload} {cell.model}, batch {cell.batch_size}: {cell.depends_on_state}"
        for cell in cells
        if cell.depends_on_state
    ]
    head = _sizes(source)
    if stand_in:
        head = ["No machine controls: native baselines stand in their place, as streaming.\n"]
    return [*head, *table, "", *(said or ["No ratio is shown to depend on the state."])]


def by_baselines(source: Record) -> Record | None:
    """Return a record whose streaming control is made of its native baselines' seconds.

    Return None if the record has machine controls, or no native baselines.
    """
    blocks = source.of(record.Block)
    natives = {each.name for each in source.header.contenders if each.baseline and each.framework}
    if not natives or any(block.streaming_seconds for block in blocks):
        return None
    seconds: dict[tuple[object, ...], dict[str, float]] = {}
    usual: dict[tuple[object, ...], list[float]] = {}
    for row in source.of(record.Round):
        if row.contender in natives and row.block >= 0:
            step = row.seconds / row.steps
            seconds.setdefault(row.block_key, {})[row.contender] = step
            usual.setdefault((row.contender, *row.block_key[:3]), []).append(step)
    levels = {key: float(np.quantile(steps, 0.2)) for key, steps in usual.items()}
    found = Record(source.header)
    for event in source.events:
        if isinstance(event, record.Block) and event.block_key in seconds:
            relative = [
                step / levels[name, *event.block_key[:3]]
                for name, step in seconds[event.block_key].items()
            ]
            event = msgspec.structs.replace(
                event, compute_seconds=1.0, streaming_seconds=float(np.median(relative))
            )
        found.events.append(event)
    return found


def _sizes(source: Record) -> list[str]:
    return [
        f"Controls: {sizes.compute_passes:,} passes; {_mib(sizes.streamed_bytes)} streamed of two "
        f"arrays of {_mib(sizes.array_bytes)} by {sizes.threads} threads; last-level cache "
        f"{'unknown' if sizes.cache_bytes is None else _mib(sizes.cache_bytes)}.\n"
        for sizes in source.of(record.ControlSizes)
    ]


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:.0f} MiB"


def _entries(cell: SpeedCell, row: SpeedRow) -> Sequence[str]:
    found = row.control_correlations
    calm_share = (cell.calm_blocks or 0) / max(1, cell.blocks)
    return (
        f"{cell.workload} {cell.model}, {cell.batch_size}",
        percent(calm_share),
        row.contender,
        shown(row.times_reference),
        shown(row.times_reference_calm),
        *(f"{found[name]:+.2f}" if name in found else "–" for name in ("compute", "streaming")),
    )


if __name__ == "__main__":
    print("\n".join(lines(load(Path(sys.argv[1])))))
