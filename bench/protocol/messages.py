"""The types of all messages between the parent and a worker; any other message is an error.

A worker sends a hello, receives a job and answers with its runtime info. After that it sends the
answers of its pass in the order that the job implies, or executes commands, one answer per command.
The fields of a message are checked on arrival, since the two sides may be different versions of
this package. An ignored field or command would silently change what is measured.

Only the standard library is imported, so that a worker can read its job before measuring begins.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints

from aebench.bench.protocol.channel import Channel, Message
from aebench.bench.protocol.model_description import ModelDescription
from aebench.bench.protocol.samples import SampleSource

M = TypeVar("M")


class ProtocolError(ValueError):
    """A message that does not match any type of this file; the text names the mismatch."""


# --- The first message that a worker sends ---


@dataclass(frozen=True)
class Hello:
    """The memory of an interpreter before it imports a framework.

    Parameters
    ----------
    resident_bytes : int
        Resident memory; 0 where the process cannot read it.
    exact : bool
        Whether the process can read the exact peak of a phase.
    proportional_bytes, private_bytes, anonymous_bytes : int, optional
        See :func:`aebench.bench.system.proc_memory.shares`.
    """

    resident_bytes: int
    exact: bool
    proportional_bytes: int | None = None
    private_bytes: int | None = None
    anonymous_bytes: int | None = None


# --- Jobs: the parent's first message ---


@dataclass(frozen=True)
class Job:
    """The work of one worker: the fields that all passes share.

    Parameters
    ----------
    backend : str
        A Keras backend, or the baseline that runs instead of Keras.
    module : str
        Dotted name of the backend's file.
    settings : dict
        See :class:`aebench.bench.protocol.settings.ContenderSettings`.
    model : ModelDescription
        The description of the model.
    threads : int
        Number of cores that the process may use; 0 means all cores.
    seed : int
        Seed of the initial weights.
    weights : str
        A folder with the initial weights of each seed, as ``SEED.npz`` with an array for each of
        the model's weights, by its number; empty if the model has them in closed form.
    train, test : SampleSource
        Paths of ``.npy`` files.
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
    weights: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class SpeedJob(Job):
    """Build the model, then execute the commands of the speed pass.

    ``workloads`` maps the name of a workload to the dotted name of its file. The worker's
    interpreter therefore need not know which installed packages add workloads. ``dense_shapes`` are
    the inputs and units of the layers of a chain of dense layers; empty for another model.
    """

    PASS = "speed"

    workloads: dict[str, str]
    dense_shapes: list[list[int]] = field(default_factory=list)


@dataclass(frozen=True)
class ParityJob(Job):
    """Import the framework, then execute :class:`Compare` or :class:`ComputeResults`."""

    PASS = "parity"


@dataclass(frozen=True)
class ColdStartJob(Job):
    """Run the phases of a cold start.

    Parameters
    ----------
    batch_size : int
        Samples per step.
    npz : str
        Path of the user's data file, an ``.npz``.
    array_names : SampleSource
        Names of the file's arrays.
    train_samples : int
        Number of samples to train on, counted from the first.
    scaled : bool
        Whether arrays of bytes are pixels, which are scaled to [0, 1].
    """

    batch_size: int
    npz: str
    array_names: SampleSource
    train_samples: int
    scaled: bool = field(default=True, kw_only=True)


@dataclass(frozen=True)
class FootprintJob(ColdStartJob):
    """Run the phases of the footprint pass, answer after each of them, then describe the model."""

    PASS = "footprint"


@dataclass(frozen=True)
class MemoryJob(ColdStartJob):
    """Run the phases of the memory pass, answer after each of them, then describe the steps."""

    PASS = "memory"


@dataclass(frozen=True)
class LoopJob(ColdStartJob):
    """Repeat a loop, answer after each repeat, then describe what is left.

    Parameters
    ----------
    loop : str
        The loop's name; see :data:`aebench.bench.protocol.loops.LOOPS`.
    repeats : int
        Number of repeats after those that warm up.
    """

    PASS = "memory_loop"
    loop: str = field(kw_only=True)
    repeats: int = field(kw_only=True)


