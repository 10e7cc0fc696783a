"""Make the tables of a report as data, which the terminal, Markdown and HTML show.

Each file of this folder lists its tables, with their sections, in ``VIEWS``; see
:mod:`aebench.reports.sections`.
"""

import sys

from aebench.reports.sections import TableView, discover
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
    "TABLES",
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

# Modules of this package that define no tables; discover skips them.
_HELPERS = ("facts", "looks", "memory_kinds", "over_runs", "shared", "wide")
# All tables, in the order of a report.
TABLES = discover(sys.modules[__name__], _HELPERS, TableView)


def all_tables(summary: Summary) -> list[Table]:
    """Return the tables that a terminal shows, in the order of their ``terminal_order``.

    A report also has the tables without a ``terminal_order``: what explains ratios, and controls.
    """
    on_terminal = [
        (view.terminal_order, view) for view in TABLES if view.terminal_order is not None
    ]
    on_terminal.sort(key=lambda pair: pair[0])
    return [table for _, view in on_terminal for table in view.make(summary)]
