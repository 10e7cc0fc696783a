"""Test the ladder pass on real backends: which rungs there are, and how calls are timed."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from aebench.bench.protocol.messages.ladder import RungTimes
from aebench.bench.protocol.rungs import RUNGS
from aebench.bench.worker import rung_calls
from aebench.bench.worker.passes import ladder
from aebench.bench.worker.rungs import AbsentRungError, LimitedRunner, NotForModelError
from aebench.reports.journal import load
from aebench.reports.record import AbsentRung, Failure, LadderBlock, RungRound, Task
from aebench.reports.summary import summarise
from helpers.running import BRIEF, LITTLE

MODEL = """
import keras
import numpy as np

def build():
    layers = [keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((8,)), *layers])
    model.compile("adam", "mse", metrics=["mae"])
    return model

def data():
    x = np.random.default_rng(0).normal(size=(256, 8)).astype("float32")
    return (x, x[:, :1]), (x, x[:, :1])
"""
OWN_STEP = """
import keras

class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        return super().train_step(data)

def build():
    model = Own()
    model(keras.Input((8,)))
    model.compile("sgd", "mse")
    return model
"""
FEW = ("--batch-size", "16", "--launches", "1", "--blocks", "1", *BRIEF)


SLOW_DATA = """
import time
import keras
import numpy as np

def build():
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model

class Slow(keras.utils.PyDataset):
    def __len__(self):
        return 24

    def __getitem__(self, number):
        time.sleep({seconds})
        x = np.full((32, 8), number, "float32")
        return x, x[:, :1]

def data():
    return (Slow(workers={workers}),) * 2
"""


def names(workload):
    """Return the rungs of a model whose file doesn't make batches."""
    return [each.name for each in RUNGS[workload] if each.name != "fit-own-data"]


@pytest.mark.slow
def test_all_backends_have_all_rungs_that_a_model_has(aebench, tmp_path):
    (tmp_path / "mine.py").write_text(MODEL)
    done = aebench("explain", "--model", "mine.py", *FEW, "-o", "l", "--report")
    assert done.returncode == 0, done.stderr
    record = load(tmp_path / "l")
    rounds = record.of(RungRound)
    for contender in ("jax", "tensorflow", "torch"):
        for workload in ("train", "predict"):
            found = {
                each.rung
                for each in rounds
                if (each.contender, each.workload) == (contender, workload)
            }
            absent = {
                each.rung: each.reason
                for each in record.of(AbsentRung)
                if (each.contender, each.workload) == (contender, workload)
            }
            assert {*found, *absent} == set(names(workload))
            lacking = {"native-loop", "native-step"}
            if (contender, workload) == ("torch", "train"):
                lacking.add("framework-loop")
            assert set(absent) == lacking, absent
    for each in rounds:
        beside = each.seconds - each.steps * each.step_seconds
        is_call = each.rung.startswith("fit") or each.rung == "predict"
        # What a call takes beside its steps may be less than steps differ by within it.
        assert (abs(beside) > 1e-9) is is_call
    assert len(record.of(LadderBlock)) >= 2
    assert Task("ladder", "mine", "", 0) in record.done()
    assert "What a step takes, rung by rung: train mine, batch 16" in done.stdout
    assert "Keras and Python around the step" in done.stdout
    assert (tmp_path / "l" / "report" / "figures" / "ladder.svg").exists()


@pytest.mark.slow
def test_an_autoencoder_has_rungs_without_keras_and_is_carried_on(aebench, tmp_path):
    small = ("--contender", "torch", "--workload", "predict", "--batch-size", "32")
    done = aebench(
        "explain", *LITTLE, *small, "--launches", "1", "--blocks", "1", *BRIEF, "-o", "l"
    )
    assert done.returncode == 0, done.stderr
    record = load(tmp_path / "l")
    assert {each.rung for each in record.of(RungRound)} == set(names("predict"))
    assert not record.of(AbsentRung)
    again = aebench("explain", "--resume", "l")
    assert again.returncode == 0, again.stderr
    assert len(load(tmp_path / "l").of(RungRound)) == len(record.of(RungRound))


@pytest.mark.slow
def test_a_step_of_the_model_s_own_has_no_framework_rung(aebench, tmp_path):
    (tmp_path / "own.py").write_text(OWN_STEP)
    one = ("--contender", "torch", "--workload", "train")
    done = aebench("explain", "--model", "own.py", *one, *FEW, "-o", "l")
    record = load(tmp_path / "l")
    assert not record.of(Failure), done.stdout
    reasons = {each.rung: each.reason for each in record.of(AbsentRung)}
    assert reasons["framework-step"] == "the model has a train_step of its own"
    assert reasons["fit-without-metrics"] == "the model is compiled without metrics"


