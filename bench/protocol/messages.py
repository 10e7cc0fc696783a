"""Every message between the parent and a worker, as a type; what has no type here is an error.

A worker says hello, is given a job and answers with what is in force in it. Then it sends the
answers of its pass in the order that the job implies, or obeys commands, one answer for each. The
fields of a message are checked on arrival: both sides may be of different versions of this package,
and a field or a command that is passed over would change what is measured without a word.

Only the standard library is needed, so that a worker can read its job before it is measured.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints

from aebench.bench.protocol.channel import Channel, Message
from aebench.bench.protocol.model_description import ModelDescription
from aebench.bench.protocol.samples import SampleSource

M = TypeVar("M")


class ProtocolError(ValueError):
    """A message that is not one of this file; the text names what is wrong."""


# --- What a worker says first ---


@dataclass(frozen=True)
class Hello:
    """The memory of an interpreter that has imported nothing yet.

    Parameters
    ----------
    resident_bytes : int
        0 where the process cannot read it.
    exact : bool
        Whether the process can read the exact peak of a phase.
    proportional_bytes, private_bytes : int, optional
        See :func:`aebench.bench.system.proc_memory.shares`.
    """

    resident_bytes: int
    exact: bool
    proportional_bytes: int | None = None
    private_bytes: int | None = None


# --- Jobs: what the parent sends first ---


@dataclass(frozen=True)
class Job:
    """What a worker is for.

    Parameters
    ----------
    backend : str
        A Keras backend, or the baseline that runs instead of Keras.
    module : str
        Dotted name of the backend's file.
    settings : dict
        See :class:`aebench.bench.protocol.settings.ContenderSettings`.
    model : ModelDescription
        The model, by value.
    threads : int
        Number of cores that the process may use; 0 is all.
    seed : int
        Of the initial weights.
    train, test : SampleSource
        Paths of float32 ``.npy`` files.
    """

    PASS: ClassVar[str]

    backend: str
    module: str
    settings: dict[str, str]
    model: ModelDescription
    threads: int
    seed: int
    train: SampleSource
    test: SampleSource


@dataclass(frozen=True)
class SpeedJob(Job):
    """Build the model, then obey the commands of the speed pass.

    ``workloads`` holds the dotted names of the workloads' files, by name: the worker's interpreter
    needn't know which distributions add workloads.
    """

    PASS = "speed"

    workloads: dict[str, str]


@dataclass(frozen=True)
class ParityJob(Job):
    """Import the framework, then obey :class:`Compare`, at so many samples per step.

    ``trains`` is whether the contender can train: otherwise what it predicts is compared alone.
    """

    PASS = "parity"

    batch_size: int
    trains: bool


@dataclass(frozen=True)
class ColdStartJob(Job):
    """Run the phases of a cold start.

    Parameters
    ----------
    batch_size : int
        Samples per step.
    npz : str
        Path of the data file as a user has it.
    array_names : SampleSource
        Names of its arrays.
    train_samples : int
        Number of samples to train on, from the first.
    """

    batch_size: int
    npz: str
    array_names: SampleSource
    train_samples: int


@dataclass(frozen=True)
class FootprintJob(ColdStartJob):
    """Run the phases of the footprint pass, with an answer after each, then tell of the model."""

    PASS = "footprint"


@dataclass(frozen=True)
class MemoryJob(ColdStartJob):
    """Run the phases of the memory pass, with an answer after each, then tell of the steps."""

    PASS = "memory"


@dataclass(frozen=True)
class ProfileJob(Job):
    """Log what is compiled, then trace steps; ``trace`` is the path of the file to write."""

    PASS = "profile"

    batch_size: int
    steps: int
    trace: str


@dataclass(frozen=True)
class QualityJob(Job):
    """Train from each seed; an answer after each epoch, and one with reconstructions per seed.

    Parameters
    ----------
    seeds : list of int
        Of the weights and of the order of the data.
    epochs : int
        Number of epochs per seed.
    batch_size : int
        Samples per step.
    train_samples : int
        Number of samples to train on, from the first.
    examples : list of int
        Indices of the test samples to reconstruct; none where the model does not reconstruct.
    """

    PASS = "quality"

    seeds: list[int]
    epochs: int
    batch_size: int
    train_samples: int
    examples: list[int]


JOBS: dict[str, type[Job]] = {
    job.PASS: job for job in (SpeedJob, ParityJob, FootprintJob, MemoryJob, ProfileJob, QualityJob)
}


# --- Commands: what the parent asks of a worker that has its job ---


@dataclass(frozen=True)
class Calibrate:
    """Compile a workload, and time roughly what a step takes. Answer: :class:`Calibrated`."""

    COMMAND: ClassVar[str] = "calibrate"

    workload: str
    batch_size: int
    steps: int


@dataclass(frozen=True)
class Enter:
    """Start a workload, and wait inside it for rounds. Answer: :class:`Entered`.

    ``epoch_steps`` is the least number of steps in an epoch.
    """

    COMMAND: ClassVar[str] = "enter"

    workload: str
    batch_size: int
    epoch_steps: int


@dataclass(frozen=True)
class Round:
    """Run discarded steps, then time steps. Answer: :class:`RoundTimes`."""

    COMMAND: ClassVar[str] = "round"

    steps: int
    discarded_steps: int


@dataclass(frozen=True)
class Leave:
    """End the workload that was entered. Answer: :class:`Left`."""

    COMMAND: ClassVar[str] = "leave"


@dataclass(frozen=True)
class RunShortEpochs:
    """Time the boundaries of so many epochs of so many steps. Answer: :class:`ShortEpochs`."""

    COMMAND: ClassVar[str] = "short epochs"

    workload: str
    batch_size: int
    steps: int
    epochs: int


@dataclass(frozen=True)
class Compare:
    """Compare a model with the oracle's results in a file. Answer: :class:`Compared`."""

    COMMAND: ClassVar[str] = "compare"

    model: ModelDescription
    oracle: str