@dataclass(frozen=True)
class LadderJob(Job):
    """Build the model, then execute :class:`PrepareRungs` and :class:`RunRung`.

    Parameters
    ----------
    dense_shapes : list of list of int
        See :class:`SpeedJob`.
    validation_samples : int
        The number of test samples with which the rung with validation validates.
    own_data : bool
        Whether the samples are those of the function ``data`` of the model's file, if it has one.
    """

    PASS = "ladder"

    dense_shapes: list[list[int]]
    validation_samples: int
    own_data: bool


@dataclass(frozen=True)
class ProfileJob(Job):
    """Log the compilations of ``workloads``, then trace training steps into the file ``trace``."""

    PASS = "profile"

    batch_size: int
    steps: int
    trace: str
    workloads: list[str]


@dataclass(frozen=True)
class QualityJob(Job):
    """Train once per seed, on the command :class:`BeginTraining`.

    Parameters
    ----------
    seeds : list of int
        Seeds of the weights and of the order of the data.
    epochs : int
        Number of epochs per seed.
    batch_size : int
        Samples per step.
    train_samples : int
        Number of samples to train on, counted from the first.
    examples : list of int
        Indices of the test samples to reconstruct; empty if the model does not reconstruct.
    """

    PASS = "quality"

    seeds: list[int]
    epochs: int
    batch_size: int
    train_samples: int
    examples: list[int]


@dataclass(frozen=True)
class InspectionJob(Job):
    """Execute the commands :class:`Inspect`: nothing is measured.

    Parameters
    ----------
    folder : str
        The folder for samples and initial weights.
    npz : str
        Path of the user's data file; empty if the model's file has the data, or nothing has.
    train_samples : int
        Number of training samples to keep, from the first on; 0 keeps all.
    seeds : int
        Number of seeds for which initial weights are drawn, from 0 on.
    """

    PASS = "inspection"

    folder: str
    npz: str
    train_samples: int
    seeds: int


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


# --- Commands: what the parent asks of a worker after the job ---


@dataclass(frozen=True)
class Compile:
    """Compile a workload; nothing is timed. Answer: :class:`CompiledCell`.

    ``steps`` are the numbers of steps for which loops of steps are compiled, where a number needs a
    compilation of its own.
    """

    COMMAND: ClassVar[str] = "compile"

    workload: str
    batch_size: int
    steps: list[int]


@dataclass(frozen=True)
class Calibrate:
    """Measure roughly a step's seconds in a workload. Answer: :class:`Calibrated`."""

    COMMAND: ClassVar[str] = "calibrate"

    workload: str
    batch_size: int
    steps: int


@dataclass(frozen=True)
class Enter:
    """Start a workload, and wait inside it for commands. Answer: :class:`Entered`.

    ``epoch_steps`` is the least number of steps in an epoch. ``by_steps`` is whether rounds are of
    steps even if the workload times whole calls.
    """

    COMMAND: ClassVar[str] = "enter"

    workload: str
    batch_size: int
    epoch_steps: int
    by_steps: bool = False


@dataclass(frozen=True)
class TimeProducts:
    """Time a step's matrix products in the backend's own library. Answer: :class:`OwnProducts`."""

    COMMAND: ClassVar[str] = "products"

    workload: str
    batch_size: int


@dataclass(frozen=True)
class RunRound:
    """Run untimed steps, then timed steps. Answer: :class:`RoundTimes`."""

    COMMAND: ClassVar[str] = "round"

    steps: int
    discarded_steps: int


@dataclass(frozen=True)
class Leave:
    """End the workload that :class:`Enter` started. Answer: :class:`Left`."""

    COMMAND: ClassVar[str] = "leave"


@dataclass(frozen=True)
class PrepareRungs:
    """Compile all rungs of a workload, and time them roughly. Answer: :class:`RungsPrepared`."""

    COMMAND: ClassVar[str] = "prepare rungs"

    workload: str
    batch_size: int


