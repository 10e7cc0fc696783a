"""The record's schema: one JSON object per line, typed by ``kind``, everything measured, raw.

A record is append-only and self-contained: every number in every report follows from it. Fields
carry their tasks in their names.
"""

from aebench.reports.record.bounds import MOST
from aebench.reports.record.comparing import (
    Block,
    Call,
    FootprintFacts,
    Library,
    Parity,
    Phase,
    QualityEpoch,
    Reconstructions,
    Round,
    ShortEpoch,
)
from aebench.reports.record.explaining import (
    Compilation,
    MemoryCurve,
    MemoryPhase,
    MemorySteps,
    Operation,
    Profile,
)
from aebench.reports.record.header import (
    DIFFERENT,
    SAME,
    ContenderInfo,
    DataInfo,
    Header,
    MachineInfo,
    ModelInfo,
    PlanInfo,
    WorkloadInfo,
)
from aebench.reports.record.run import (
    End,
    Event,
    Failure,
    Line,
    PassEnd,
    Resume,
    Task,
    TaskEnd,
    Worker,
)

SCHEMA = 6

__all__ = [
    "DIFFERENT",
    "MOST",
    "SAME",
    "SCHEMA",
    "Block",
    "Call",
    "Compilation",
    "ContenderInfo",
    "DataInfo",
    "End",
    "Event",
    "Failure",
    "FootprintFacts",
    "Header",
    "Library",
    "Line",
    "MachineInfo",
    "MemoryCurve",
    "MemoryPhase",
    "MemorySteps",
    "ModelInfo",
    "Operation",
    "Parity",
    "PassEnd",
    "Phase",
    "PlanInfo",
    "Profile",
    "QualityEpoch",
    "Reconstructions",
    "Resume",
    "Round",
    "ShortEpoch",
    "Task",
    "TaskEnd",
    "Worker",
    "WorkloadInfo",
]
