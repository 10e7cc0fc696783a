"""The one list of events: every line of a record but the first is one of them.

A new event is a struct with a ``pass_name``, and a line here: all else follows.
"""

from typing import get_args

from aebench.reports.record import comparing, explaining, run
from aebench.reports.record.header import Header

Event = (
    run.WorkerInfo
    | comparing.Round
    | comparing.Block
    | comparing.Parity
    | comparing.Library
    | comparing.Call
    | comparing.ShortEpoch
    | comparing.Phase
    | comparing.FootprintFacts
    | comparing.QualityEpoch
    | comparing.Reconstructions
    | explaining.Compilation
    | explaining.Operation
    | explaining.Profile
    | explaining.MemoryPhase
    | explaining.MemorySteps
    | explaining.MemoryCurve
    | run.Failure
    | run.TaskEnd
    | run.Resume
    | run.PassEnd
    | run.End
)
EVENTS: tuple[type, ...] = get_args(Event)
Line = Header | Event
