"""The record's schema: one JSON object per line, typed by ``kind``, everything measured, raw.

A record is append-only and self-contained: every number in every report follows from it. Fields
carry their units in their names.
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
    ShortEpoch,
    Slice,
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
    GEMM,
    NATIVE,
    SAME,
    ContenderInfo,
    DataInfo,
    DefinitionInfo,
    Header,
    MachineInfo,
    PlanInfo,
)
from aebench.reports.record.run import (
    End,
    Event,
    Failure,
    Line,
    PassEnd,
    Resume,
    Unit,
    UnitEnd,
    Worker,
)

SCHEMA = 5

__all__ = [
    "DIFFERENT",
    "GEMM",
    "MOST",
    "NATIVE",
    "SAME",
    "SCHEMA",
    "Block",
    "Call",
    "Compilation",
    "ContenderInfo",
    "DataInfo",
    "DefinitionInfo",
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
    "Operation",
    "Parity",
    "PassEnd",
    "Phase",
    "PlanInfo",
    "Profile",
    "QualityEpoch",
    "Reconstructions",
    "Resume",
    "ShortEpoch",
    "Slice",
    "Unit",
    "UnitEnd",
    "Worker",
]
