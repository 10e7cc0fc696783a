"""The list of all types of event. Every line of a record after the header is an event.

To add a type, write a struct with a ``pass_name`` and add it to this list.
"""

from typing import get_args

from aebench.reports.record import comparing, explaining, run
from aebench.reports.record.header import Header

Event = (
    run.WorkerInfo
    | comparing.Round
    | comparing.ControlSizes
    | comparing.SteadyRound
    | comparing.Block
    | comparing.Parity
    | comparing.Library
    | comparing.Call
    | comparing.ShortEpoch
    | comparing.Phase
    | comparing.FootprintFacts
    | comparing.QualityEpoch
    | comparing.Reconstructions
    | explaining.RungRound
    | explaining.AbsentRung
    | explaining.LadderBlock
    | explaining.Compilation
    | explaining.Operation
    | explaining.Profile
    | explaining.MemoryPhase
    | explaining.MemorySteps
    | explaining.MemoryLoop
    | explaining.MemoryCurve
    | run.Failure
    | run.TaskEnd
    | run.Resume
    | run.Look
    | run.PassEnd
    | run.End
)
EVENTS: tuple[type, ...] = get_args(Event)
Line = Header | Event
