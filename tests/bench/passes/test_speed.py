"""Test the speed pass with workers whose steps take a given time and compute nothing."""

from collections import Counter
from types import SimpleNamespace

import msgspec
import pytest

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes import blocks
from aebench.bench.campaign.passes.speed import SpeedPass
from aebench.bench.models.autoencoder import parse
from aebench.bench.plan.plan import Plan
from aebench.bench.protocol import messages
from aebench.reports.journal import Journal
from aebench.reports.record import (
    Call,
    ContenderInfo,
    Library,
    Round,
    ShortEpoch,
    Task,
    TaskEnd,
    WorkloadSizes,
)
from helpers import sample


class Knowing:
    """Answer as a worker whose steps take given seconds, and ``at_first`` right after compiling."""

    pid = 0

    def __init__(self, step_seconds: float, at_first: float, gemm: bool = False) -> None:
        self._gemm = gemm
        self._step_seconds = step_seconds
        self._at_first = at_first

    def answer(self, kind):
        assert kind is messages.RuntimeInfo
        return messages.RuntimeInfo({}, {}, [], cores=2, epoch_end_polls_seconds=[])

    def ask(self, command, kind):
        library = ("numpy", {"numpy": 1.0}) if self._gemm else ()
        answers = {
            messages.Calibrate: lambda: messages.Calibrated(self._at_first, *library),
            messages.Enter: lambda: messages.Entered(0.1),
            messages.RunRound: lambda: messages.RoundTimes(
                command.steps * self._step_seconds, 0.1, 0.01
            ),
            messages.Leave: messages.Left,
            messages.RunShortEpochs: lambda: messages.EpochBoundaries(
                [messages.EpochBoundary(0.2, 0.01, 0.0, 0.0)]
            ),
        }
        answer = answers[type(command)]()
        assert isinstance(answer, kind)
        return answer

    def cpu_seconds(self):
        return 0.0


CONTENDERS = [
    ContenderInfo("jax", "jax", "1"),
    ContenderInfo("torch", "torch", "1"),
    ContenderInfo("jax A/A", "jax", "1", control_of="jax"),
    ContenderInfo("jax +5 %", "jax", "1", control_of="jax", known_effect=0.05),
]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run launches of the speed pass, and return the record."""
    monkeypatch.setattr(blocks, "is_disturbed", lambda background, steal: False)
    monkeypatch.setattr(blocks, "PAUSE_SECONDS", 0)
    header = sample.make().header
    sizes = [WorkloadSizes("train", [32], launches=4, blocks=4)]
    plan = Plan(msgspec.structs.replace(header.plan, sizes=sizes), [parse("ae400")], CONTENDERS)
    journal = Journal.begin(tmp_path / "record.jsonl", header)

    def running(launches, seconds, at_first=0.01, contenders=CONTENDERS):
        silent = dict.fromkeys(("doing", "figure", "problem", "results"), lambda *_: None)
        display = SimpleNamespace(**silent, stage_done=lambda: None)
        fleet = SimpleNamespace(
            start=lambda backend, job, python: Knowing(
                seconds[backend], at_first, backend == "gemm"
            ),
            stop=lambda worker: None,
        )
        arrays = SimpleNamespace(train_path="", test_path="")
        context = Context(
            Plan(plan.info, plan.models, contenders), None, arrays, fleet, journal, display
        )
        SpeedPass(context).run([Task("speed", "ae400", "", launch) for launch in launches])
        return journal.record

    yield running
    journal.close()


def test_warm_up_is_two_rounds(run):
    record = run([0], {"jax": 0.01, "torch": 0.3})
    counts = Counter(row.contender for row in record.of(Round) if row.block < 0)
    assert set(counts.values()) == {2} and len(counts) == 4


def test_steps_are_chosen_by_the_warm_up_once_for_all_launches(run):
    # Right after compiling a step seems to take 10 ms; later it takes 5 ms.
    record = run([0], {"jax": 0.005, "torch": 0.02}, contenders=CONTENDERS[:3])
    # 0.1 s are 20 steps of the fastest. 0.5 s for a block, with 5 + 20 + 5 ms a step, are 17 steps.
    # The larger number is used.
    assert {row.steps for row in record.of(Round) if row.block >= 0} == {20}
    # A later launch, also of a resumed run, uses the recorded number of steps.
    record = run([1], {"jax": 0.001, "torch": 0.002}, contenders=CONTENDERS[:3])
    assert {row.steps for row in record.of(Round) if row.block >= 0} == {20}
    assert {row.steps for row in record.of(Round) if row.launch == 1} == {20}


def test_there_is_room_for_the_truth_but_not_for_any(run):
    record = run([0], {"jax": 0.0001, "torch": 0.0001}, at_first=0.05, contenders=CONTENDERS[:3])
    provisional = {row.steps for row in record.of(Round) if row.block < 0}
    assert provisional == {4}
    assert {row.steps for row in record.of(Round) if row.block >= 0} == {12}


def test_a_known_effect_comes_to_whole_steps(run):
    record = run([0], {"jax": 0.005, "torch": 0.02})
    rounds = [row for row in record.of(Round) if row.block >= 0]
    assert {row.steps % 20 for row in rounds} == {0}
    seconds = {row.contender: row.seconds / row.steps for row in rounds}
    assert seconds["jax +5 %"] == pytest.approx(1.05 * seconds["jax"])
    assert seconds["jax A/A"] == pytest.approx(seconds["jax"])


def test_ends_of_epochs_are_timed_in_the_first_launches_and_not_of_controls(run):
    record = run([0, 1, 2, 3], {"jax": 0.005, "torch": 0.02})
    ends = Counter((row.contender, row.launch) for row in record.of(ShortEpoch))
    assert set(ends) == {(name, launch) for name in ("jax", "torch") for launch in (0, 1, 2)}
    assert {row.launch for row in record.of(Call)} == {0, 1, 2, 3}
    assert all(each.seconds > 0 for each in record.of(TaskEnd))


STRIDED = [
    ContenderInfo("jax", "jax", "1"),
    ContenderInfo("tensorflow:steps=16", "tensorflow", "1", settings={"steps": "16"}),
    ContenderInfo("native-jax", "native-jax", "1", baseline=True, on_keras=False, framework="jax"),
    ContenderInfo("gemm", "gemm", "1", baseline=True, on_keras=False),
]


def test_where_a_call_runs_several_steps_every_contender_runs_whole_calls(run):
    seconds = {"jax": 0.01, "tensorflow": 0.03, "native-jax": 0.009, "gemm": 0.008}
    record = run([0], seconds, contenders=STRIDED)
    rounds = [row for row in record.of(Round) if row.block >= 0]
    assert {row.steps % 16 for row in rounds} == {0}
    leads = {row.contender: row.discarded_steps for row in rounds}
    assert leads["jax"] == 1 and leads["tensorflow:steps=16"] == 16
    assert {row.steps % 16 for row in record.of(ShortEpoch) if ":" in row.contender} == {0}


def test_baselines_have_no_epochs_and_gemm_tells_its_library(run):
    seconds = {"jax": 0.01, "tensorflow": 0.03, "native-jax": 0.009, "gemm": 0.008}
    record = run([0, 1], seconds, contenders=STRIDED)
    on_keras = {"jax", "tensorflow:steps=16"}
    assert {row.contender for row in record.of(Call)} == on_keras
    assert {row.contender for row in record.of(ShortEpoch)} == on_keras
    told = [(row.contender, row.launch, row.library) for row in record.of(Library)]
    assert told == [("gemm", 0, "numpy"), ("gemm", 1, "numpy")]