@dataclass(frozen=True)
class RunRung:
    """Run so many steps of a rung that was prepared last. Answer: :class:`RungTimes`."""

    COMMAND: ClassVar[str] = "rung"

    rung: str
    steps: int


@dataclass(frozen=True)
class BeginTraining:
    """Train all seeds. Answers: :class:`EpochTrained` by epoch, :class:`Reconstructed` by seed.

    Other workers start and build before, and train later.
    """

    COMMAND: ClassVar[str] = "train"


@dataclass(frozen=True)
class RunShortEpochs:
    """Time the boundaries after ``epochs`` epochs. Answer: :class:`EpochBoundaries`.

    Every epoch has ``steps`` steps.
    """

    COMMAND: ClassVar[str] = "short epochs"

    workload: str
    batch_size: int
    steps: int
    epochs: int


@dataclass(frozen=True)
class Compare:
    """Compare a model with the oracle's results in a file. Answer: :class:`Compared`.

    ``checks`` is a group of :mod:`aebench.bench.protocol.parity_checks`, made at ``batch_size``.
    """

    COMMAND: ClassVar[str] = "compare"

    model: ModelDescription
    oracle: str
    batch_size: int
    checks: str


@dataclass(frozen=True)
class Inspect:
    """Build a model, find its samples and draw its initial weights. Answer: :class:`Inspected`.

    ``number`` names the folders of its files.
    """

    COMMAND: ClassVar[str] = "inspect"

    model: ModelDescription
    number: int


@dataclass(frozen=True)
class ComputeResults:
    """Write what the job's model computes to a file. Answer: :class:`ResultsComputed`.

    Parameters
    ----------
    batch_size : int
        Samples per step.
    checks : str
        A group of :mod:`aebench.bench.protocol.parity_checks`, whose results are computed.
    path : str
        Path of the file, an ``.npz``; :mod:`aebench.bench.protocol.parity_results` names its
        arrays.
    float64 : bool
        Whether to compute in float64, here and in all later commands.
    draws : int
        How often the results are computed from disturbed weights, to see how far they change.
    """

    COMMAND: ClassVar[str] = "results"

    batch_size: int
    checks: str
    path: str
    float64: bool
    draws: int


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


# --- Answers ---


@dataclass(frozen=True)
class Failed:
    """The answer of a worker that ends because of an error: one sentence about the error."""

    error: str


@dataclass(frozen=True)
class RuntimeInfo:
    """Versions, device and effective settings; see :class:`aebench.reports.record.WorkerInfo`."""

    settings: dict[str, str]
    versions: dict[str, str]
    frameworks_held: list[str]
    cores: int
    epoch_end_polls_seconds: list[float]


@dataclass(frozen=True)
class CompiledCell:
    """The workload is compiled at the batch size."""


@dataclass(frozen=True)
class Calibrated:
    """Rough seconds of a step; for ``gemm`` see :class:`aebench.reports.record.Library` too."""

    step_seconds: float
    library: str | None = None
    library_step_seconds: dict[str, float] | None = None
    step_bytes: int | None = None
    memory_bytes_per_second: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class OwnProducts:
    """Seconds of a step's matrix products by library; empty if the backend has none."""

    library_step_seconds: dict[str, float]


@dataclass(frozen=True)
class Entered:
    """Seconds from the call of ``fit`` to its first epoch; None if ``fit`` is not called."""

    call_seconds: float | None


@dataclass(frozen=True)
class RoundTimes:
    """The times of one round.

    Parameters
    ----------
    seconds : float
        Duration of the timed steps.
    cpu_seconds : float
        Processor time that the worker used during the timed steps.
    discarded_seconds : float
        Duration of the untimed steps before them.
    call_seconds : list of float, optional
        Duration of each call, if the workload times calls.
    memory_seconds : float, optional
        For ``gemm``: how long moving the least bytes of the timed steps takes.
    """

    seconds: float
    cpu_seconds: float
    discarded_seconds: float
    call_seconds: list[float] | None = None
    memory_seconds: float | None = None


