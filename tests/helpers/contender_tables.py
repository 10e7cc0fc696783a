"""Choose the tables in which every contender has a row or a column."""

from aebench.reports.summary import Summary
from aebench.reports.tables import TABLES, Table
from aebench.reports.tables.overview import glance

# Tables of one contender alone, of the points of a front, of means over contenders, of cells, of
# libraries, and of models.
_OTHERS = (
    "Operations by self time",
    "Memory by phase",
    "Least loss",
    "Loss and parameters",
    "Controls",
    "Matrix products alone, by library",
    "Models",
)


def contender_tables(summary: Summary) -> list[Table]:
    """Return the tables of a report in which every contender has a row or a column."""
    found = [glance(summary)] if summary.speed else []
    found += [table for view in TABLES for table in view.make(summary)]
    return [table for table in found if not table.title.startswith(_OTHERS)]


def entries(table: Table, contender: str) -> list[str]:
    """Return a contender's entries in its row or its column; an empty list if it has neither."""
    for row in table.rows:
        if contender in row[0]:
            return row[1:]
    for column, name in enumerate(table.columns):
        if contender in name:
            return [row[column] for row in table.rows]
    return []
