"""The tables, as data: what the terminal and Markdown both show."""

from aebench.reports.summary import Summary
from aebench.reports.tables.breakeven import break_even
from aebench.reports.tables.controls import controls
from aebench.reports.tables.facts import facts, failed_where
from aebench.reports.tables.footprint import SHORT_PHASES, footprint
from aebench.reports.tables.memory import memory
from aebench.reports.tables.overview import overview
from aebench.reports.tables.parity import parity
from aebench.reports.tables.profile import profile
from aebench.reports.tables.quality import cost, quality
from aebench.reports.tables.shared import VERDICT, Table, share, shown
from aebench.reports.tables.speed import speed, times

__all__ = [
    "SHORT_PHASES",
    "VERDICT",
    "Table",
    "all_tables",
    "break_even",
    "controls",
    "cost",
    "facts",
    "failed_where",
    "footprint",
    "memory",
    "overview",
    "parity",
    "profile",
    "quality",
    "share",
    "shown",
    "speed",
    "times",
]


def all_tables(summary: Summary) -> list[Table]:
    """Return the tables of a terminal, in the order of the passes; a report has two more."""
    return [
        *parity(summary),
        *speed(summary),
        *footprint(summary),
        *break_even(summary),
        *quality(summary),
        *cost(summary),
        *profile(summary),
        *memory(summary),
    ]
