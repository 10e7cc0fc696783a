"""A model by value: a worker builds what was described, or names what is wrong."""

import textwrap
from dataclasses import replace

import numpy as np
import pytest

from aebench.bench.campaign.fleet import Fleet
from aebench.bench.errors import MeasurementError
from aebench.bench.models.autoencoder import parse
from aebench.bench.models.loading import ModelError, describe, load
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.messages.footprint import FootprintJob, FootprintResult
from aebench.bench.protocol.messages.quality import (
    BeginTraining,
    EpochTrained,
    QualityJob,
    Reconstructed,
)
from aebench.bench.protocol.messages.speed import (
    Calibrate,
    Calibrated,
    Enter,
    Entered,
    Leave,
    Left,
    RoundTimes,
    RunRound,
    SpeedJob,
)
from aebench.bench.protocol.phases import FOOTPRINT_PHASES
from aebench.bench.protocol.samples import SampleSource

CLASSIFIER = """
def build(units, rate):
    import keras

    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dropout(rate),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
    return model
"""
PARAMETERS = {"units": 8, "rate": 0.1}
JAX = ("jax", "aebench.backends.jax")


def written(folder, text=CLASSIFIER):
    path = folder / "classifier.py"
    path.write_text(textwrap.dedent(text))
    return str(path)


@pytest.fixture
def model(tmp_path):
    return describe("classifier", written(tmp_path), PARAMETERS)


@pytest.fixture
def arrays(tmp_path):
    """Return inputs of six numbers; a target is the place of the largest of the first three."""
    x = np.random.default_rng(0).random((320, 6), dtype=np.float32)
    y = x[:, :3].argmax(axis=1).astype(np.int32)
    np.savez(tmp_path / "samples.npz", x=x, y=y)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    return SampleSource(str(tmp_path / "x.npy"), str(tmp_path / "y.npy"))


@pytest.fixture
def fleet(tmp_path):
    running = Fleet(tmp_path, answer_seconds=120.0)
    yield running
    running.close()


def quality(model, arrays, seeds, **settings):
    return QualityJob(*JAX, settings, model, 0, 0, arrays, arrays, seeds, 2, 32, 320, examples=[])


def test_a_file_describes_itself_by_its_bytes(tmp_path):
    described = describe("classifier", written(tmp_path), PARAMETERS)
    assert load(described).name == "classifier"
    assert described.sha256 != describe("other", written(tmp_path, CLASSIFIER + "#"), {}).sha256


def test_a_file_that_changed_is_refused(tmp_path, model):
    written(tmp_path, CLASSIFIER + "# another line\n")
    with pytest.raises(ModelError, match="classifier has changed since the run was planned"):
        load(model)


def test_the_bytes_of_a_built_in_model_are_checked_too():
    described = parse("ae200").description
    assert load(described).closed_form().dense_shapes == parse("ae200").dense_shapes
    with pytest.raises(ModelError, match="has changed since the run was planned"):
        load(replace(described, sha256="0" * 64))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"where": "/nowhere/model.py"}, "can't be read: No such file"),
        ({"where": "aebench.bench.models.nothing"}, "there is no module"),
        ({"function": "make"}, r"has no function make\(\)"),
    ],
)
def test_what_is_not_there_is_named(model, change, reason):
    with pytest.raises(ModelError, match=reason):
        load(replace(model, **change))


def test_a_module_in_no_package_is_named(model):
    with pytest.raises(ModelError, match=r"there is no module nowhere\.at\.all"):
        load(replace(model, where="nowhere.at.all"))


def test_a_worker_refuses_a_file_that_changed(tmp_path, model, arrays, fleet):
    written(tmp_path, CLASSIFIER + "# another line\n")
    worker = fleet.start("jax", quality(model, arrays, [0]))
    with pytest.raises(MeasurementError, match="has changed since the run was planned"):
        worker.answer(RuntimeInfo)


def test_a_worker_refuses_what_is_no_model(tmp_path, arrays, fleet):
    text = "def build(units, rate):\n    return 'a model'\n"
    model = describe("classifier", written(tmp_path, text), PARAMETERS)
    worker = fleet.start("jax", quality(model, arrays, [0]))
    with pytest.raises(MeasurementError, match="returned str and must return a Keras model"):
        worker.answer(RuntimeInfo)


def test_a_framework_s_note_does_not_hide_why_a_worker_failed(tmp_path, arrays, fleet):
    text = """
    def build(units, rate):
        error = ValueError("no luck")
        error.add_note("Some frames are hidden.")
        raise error
    """
    described = describe("classifier", written(tmp_path, text), PARAMETERS)
    worker = fleet.start("jax", quality(described, arrays, [0]))
    with pytest.raises(MeasurementError, match=r"^ValueError: no luck$"):
        worker.answer(RuntimeInfo)


def trained(worker, seeds):
    """Return the losses of all epochs, and the compiled steps' size."""
    runtime = worker.answer(RuntimeInfo)
    worker.tell(BeginTraining())
    losses = []
    for _ in range(seeds):
        losses += [worker.answer(EpochTrained).test_loss for _ in range(2)]
        assert worker.answer(Reconstructed).pixels == ""
    return losses, runtime.settings["steps_per_execution"]


def test_a_worker_trains_the_model_of_a_file(model, arrays, fleet):
    first, size = trained(fleet.start("jax", quality(model, arrays, [0, 1], steps="2")), 2)
    assert size == "2"
    assert first[1] < first[0]
    # A seed starts afresh, whatever was trained before it: weights, masks and optimiser.
    alone, size = trained(fleet.start("jax", quality(model, arrays, [1], steps="2")), 1)
    assert alone == first[2:]
    assert first[:2] != alone


def test_a_cold_start_of_the_model_of_a_file(tmp_path, model, arrays, fleet):
    names = SampleSource("x", "y")
    job = FootprintJob(
        *JAX, {}, model, 0, 0, arrays, arrays, 32, str(tmp_path / "samples.npz"), names, 320
    )
    worker = fleet.start("jax", job)
    assert [worker.phase().phase for _ in FOOTPRINT_PHASES] == list(FOOTPRINT_PHASES)
    result = worker.answer(FootprintResult)
    assert result.parameters == 6 * 8 + 8 + 8 * 3 + 3
    assert 0 < result.loss < 2


def test_rounds_of_the_model_of_a_file(model, arrays, fleet):
    files = {name: f"aebench.bench.workloads.{name}" for name in ("train", "predict")}
    job = SpeedJob(*JAX, {}, model, 0, 0, arrays, arrays, files)
    worker = fleet.start("jax", job)
    worker.answer(RuntimeInfo)
    for workload in files:
        answer = worker.ask(Calibrate(workload, 32, 10), Calibrated)
        assert answer.step_seconds > 0
        worker.ask(Enter(workload, 32, 40), Entered)
        assert worker.ask(RunRound(10, 3), RoundTimes).seconds > 0
        worker.ask(Leave(), Left)
