"""Bounds of a record's values: reading refuses values that no measurement can have produced.

A record may come from anyone. Reading checks the bounds, so later code need not check them.
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
# Seconds since 1970 (UTC).
Instant = Annotated[float, Meta(ge=0, le=1e11)]
Share = Annotated[float, Meta(ge=0, le=1)]
Figure = Annotated[float, Meta(ge=-1e8, le=1e8)]
# Largest number of characters: of a name (such as a path), and of a longer text (such as a log).
MOST_NAME, MOST_TEXT = 5000, 2**17
Name = Annotated[str, Meta(max_length=MOST_NAME)]
Text = Annotated[str, Meta(max_length=MOST_TEXT)]
# Largest number of polls of an input path at the end of an epoch.
MOST_POLLS = 1000
# Largest length of a plan's lists. Reports combine the entries of one list with all of another.
MOST_LISTED = 20_000
# The name of a workload; any installed package may add workloads.
Workload = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}\Z")]
# Largest numbers of workloads and of tasks in a plan; the bench itself plans fewer.
MOST_WORKLOADS, MOST_TASKS = 20, 20_000
# Largest number of calls in one round.
MOST_CALLS = 100_000

# Largest sizes of the machine controls: a run that is carried on does what its record says.
MOST_PASSES, MOST_STREAMED_BYTES, MOST_ARRAY_BYTES, MOST_THREADS = MOST, 2**34, 2**28, 32

# Largest sizes of a record's file and of a line, and largest number of events in a record.
MOST_RECORD_BYTES = 2**30
MOST_LINE_BYTES = 2**24
MOST_EVENTS = 2_000_000
# Largest number of values in a record, counted by commas. A value of 2 bytes takes 32 in memory.
MOST_VALUES = 30_000_000
# Largest number of records in one report.
MOST_RECORDS = 1000
# Limit of models × contenders × workloads × batch sizes: each combination gets a row.
MOST_CELLS = 20_000
