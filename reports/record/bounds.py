"""What figures of a record may be: what can't have been measured is refused where it is read.

A record may come from anywhere, so that nothing that computes with it has to look.
"""

from typing import Annotated

from msgspec import Meta

MOST = 100_000
Count = Annotated[int, Meta(ge=0, le=2**50)]
# Of what is listed or counted through.
Size = Annotated[int, Meta(ge=1, le=MOST)]
Positive = Annotated[int, Meta(ge=1, le=2**50)]
Seconds = Annotated[float, Meta(ge=0, le=1e8)]
PositiveSeconds = Annotated[float, Meta(ge=1e-6, le=1e8)]
Share = Annotated[float, Meta(ge=0, le=1)]
Figure = Annotated[float, Meta(ge=-1e8, le=1e8)]
# Of a contender, a path, a phase; and of what somebody wrote, such as a reason or a log.
MOST_NAME, MOST_TEXT = 5000, 2**17
Name = Annotated[str, Meta(max_length=MOST_NAME)]
Text = Annotated[str, Meta(max_length=MOST_TEXT)]
# Ages at which an input path lets go.
MOST_POLLS = 1000
# What of a plan is gone through, once for each of the others.
MOST_LISTED = 20_000
# The name of a workload; any distribution may add one.
Workload = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}\Z")]
# Of a plan: workloads, and tasks, of which the bench plans fewer.
MOST_WORKLOADS, MOST_TASKS = 20, 20_000
# Calls of one round.
MOST_CALLS = 100_000

# Of a record as a file: all of it, a line, the events in it, and records side by side.
MOST_RECORD_BYTES = 2**30
MOST_LINE_BYTES = 2**24
MOST_EVENTS = 2_000_000
# Of all lines, by their commas: memory goes with them, 2 bytes of a list take 32 of it.
MOST_VALUES = 30_000_000
MOST_RECORDS = 100
# Of models × contenders × workloads × batch sizes, each of which has a row.
MOST_CELLS = 20_000
