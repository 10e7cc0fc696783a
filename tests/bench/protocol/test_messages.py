"""Test the messages between parent and worker: an unknown message is an error with its name."""

import inspect
from dataclasses import dataclass, fields

import numpy as np
import pytest

from aebench import backends
from aebench.bench.campaign.context import make_job
from aebench.bench.campaign.fleet import Fleet
from aebench.bench.errors import MeasurementError
from aebench.bench.models.autoencoder import parse
from aebench.bench.protocol.messages import receiving
from aebench.bench.protocol.messages.coding import ProtocolError, decode, encode
from aebench.bench.protocol.messages.cold_start import PhaseMemory
from aebench.bench.protocol.messages.every_pass import Hello, Job, RuntimeInfo
from aebench.bench.protocol.messages.footprint import FootprintJob
from aebench.bench.protocol.messages.inspection import (
    FoundSamples,
    Inspect,
    Inspected,
    InspectionJob,
)
from aebench.bench.protocol.messages.ladder import LadderJob, PrepareRungs, RunRung
from aebench.bench.protocol.messages.memory import MemoryJob
from aebench.bench.protocol.messages.memory_loop import LoopEnd, LoopJob, LoopReading
from aebench.bench.protocol.messages.parity import (
    Check,
    Compare,
    Compared,
    ComputeResults,
    ParityJob,
    ResultsComputed,
)
from aebench.bench.protocol.messages.profile import CompileLog, ProfileJob
from aebench.bench.protocol.messages.quality import BeginTraining, QualityJob
from aebench.bench.protocol.messages.receiving import decode_command, decode_job
from aebench.bench.protocol.messages.speed import (
    Calibrate,
    Calibrated,
    Compile,
    CompiledCell,
    Enter,
    Entered,
    EpochBoundaries,
    EpochBoundary,
    Leave,
    Left,
    OwnProducts,
    RoundTimes,
    RunRound,
    RunShortEpochs,
    SpeedJob,
    TimeProducts,
)
from aebench.bench.protocol.model_description import ModelDescription
from aebench.bench.protocol.samples import SampleSource

MODEL = ModelDescription(
    "ae200", "models.py", "build", {"widths": [200, 25], "dropout": 0.3, "more": {"a": None}}, "5a"
)
FILES = SampleSource("train.npy", "train.npy")
COMMON = ("jax", "aebench.backends.jax", {"jit": "on"}, MODEL, 0, 1, FILES, FILES)
JOBS = [
    SpeedJob(*COMMON, {"train": "aebench.bench.workloads.train"}),
    ParityJob(*COMMON),
    FootprintJob(*COMMON, 32, "data.npz", SampleSource("x_train", "y_train"), 640),
    MemoryJob(*COMMON, 32, "data.npz", SampleSource("x_train", "x_train"), 640),
    LoopJob(
        *(*COMMON, 32, "data.npz", SampleSource("x_train", "x_train"), 640),
        loop="predict",
        repeats=60,
    ),
    LadderJob(*COMMON, [[8, 4]], 256, True),
    ProfileJob(*COMMON, 32, 10, "trace.json.gz", ["train"]),
    QualityJob(*COMMON, [1, 2], 3, 32, 640, [0, 4]),
    InspectionJob(*COMMON, "scratch", "", 0, 2, weights="weights"),
]
COMMANDS = [
    Compile("train", 32, [10, 1]),
    Calibrate("train", 32, 10),
    Enter("predict", 500, 60, by_steps=True),
    TimeProducts("train", 32),
    RunRound(10, 1),
    PrepareRungs("train", 32),
    RunRung("fit", 10),
    Leave(),
    RunShortEpochs("train", 32, 10, 8),
    BeginTraining(),
    Compare(MODEL, "oracle.npz", 32, "inference"),
    ComputeResults(32, "steps", "results.npz", True, 3),
    Inspect(MODEL, 1),
]
TREES = SampleSource({"numbers": "x0.npy", "words": ["x1.npy", "x2.npy"]}, ["y3.npy"], "w4.npy")
FOUND = FoundSamples(
    *("mine.py", "", TREES, TREES, "train.npz", TREES, 640, 64, 24, "5a", "5b", False)
)
RUNTIME = RuntimeInfo({"jit": "on"}, {"jax": "1"}, ["jax"], 2, [0.5, 1])
ANSWERS = [
    Hello(1, True),
    RUNTIME,
    CompiledCell(),
    Calibrated(0.1, "numpy", {"numpy": 0.1}, 100, {"numpy": 10**10}),
    OwnProducts({"jax": 0.1}),
    RoundTimes(0.1, 0.2, 0.01, memory_seconds=0.05),
    Entered(None),
    EpochBoundaries([EpochBoundary(1.0, 2.0, 3.0, 4.0)]),
    Compared(RUNTIME, [Check("loss", 0.0), Check("step", 1.0, "here")]),
    ResultsComputed(RUNTIME, "no loss"),
    Inspected("the model can't be built."),
    Inspected(*("", "5a", 3, 12, 0, None, [[2, 3]], "it isn't compiled", ["jax"], 0.5, "w", FOUND)),
    PhaseMemory("data", 1.0, 2, None),
    LoopReading(1, 2),
    LoopEnd(
        *(True, LoopReading(1, 2, 3), None, LoopReading(4, 5, 6)),
        *({"builtins.dict": 20}, 1, 21),
    ),
]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.PASS)
def test_jobs_arrive_as_they_were(job):
    assert decode_job(encode(job)) == job


