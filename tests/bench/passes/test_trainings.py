"""Test the order of the quality pass: workers start side by side, and train one after the other."""

from types import SimpleNamespace

import msgspec
import pytest

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes import quality
from aebench.bench.errors import MeasurementError
from aebench.bench.models.autoencoder import parse
from aebench.bench.plan.plan import Plan
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.messages.quality import EpochTrained, Reconstructed
from aebench.reports.journal import Journal
from aebench.reports.record import ContenderInfo, Failure, QualityEpoch, TaskEnd
from helpers import sample
from helpers.images import OF_ANY_MODEL


class Training:
    """Answer as a worker of the quality pass, and note what it is told; it fails where asked to."""

    def __init__(self, name, noted, fails=""):
        self.name, self._noted, self._fails = name, noted, fails

    def tell(self, command):
        self._noted.append((self.name, command.COMMAND))

    def answer(self, kind):
        self._noted.append((self.name, kind.__name__))
        if kind.__name__ == self._fails:
            raise MeasurementError("was killed")
        if kind is RuntimeInfo:
            return RuntimeInfo({"precision": "float32"}, {}, [], 2, [])
        if kind is EpochTrained:
            return EpochTrained(0, 1, 1.0, 0.1, 0.2, 0.2, 0.2)
        return Reconstructed(0, "")


@pytest.fixture
def run(tmp_path):
    """Return a function that trains a model with some backends, of which one may fail."""
    header = sample.make().header
    noted, stopped = [], []

    def running(names, failing="", fails=""):
        contenders = [ContenderInfo(name, name, "1") for name in names]
        info = msgspec.structs.replace(header.plan, passes=["quality"], epochs=1, seeds=[0])
        plan = Plan(info, [parse("ae400")], contenders)
        journal = Journal.begin(tmp_path / "record.jsonl", header)

        def start(backend, job, python, on_processor, cache):
            if (backend, "start") == (failing, fails):
                raise MeasurementError("can't start")
            noted.append((backend, "start"))
            return Training(backend, noted, fails if backend == failing else "")

        fleet = SimpleNamespace(start=start, stop=lambda worker: stopped.append(worker.name))
        silent = dict.fromkeys(("doing", "figure", "problem"), lambda *_: None)
        display = SimpleNamespace(**silent, stage_done=lambda: noted.append("stage"))
        quality.run(Context(plan, OF_ANY_MODEL, tmp_path, fleet, journal, display), plan.tasks())
        journal.close()
        return journal.record, noted, stopped

    return running


def test_all_are_built_before_the_first_one_trains(run):
    record, noted, stopped = run(["jax", "torch"])
    told = [each for each in noted if each != "stage"]
    assert told == [
        ("jax", "start"),
        ("torch", "start"),
        ("jax", "RuntimeInfo"),
        ("torch", "RuntimeInfo"),
        *(("jax", each) for each in ("train", "EpochTrained", "Reconstructed")),
        *(("torch", each) for each in ("train", "EpochTrained", "Reconstructed")),
    ]
    assert stopped == ["jax", "torch"]
    assert [each.task.contender for each in record.of(TaskEnd)] == ["jax", "torch"]


@pytest.mark.parametrize("fails", ["start", "RuntimeInfo", "EpochTrained"])
def test_one_that_fails_is_a_row_and_the_others_train(run, fails):
    record, noted, stopped = run(["jax", "torch"], "jax", fails)
    (failure,) = record.of(Failure)
    assert (failure.contender, failure.pass_name) == ("jax", "quality")
    assert [each.contender for each in record.of(QualityEpoch)] == ["torch"]
    assert noted.count("stage") == 2
    assert stopped == (["torch"] if fails == "start" else ["jax", "torch"])


def test_five_are_too_many_to_hold_at_once(run):
    _, noted, _ = run(["jax", "numpy", "tensorflow", "torch", "openvino"])
    starts = [each for each in noted if each[1:] == ("start",)]
    assert noted.index(starts[-1]) > noted.index((starts[0][0], "Reconstructed"))
