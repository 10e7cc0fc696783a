"""Receive jobs and commands, a worker's side: they are known by their names, others are errors."""

from collections.abc import Mapping
from typing import Any, get_args

from aebench.bench.protocol.channel import Channel, Message
from aebench.bench.protocol.messages.coding import ProtocolError, decode
from aebench.bench.protocol.messages.every_pass import Job
from aebench.bench.protocol.messages.footprint import FootprintJob
from aebench.bench.protocol.messages.inspection import Inspect, InspectionJob
from aebench.bench.protocol.messages.ladder import LadderJob, PrepareRungs, RunRung
from aebench.bench.protocol.messages.memory import MemoryJob
from aebench.bench.protocol.messages.memory_loop import LoopJob
from aebench.bench.protocol.messages.parity import Compare, ComputeResults, ParityJob
from aebench.bench.protocol.messages.profile import ProfileJob
from aebench.bench.protocol.messages.quality import BeginTraining, QualityJob
from aebench.bench.protocol.messages.speed import (
    Calibrate,
    Compile,
    Enter,
    Leave,
    RunRound,
    RunShortEpochs,
    SpeedJob,
    TimeProducts,
)

JOBS: dict[str, type[Job]] = {
    job.PASS: job
    for job in (
        SpeedJob,
        ParityJob,
        FootprintJob,
        MemoryJob,
        LoopJob,
        LadderJob,
        ProfileJob,
        QualityJob,
        InspectionJob,
    )
}
Command = (
    Inspect
    | Compile
    | Calibrate
    | TimeProducts
    | Enter
    | RunRound
    | Leave
    | PrepareRungs
    | RunRung
    | RunShortEpochs
    | BeginTraining
    | Compare
    | ComputeResults
)
COMMANDS: dict[str, type[Any]] = {kind.COMMAND: kind for kind in get_args(Command)}


def decode_job(message: Message) -> Job:
    """Return the job that a JSON object holds.

    Raises
    ------
    ProtocolError
        If the job or one of its fields is unknown to this version, or a field is missing.
    """
    kind: type[Job] = _kind(message, "job", JOBS)
    return decode(kind, _rest(message, "job"), f"job {message['job']!r}")


def decode_command(message: Message, *expected: type[Any]) -> Any:
    """Return the command that a JSON object holds.

    Parameters
    ----------
    message : dict
        A JSON object.
    expected : type
        The types of command that may come now.

    Raises
    ------
    ProtocolError
        If the command or one of its fields is unknown to this version, if a field is missing, or
        if another command is expected.
    """
    kind = _kind(message, "command", COMMANDS)
    if kind not in expected:
        names = " or ".join(repr(command.COMMAND) for command in expected)
        raise ProtocolError(f"the command {message['command']!r} came where {names} was expected")
    return decode(kind, _rest(message, "command"), f"command {message['command']!r}")


def receive_command(channel: Channel, *expected: type[Any]) -> Any:
    """Wait for the next command and return it; see :func:`decode_command`."""
    return decode_command(channel.receive(), *expected)


def _kind(message: Message, key: str, known: Mapping[str, type[Any]]) -> type[Any]:
    name = message.get(key)
    if not isinstance(name, str):
        raise ProtocolError(f"a message without a {key}")
    if name not in known:
        raise ProtocolError(f"unknown {key} {name!r}: known are {', '.join(sorted(known))}")
    return known[name]


def _rest(message: Message, key: str) -> Message:
    return {name: value for name, value in message.items() if name != key}