@dataclass(frozen=True)
class RungsPrepared:
    """Rough seconds of a step by rung, why others are absent, and the most steps of some."""

    step_seconds: dict[str, float]
    absent: dict[str, str]
    most_steps: dict[str, int]


@dataclass(frozen=True)
class RungTimes:
    """The times of one round of a rung; see :class:`aebench.reports.record.RungRound`."""

    seconds: float
    step_seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Left:
    """The workload has ended."""


@dataclass(frozen=True)
class EpochBoundary:
    """One boundary; see :func:`aebench.bench.worker.stepping.epoch_boundaries`."""

    age_seconds: float
    step_seconds: float
    boundary_seconds: float
    first_step_seconds: float


@dataclass(frozen=True)
class EpochBoundaries:
    """The boundaries of short epochs; an empty list if the contender does not run ``fit``."""

    boundaries: list[EpochBoundary]


@dataclass(frozen=True)
class FoundSamples:
    """A model's samples, as files.

    Parameters
    ----------
    name : str
        Where they are from, in a few words.
    notice : str
        What is to be known of them; empty if they are the user's own.
    train, test : SampleSource
        Paths of ``.npy`` files.
    npz : str
        A file that holds the training samples too.
    array_names : SampleSource
        The names of their arrays in it.
    train_samples, test_samples : int
        Their numbers.
    sample_bytes : int
        Bytes of one sample with its targets.
    train_sha256, test_sha256 : str
        Digests of all arrays' bytes.
    drawn : bool
        Whether they are drawn from the model's inputs.
    """

    name: str
    notice: str
    train: SampleSource
    test: SampleSource
    npz: str
    array_names: SampleSource
    train_samples: int
    test_samples: int
    sample_bytes: int
    train_sha256: str
    test_sha256: str
    drawn: bool


@dataclass(frozen=True)
class Inspected:
    """What is known of a model once it was built; ``problem`` is a sentence if it can't be.

    Parameters
    ----------
    problem : str
        What is wrong with the model or its samples, and what to do; empty if nothing is.
    sha256 : str
        Digest of the model's file.
    parameters, weight_bytes, optimiser_bytes : int
        Number of weights, their bytes, and the bytes of the optimiser's state.
    forward_operations : int, optional
        See :func:`aebench.bench.worker.operations.forward_operations`.
    dense_shapes : list of list of int
        See :func:`aebench.bench.worker.operations.dense_chain`.
    no_training : str
        Why the model can't be trained; empty if it can.
    natives : list of str
        The frameworks in which its file has the model without Keras.
    constant_loss : float, optional
        See :func:`aebench.bench.worker.constant_prediction.constant_loss`.
    weights : str
        The folder of its initial weights; see :class:`Job`.
    samples : FoundSamples, optional
        Its samples; None if there is a problem.
    on_any_backend : bool
        Whether the problem would be there on any backend.
    """

    problem: str
    sha256: str = ""
    parameters: int = 0
    weight_bytes: int = 0
    optimiser_bytes: int = 0
    forward_operations: int | None = None
    dense_shapes: list[list[int]] = field(default_factory=list)
    no_training: str = ""
    natives: list[str] = field(default_factory=list)
    constant_loss: float | None = None
    weights: str = ""
    samples: FoundSamples | None = None
    on_any_backend: bool = False


@dataclass(frozen=True)
class Check:
    """The difference between a contender and the oracle, and ``where`` it is largest."""

    check: str
    difference: float
    where: str = ""


@dataclass(frozen=True)
class Compared:
    """The checks of one group for a model at a batch size, and the worker's runtime info."""

    runtime: RuntimeInfo
    checks: list[Check]


@dataclass(frozen=True)
class ResultsComputed:
    """The file of results is written; ``note`` says which results were left out, and why."""

    runtime: RuntimeInfo
    note: str = ""


