"""Bounds of a record's values: reading refuses values that no measurement can have given.

A record may come from anyone. Because reading checks the bounds, later code need not check them.
"""

from typing import Annotated

from msgspec import Meta

MOST = 100_000
Count = Annotated[int, Meta(ge=0, le=2**50)]
# A number of items in a list or a loop.
Size = Annotated[int, Meta(ge=1, le=MOST)]
Positive = Annotated[int, Meta(ge=1, le=2**50)]
Seconds = Annotated[float, Meta(ge=0, le=1e8)]
PositiveSeconds = Annotated[float, Meta(ge=1e-6, le=1e8)]
Share = Annotated[float, Meta(ge=0, le=1)]
Figure = Annotated[float, Meta(ge=-1e8, le=1e8)]
# Most characters of a name (a contender's, a path's), and of a longer text (a reason, a log).
MOST_NAME, MOST_TEXT = 5000, 2**17
Name = Annotated[str, Meta(max_length=MOST_NAME)]
Text = Annotated[str, Meta(max_length=MOST_TEXT)]
# Most polls of an input path at the end of an epoch.
MOST_POLLS = 1000
# Most entries of a plan's list that reports combine with all entries of its other lists.
MOST_LISTED = 20_000
# The name of a workload; any installed package may add workloads.
Workload = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}\Z")]
# Most workloads and tasks of a plan; the bench itself plans fewer.
MOST_WORKLOADS, MOST_TASKS = 20, 20_000
# Most calls of one round.
MOST_CALLS = 100_000

# Limits of a record's file, of a line, of the events in a record, and of records in one report.
MOST_RECORD_BYTES = 2**30
MOST_LINE_BYTES = 2**24
MOST_EVENTS = 2_000_000
# Limit of all values in a record, counted by commas: a value of 2 bytes takes 32 in memory.
MOST_VALUES = 30_000_000
MOST_RECORDS = 100
# Limit of models × contenders × workloads × batch sizes: each combination gets a row.
MOST_CELLS = 20_000