Command = Calibrate | Enter | Round | Leave | RunShortEpochs | Compare
COMMANDS: dict[str, type[Any]] = {kind.COMMAND: kind for kind in get_args(Command)}


# --- Answers ---


@dataclass(frozen=True)
class Failed:
    """What a worker answers instead when it cannot go on: one sentence."""

    error: str


@dataclass(frozen=True)
class RuntimeInfo:
    """What is in force in a worker; see :class:`aebench.reports.record.Worker`."""

    settings: dict[str, str]
    versions: dict[str, str]
    frameworks_held: list[str]
    cores: int
    epoch_end_polls_seconds: list[float]


@dataclass(frozen=True)
class Calibrated:
    """Rough seconds of a step; a baseline of matrix products names its fastest library too."""

    step_seconds: float
    library: str | None = None
    library_step_seconds: dict[str, float] | None = None


@dataclass(frozen=True)
class Entered:
    """Seconds from the call of ``fit`` to its first epoch, or None without such a call."""

    call_seconds: float | None


@dataclass(frozen=True)
class RoundTimes:
    """What a round took.

    Parameters
    ----------
    seconds : float
        Of the timed steps.
    cpu_seconds : float
        Processor time of the worker meanwhile.
    discarded_seconds : float
        Of the steps before.
    call_seconds : list of float, optional
        Of each call, where the workload times calls.
    """

    seconds: float
    cpu_seconds: float
    discarded_seconds: float
    call_seconds: list[float] | None = None


@dataclass(frozen=True)
class Left:
    """The workload has ended."""


@dataclass(frozen=True)
class ShortEpoch:
    """The boundary after one epoch; see :func:`aebench.bench.worker.stepping.short_epochs`."""

    age_seconds: float
    step_seconds: float
    boundary_seconds: float
    first_step_seconds: float


@dataclass(frozen=True)
class ShortEpochs:
    """The boundaries after short epochs; none where nothing runs ``fit``."""

    epochs: list[ShortEpoch]


@dataclass(frozen=True)
class Check:
    """How far a contender is from the oracle, and ``where`` it is farthest."""

    check: str
    difference: float
    where: str = ""


@dataclass(frozen=True)
class Compared:
    """The checks of one model."""

    runtime: RuntimeInfo
    checks: list[Check]


@dataclass(frozen=True)
class PhaseMemory:
    """What a phase took.

    ``peak_bytes`` is None where it has to be sampled from outside.
    """

    phase: str
    seconds: float
    resident_bytes: int
    peak_bytes: int | None
    proportional_bytes: int | None = None
    private_bytes: int | None = None
    device_peak_bytes: int | None = None


@dataclass(frozen=True)
class FootprintResult:
    """What is known after a cold start: the model's size, and its loss after ``loss_steps``."""

    runtime: RuntimeInfo
    device_peak_bytes: int | None
    parameters: int
    loss_steps: int
    loss: float


@dataclass(frozen=True)
class MemoryResult:
    """What the optimiser holds, and what the process held after each call of the model's steps."""

    runtime: RuntimeInfo
    optimiser_bytes: int
    steps_between: int
    anonymous_bytes: list[int]


@dataclass(frozen=True)
class Compilation:
    """Something that was traced or compiled, and for which call."""

    stage: str
    function: str
    seconds: float
    cause: str
    workload: str
    samples: int