@pytest.mark.slow
def test_a_step_waits_for_the_batches_of_a_file(aebench, tmp_path):
    seconds = 0.02
    for workers in (1, 4):
        text = SLOW_DATA.format(seconds=seconds, workers=workers)
        (tmp_path / f"by_{workers}.py").write_text(text)
    asked = ("--model", "by_1.py", "by_4.py", "--contender", "jax", "--workload", "train")
    few = ("--batch-size", "32", "--launches", "1", "--blocks", "2")
    done = aebench("explain", *asked, *few, "-o", "l")
    assert done.returncode == 0, done.stderr
    record = load(tmp_path / "l")
    # No batch comes earlier than the threads that make it can make it.
    for each in record.of(RungRound):
        if each.rung == "fit-own-data":
            assert each.batch_size == 32
            assert each.step_seconds > 0.9 * seconds / int(each.model[-1])
    rows = {row.model: row for row in summarise(record).ladder if row.batch_size == 32}
    alone, several = (rows[f"by_{workers}"].rung("fit-own-data") for workers in (1, 4))
    assert several.step_seconds.value < alone.step_seconds.value
    told = " ".join(aebench("show", "--detail", "l").stdout.split())
    assert "With the batches of its file's data(), a step of jax takes" in told
    share = float(re.search(r"ms less: ([\d.]+) ", told)[1])
    assert 50 < share < 100


class Batches:
    """Make so many batches of 16 samples."""

    def __init__(self, count):
        self._count = count

    def __len__(self):
        if self._count is None:
            raise TypeError("unknown length")
        return self._count

    def __iter__(self):
        yield from ([np.zeros((16, 2)), np.zeros(16)] for _ in range(self._count))


@pytest.mark.parametrize(
    ("batches", "reason"),
    [
        (Batches(20), "data() makes batches of 16: give --batch-size 16"),
        (Batches(8), "data() makes 8 batches, too few to be timed in one epoch"),
        (Batches(None), "data() doesn't say how many batches an epoch has"),
        (iter(Batches(20)), "data() doesn't say how many batches an epoch has"),
    ],
)
def test_own_batches_that_cannot_be_timed_are_absent(batches, reason):
    model = SimpleNamespace(data_function=lambda: (batches, batches))
    cell = SimpleNamespace(model=model, job=SimpleNamespace(own_data=True), batch_size=32)
    with pytest.raises(AbsentRungError) as error:
        rung_calls._on_own_batches(cell)
    assert str(error.value) == reason


@pytest.mark.parametrize("data", [None, lambda: ((np.zeros(3), np.zeros(3)), None)])
def test_without_batches_of_its_own_a_model_has_no_such_rung(data):
    model = SimpleNamespace(data_function=data)
    cell = SimpleNamespace(model=model, job=SimpleNamespace(own_data=True), batch_size=32)
    with pytest.raises(NotForModelError):
        rung_calls._on_own_batches(cell)


def test_what_has_no_rungs_says_why(aebench):
    dry = ("--dry-run", *LITTLE, "--batch-size", "32")
    several = aebench("explain", *dry, "--contender", "jax:steps=4")
    assert several.returncode == 2
    assert "only a call of one step has rungs" in several.stderr
    numpy = aebench("explain", *dry, "--contender", "numpy")
    assert numpy.returncode == 2
    assert "numpy has no rungs here" in numpy.stderr


def test_a_clock_times_the_steps_of_a_call_without_its_ends(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(rung_calls, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    waited = []
    backend = SimpleNamespace(wait=waited.append)
    clock = rung_calls._StepClock(backend, 8)

    def step(number):
        # The first steps are slow.
        now[0] += 5.0 if number < 2 else 1.0
        return number

    for number in range(8):
        assert clock.around(step, number) == number
    now[0] += 100.0
    assert clock.step_seconds == 1.0
    # The second step ends what is discarded, and the eighth the timing.
    assert waited == [1, 7]


def test_a_rough_time_is_of_enough_steps():
    asked = []

    def runner(steps):
        asked.append(steps)
        seconds = 0.001 if len(asked) == 1 else 0.0005
        return RungTimes(steps * seconds, seconds, 0.0)

    assert ladder._rough(runner) == 0.0005
    assert asked == [4, 50]
    asked.clear()
    assert ladder._rough(lambda steps: asked.append(steps) or RungTimes(1.0, 0.25, 1.0)) == 0.25
    assert asked == [4]


def test_a_rung_has_no_more_steps_than_it_can(monkeypatch):
    asked = []
    few = LimitedRunner(lambda steps: asked.append(steps) or RungTimes(1.0, 0.001, 1.0), 11)
    assert ladder._rough(few, few.most_steps) == 0.001
    assert asked == [4, 11]


def prepared(monkeypatch, failing):
    """Prepare the rungs of training, of which one fails."""

    def runner(steps):
        return RungTimes(steps * 0.1, 0.1, 0.1)

    def make(name):
        if name == failing:
            raise TypeError("no such argument")
        return runner

    def not_for_model():
        raise NotForModelError

    made = {name: lambda name=name: make(name) for name in names("train")}
    made["fit-own-data"] = not_for_model
    monkeypatch.setattr(ladder, "lower_rungs", lambda cell: made)
    monkeypatch.setattr(ladder, "calls", lambda cell: {})
    monkeypatch.setattr(ladder.gc, "freeze", lambda: None)
    return ladder._prepared(SimpleNamespace(workload=SimpleNamespace(name="train")))


def test_a_rung_that_fails_is_absent_with_the_reason_and_the_others_are_there(monkeypatch):
    runners, told = prepared(monkeypatch, "framework-step")
    assert told.absent == {"framework-step": "it fails (TypeError: 'no such argument')"}
    assert set(runners) == set(told.step_seconds) == set(names("train")) - {"framework-step"}


def test_without_fit_there_is_nothing_to_explain(monkeypatch):
    with pytest.raises(TypeError):
        prepared(monkeypatch, "fit")