def test_every_job_and_command_is_tested_here():
    assert {type(job) for job in JOBS} == set(receiving.JOBS.values())
    assert {type(command) for command in COMMANDS} == set(receiving.COMMANDS.values())


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.PASS)
def test_a_job_is_in_the_file_of_its_pass(job):
    assert type(job).__module__.rpartition(".")[2] == job.PASS


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.PASS)
def test_the_fields_of_a_pass_can_be_given_to_its_job(job):
    common = {field.name for field in fields(Job)}
    own = {field.name for field in fields(job)} - common
    assert not own & set(inspect.signature(make_job).parameters)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.COMMAND)
def test_commands_arrive_as_they_were(command):
    assert decode_command(encode(command), type(command)) == command


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
def test_answers_arrive_as_they_were(answer):
    assert decode(type(answer), encode(answer)) == answer


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"command": "dance"}, "unknown command 'dance': known are calibrate, compare"),
        ({"do": "leave"}, "a message without a command"),
        ({"command": "leave"}, "the command 'leave' came where 'round' was expected"),
        (
            {"command": "round", "steps": 1, "discarded_steps": 1, "beats": 4},
            "command 'round' has an unknown field 'beats'",
        ),
        ({"command": "round", "steps": 1}, "command 'round' has no 'discarded_steps'"),
        (
            {"command": "round", "steps": 1.5, "discarded_steps": 1},
            "command 'round': 'steps' is not a whole number",
        ),
        (
            {"command": "round", "steps": True, "discarded_steps": 1},
            "command 'round': 'steps' is not a whole number",
        ),
    ],
)
def test_a_command_that_is_not_understood_is_named(message, error):
    with pytest.raises(ProtocolError) as raised:
        decode_command(message, RunRound)
    assert str(raised.value).startswith(error)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"job": "dance"}, "unknown job 'dance'"),
        ({"beats": 4}, "job 'speed' has an unknown field 'beats'"),
        ({"settings": {"jit": 1}}, "job 'speed': 'settings' is not a text"),
        ({"train": {"x": "a"}}, "job 'speed': 'train' has no 'y'"),
        ({"train": "a"}, "job 'speed': 'train' is not an object"),
    ],
)
def test_a_job_that_is_not_understood_is_named(change, error):
    with pytest.raises(ProtocolError) as raised:
        decode_job({**encode(JOBS[0]), **change})
    assert str(raised.value).startswith(error)


@pytest.mark.parametrize(
    ("kind", "message", "error"),
    [
        (Entered, {"call_seconds": "1"}, "Entered: 'call_seconds' is not a number"),
        (Compared, {"checks": []}, "Compared has no 'runtime'"),
        (CompileLog, {"compilations": 3}, "CompileLog: 'compilations' is not a list"),
        (
            EpochBoundaries,
            {"boundaries": [3]},
            "EpochBoundaries: 'boundaries' is not an object",
        ),
        (Left, {"left": True}, "Left has an unknown field 'left'"),
    ],
)
def test_an_answer_that_is_not_understood_is_named(kind, message, error):
    with pytest.raises(ProtocolError) as raised:
        decode(kind, message)
    assert str(raised.value) == error


@dataclass(frozen=True)
class Dance:
    COMMAND = "dance"

    workload: str = "train"


@dataclass(frozen=True)
class FasterRound(RunRound):
    beats: int = 4


def started(folder, backend):
    """Start a worker without Keras; yield it, and end it afterwards."""
    np.save(folder / "images.npy", np.zeros((64, 28, 28), np.float32))
    images = SampleSource(*2 * (str(folder / "images.npy"),))
    fleet = Fleet(folder, answer_seconds=60.0)
    try:
        workloads = {name: f"aebench.bench.workloads.{name}" for name in ("train", "predict")}
        job = SpeedJob(
            backend,
            backends.module_name(backend),
            {},
            parse("ae200").description,
            0,
            0,
            images,
            images,
            workloads,
            [[784, 4], [4, 784]],
        )
        made = fleet.start(backend, job)
        made.answer(RuntimeInfo)
        yield made
    finally:
        fleet.close()


@pytest.fixture
def worker(tmp_path):
    """Start a worker with one framework."""
    yield from started(tmp_path, "native-jax")


@pytest.fixture
def products(tmp_path):
    """Start a worker of matrix products alone, which tries all libraries."""
    yield from started(tmp_path, "gemm")


def test_a_worker_refuses_a_command_that_it_does_not_know(worker):
    with pytest.raises(MeasurementError, match="unknown command 'dance'"):
        worker.ask(Dance(), EpochBoundaries)


def test_a_worker_inside_a_workload_refuses_what_is_no_round(worker):
    worker.ask(Enter("predict", 32, 4), Entered)
    with pytest.raises(MeasurementError, match="unknown command 'dance'"):
        worker.ask(Dance(), Left)


def test_a_worker_refuses_a_field_that_it_does_not_know(worker):
    worker.ask(Enter("predict", 32, 4), Entered)
    with pytest.raises(MeasurementError, match="'round' has an unknown field 'beats'"):
        worker.ask(FasterRound(2, 1), RoundTimes)


def test_a_worker_obeys_what_it_knows(products):
    worker = products
    worker.ask(Compile("train", 32, [2, 1]), CompiledCell)
    assert worker.ask(Calibrate("train", 32, 2), Calibrated).library
    worker.ask(Enter("train", 32, 4), Entered)
    times = worker.ask(RunRound(2, 1), RoundTimes)
    assert times.seconds > 0 and times.memory_seconds > 0
    worker.ask(Leave(), Left)
    command = RunShortEpochs("train", 32, 2, 1)
    assert worker.ask(command, EpochBoundaries).boundaries == []


def test_the_hello_is_what_its_type_says(worker):
    # The worker sends this number before it imports the types of messages.
    assert worker.interpreter.resident_bytes > 0
