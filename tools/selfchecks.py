"""Print a table in Markdown of several self-checks, with a row per record.

Usage: python tools/selfchecks.py RECORD...
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from aebench.reports.formatting import duration, percent
from aebench.reports.journal import load, record_paths
from aebench.reports.selfcheck import judge
from aebench.reports.summary import summarise
from aebench.reports.tables.speed import detectable, times

COLUMNS = (
    "backend, size",
    "A/A control",
    "known-effect control",
    "noise floor",
    "MDE",
    "pair SD",
    "launch SD",
    "blocks repeated",
    "overhead",
    "took",
)


def table(paths: Sequence[Path]) -> str:
    """Return the table of the self-checks whose records are at ``paths``."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "| --- |" + " ---: |" * (len(COLUMNS) - 1)]
    for path in paths:
        summary = summarise(load(path))
        (cell,), (run,) = summary.speed, summary.runs
        reference, control, known_effect = cell.rows
        check = judge(summary)
        assert check and run.speed and control.minimum_detectable_effect
        assert control.pair_sd is not None and cell.noise_floor is not None
        marks = [
            f"{row.verdict} {times(row, row.times_reference)} {'✓' if right else '✗'}"
            for row, right in (
                (control, check.control_right),
                (known_effect, check.known_effect_right),
            )
        ]
        entries = [
            f"{reference.contender}, {run.plan.blocks_text}",
            *marks,
            percent(cell.noise_floor),
            detectable(control.minimum_detectable_effect),
            percent(control.pair_sd),
            "–" if control.launch_sd is None else percent(control.launch_sd),
            str(cell.repeated),
            percent(run.speed.overhead),
            duration(run.speed.seconds),
        ]
        lines.append("| " + " | ".join(entries) + " |")
    return "\n".join(lines)


def main() -> None:
    print(table(record_paths([Path(argument) for argument in sys.argv[1:]])))


if __name__ == "__main__":
    main()