@dataclass(frozen=True)
class CompileLog:
    """What was compiled, in order."""

    compilations: list[Compilation]


@dataclass(frozen=True)
class Operation:
    """What one operation took of the traced time."""

    category: str
    operation: str
    calls: int
    seconds: float


@dataclass(frozen=True)
class Profiled:
    """Where the time of ``steps`` traced steps went, and how long rounds took without tracing."""

    steps: int
    untraced_seconds: list[float]
    clocked_seconds: list[float]
    traced_seconds: float
    operations: list[Operation]


@dataclass(frozen=True)
class EpochTrained:
    """Times and losses of one epoch; ``train_loss`` is None before the last one."""

    seed: int
    epoch: int
    train_seconds: float
    evaluate_seconds: float
    fit_loss: float
    test_loss: float
    train_loss: float | None


@dataclass(frozen=True)
class Reconstructed:
    """What a trained model makes of the examples: a byte a pixel, in base 64."""

    seed: int
    pixels: str


# --- To JSON objects and back ---


def encode(message: Any) -> Message:
    """Make a message's JSON object; a job's and a command's says which it is.

    Parameters
    ----------
    message : dataclass
        Of a type of this file.
    """
    kind = type(message)
    if isinstance(message, Job):
        return {"job": kind.PASS, **asdict(message)}
    if hasattr(kind, "COMMAND"):
        return {"command": kind.COMMAND, **asdict(message)}
    return asdict(message)


def decode_job(message: Message) -> Job:
    """Read a job.

    Raises
    ------
    ProtocolError
        If this side does not know the job or one of its fields, or misses a field.
    """
    kind: type[Job] = _kind(message, "job", JOBS)
    return decode(kind, _rest(message, "job"), f"job {message['job']!r}")


def decode_command(message: Message, *expected: type[Any]) -> Any:
    """Read a command.

    Parameters
    ----------
    message : dict
        A JSON object.
    expected : type
        The commands that make sense now.

    Raises
    ------
    ProtocolError
        If this side does not know the command or one of its fields, misses a field, or expects
        another command.
    """
    kind = _kind(message, "command", COMMANDS)
    if kind not in expected:
        names = " or ".join(repr(each.COMMAND) for each in expected)
        raise ProtocolError(f"the command {message['command']!r} came where {names} was expected")
    return decode(kind, _rest(message, "command"), f"command {message['command']!r}")


def decode(kind: type[M], message: Message, name: str = "") -> M:
    """Read a message of a type that is known beforehand.

    Parameters
    ----------
    kind : type
        A dataclass of this file.
    message : dict
        A JSON object.
    name : str, optional
        What errors call the message.

    Raises
    ------
    ProtocolError
        If a field is unknown, is missing, or holds something else than its type.
    """
    value: M = _object(kind, message, name or kind.__name__)
    return value


def receive_command(channel: Channel, *expected: type[Any]) -> Any:
    """Wait for the next command; see :func:`decode_command`."""
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


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}


def _object(kind: type[Any], message: Any, name: str) -> Any:
    if not isinstance(message, dict):
        raise ProtocolError(f"{name} is not an object")
    hints = _hints(kind)  # type: ignore[arg-type]
    for key in message:
        if key not in hints:
            raise ProtocolError(f"{name} has an unknown field {key!r}")
    for each in fields(kind):
        needed = each.default is MISSING and each.default_factory is MISSING
        if needed and each.name not in message:
            raise ProtocolError(f"{name} has no {each.name!r}")
    return kind(**{key: _value(hints[key], message[key], f"{name}: {key!r}") for key in message})


def _value(hint: Any, value: Any, name: str) -> Any:
    """Check a value against a type hint, and return it as that type."""
    if hint is Any:
        return value
    if is_dataclass(hint):
        return _object(hint, value, name)  # type: ignore[arg-type]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        (other,) = (each for each in arguments if each is not type(None))
        return _value(other, value, name)
    if origin is list and isinstance(value, list):
        return [_value(arguments[0], item, name) for item in value]
    if origin is dict and isinstance(value, dict):
        return {key: _value(arguments[1], item, name) for key, item in value.items()}
    # In Python a truth value is a number; in a message it is not.
    if hint is bool or isinstance(value, bool):
        fits = hint is bool and isinstance(value, bool)
    elif hint is float:
        fits = isinstance(value, (int, float))
    else:
        fits = origin is None and isinstance(value, hint)
    if not fits:
        raise ProtocolError(f"{name} is not {_described(hint)}")
    return value


def _described(hint: Any) -> str:
    origin = get_origin(hint) or hint
    nouns = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
    return {**nouns, list: "a list", dict: "an object"}[origin]