@dataclass(frozen=True)
class PhaseMemory:
    """The time and memory of one phase.

    ``peak_bytes`` is None if the worker cannot read its peak. The parent then samples the memory.
    """

    phase: str
    seconds: float
    resident_bytes: int
    peak_bytes: int | None
    proportional_bytes: int | None = None
    private_bytes: int | None = None
    anonymous_bytes: int | None = None
    device_peak_bytes: int | None = None


@dataclass(frozen=True)
class FootprintResult:
    """The model after a cold start: its size, and its loss after ``loss_steps`` steps."""

    runtime: RuntimeInfo
    device_peak_bytes: int | None
    parameters: int
    loss_steps: int
    loss: float


@dataclass(frozen=True)
class MemoryResult:
    """The optimiser's memory, and the process's memory after each call of the step function."""

    runtime: RuntimeInfo
    optimiser_bytes: int
    steps_between: int
    anonymous_bytes: list[int]


@dataclass(frozen=True)
class LoopReading:
    """The process's memory after a repeat of a loop."""

    anonymous_bytes: int
    resident_bytes: int


@dataclass(frozen=True)
class LoopEnd:
    """What a loop left behind: anonymous memory before and after, and how many more objects."""

    collecting: bool
    before_bytes: int
    after_bytes: int
    held: dict[str, int]


@dataclass(frozen=True)
class CompileLogEntry:
    """One trace or compilation, with the call that caused it."""

    stage: str
    function: str
    seconds: float
    cause: str
    workload: str
    samples: int


@dataclass(frozen=True)
class CompileLog:
    """All traces and compilations, in the order of their events."""

    compilations: list[CompileLogEntry]


@dataclass(frozen=True)
class TracedOperation:
    """The seconds of the traced time that one operation took."""

    category: str
    operation: str
    calls: int
    seconds: float


@dataclass(frozen=True)
class Profiled:
    """The operations of ``steps`` traced steps, and the seconds of rounds without tracing."""

    steps: int
    untraced_seconds: list[float]
    clocked_seconds: list[float]
    traced_seconds: float
    operations: list[TracedOperation]


@dataclass(frozen=True)
class EpochTrained:
    """Times and losses of one epoch; ``train_loss`` is None except in the last epoch.

    ``metrics`` are the compiled metrics on the test samples, by their names.
    """

    seed: int
    epoch: int
    train_seconds: float
    evaluate_seconds: float
    fit_loss: float
    test_loss: float
    train_loss: float | None
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Reconstructed:
    """A trained model's reconstructions of the examples: one byte per pixel, in base 64."""

    seed: int
    pixels: str


# --- Converting messages to JSON objects, and JSON objects to messages ---


def encode(message: Any) -> Message:
    """Return a message as a JSON object; jobs and commands get their name as a field.

    Parameters
    ----------
    message : dataclass
        An instance of a type of this file.
    """
    kind = type(message)
    if isinstance(message, Job):
        return {"job": kind.PASS, **asdict(message)}
    if hasattr(kind, "COMMAND"):
        return {"command": kind.COMMAND, **asdict(message)}
    return asdict(message)


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


def decode(kind: type[M], message: Message, name: str = "") -> M:
    """Return the message of a known type that a JSON object holds.

    Parameters
    ----------
    kind : type
        A dataclass of this file.
    message : dict
        A JSON object.
    name : str, optional
        The name of the message in error texts.

    Raises
    ------
    ProtocolError
        If a field is unknown or missing, or its value has the wrong type.
    """
    value: M = _object(kind, message, name or kind.__name__)
    return value


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
    for known in fields(kind):
        needed = known.default is MISSING and known.default_factory is MISSING
        if needed and known.name not in message:
            raise ProtocolError(f"{name} has no {known.name!r}")
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
        (other,) = (argument for argument in arguments if argument is not type(None))
        return _value(other, value, name)
    if origin is list and isinstance(value, list):
        return [_value(arguments[0], item, name) for item in value]
    if origin is dict and isinstance(value, dict):
        return {key: _value(arguments[1], item, name) for key, item in value.items()}
    # Python's bool is a subclass of int, but true and false are not numbers in a message.
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
