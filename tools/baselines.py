"""Print a table in Markdown of the share of the limit that the native baselines reach.

The limit is the throughput of the matrix products alone (``gemm``).

Usage: python tools/baselines.py RECORD
"""

import sys
from pathlib import Path

from aebench.reports.journal import load
from aebench.reports.summary import summarise
from aebench.reports.tables import share, shown


def table(path: Path) -> str:
    """Return the table of the record at ``path``, in Markdown."""
    summary = summarise(load(path))
    names = [row.contender for row in summary.speed[0].rows if not row.control_of]
    others = [name for name in names if name != "gemm"]
    lines = [
        "| batch | gemm, samples/s (by) | " + " | ".join(others) + " |",
        "| --- |" + " ---: |" * (1 + len(others)),
    ]
    for cell in summary.speed:
        rows = {row.contender: row for row in cell.rows}
        library = next(iter(cell.library_samples_per_second))
        gemm = f"{shown(rows['gemm'].samples_per_second)} ({library})"
        reached = [f"{share(rows[name].of_limit)} %" for name in others]
        lines.append(f"| {cell.batch_size} | {gemm} | " + " | ".join(reached) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))
