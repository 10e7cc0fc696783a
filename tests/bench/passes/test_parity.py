"""Test the parity gate: the same model passes, and planted differences are found."""

import json
import subprocess
import sys
from types import SimpleNamespace

import msgspec
import pytest

from aebench import backends
from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes import parity
from aebench.bench.campaign.passes.parity import tolerances
from aebench.bench.errors import MeasurementError
from aebench.bench.models.autoencoder import parse
from aebench.bench.plan.plan import Plan
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.messages.parity import Check, Compared
from aebench.reports.journal import Journal
from aebench.reports.record import ContenderInfo, Failure, Parity, TaskEnd, WorkloadSizes
from helpers import sample
from helpers.images import OF_ANY_MODEL
from helpers.paths import CLEAN, ROOT
from helpers.running import FEW, ONE_SIZE, interpreter

PLANTED = ROOT / "tests" / "helpers" / "planted.py"


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Return the checks' results by planted difference: check, difference and tolerance."""
    folder = tmp_path_factory.mktemp("planted")
    environment = {
        **CLEAN,
        **backends.load("jax").environment(folder),
        "KERAS_BACKEND": "jax",
        "KERAS_HOME": str(folder),
        "PYTHONPATH": str(ROOT / "src"),
    }
    done = subprocess.run(
        [sys.executable, str(PLANTED)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def caught(checks):
    allowed = tolerances("float32")
    return [each["check"] for each in checks if each["difference"] > allowed[each["check"]]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "model"),
    [("keras", "ae100"), ("keras", "ae100-dropout"), ("native", "ae100-dropout")],
)
def test_the_same_model_passes(found, kind, model):
    checks = found[f"{kind} {model}"]
    assert caught(checks) == []
    names = [each["check"] for each in checks]
    assert names[:7] == [
        "shapes",
        "forward",
        "loss",
        "step",
        "gradients",
        "short training",
        "long training",
    ]
    assert len(names) == (11 if "dropout" in model else 7)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("planted", "check"),
    [
        ("another initialiser", "forward"),
        ("transposed weights", "forward"),
        ("a missing bias", "shapes"),
        ("a bias that isn't added", "gradients"),
        ("no ReLU after the code", "forward"),
        ("sum instead of mean", "loss"),
        ("rate 1.4", "step"),
        ("data divided by 256", "forward"),
        ("shuffled batches", "short training"),
        ("dropout at inference", "forward"),
        ("dropout at another rate", "dropout rate"),
        ("dropout without scaling", "dropout scale"),
        ("one dropout layer", "dropout layers"),
        ("dropout never on", "dropout loss"),
        ("native batches backwards", "short training"),
        ("native dropout never on", "dropout loss"),
    ],
)
def test_planted_differences_are_caught(found, planted, check):
    assert check in caught(found[planted])


def test_lower_precisions_are_allowed_more():
    exact = tolerances("float32")
    for precision in ("mixed_bfloat16", "mixed_float16", "bfloat16", "tf32"):
        lower = tolerances(precision)
        assert lower.keys() == exact.keys()
        assert all(lower[name] >= exact[name] for name in exact)
        assert lower["forward"] < 0.1


class Comparing:
    """Answer as a worker that passes every check, and note when it is asked and heard."""

    def __init__(self, name, noted, fails):
        self._name, self._noted, self._fails = name, noted, fails

    def tell(self, command):
        self._noted.append((self._name, "told", command.model.name))

    def answer(self, kind):
        self._noted.append((self._name, "heard"))
        if self._fails:
            raise MeasurementError("was killed")
        runtime = RuntimeInfo({"precision": "float32"}, {}, [], 2, [])
        return Compared(runtime, [Check("forward", 0.0, "")])


def test_workers_compute_side_by_side_and_one_that_fails_stops_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(parity._Oracles, "path", lambda *_: tmp_path)
    header = sample.make().header
    info = msgspec.structs.replace(
        header.plan, sizes=[WorkloadSizes("train", [32], 1, 2)], passes=["parity", "speed"]
    )
    contenders = [ContenderInfo(name, name, "1") for name in ("jax", "torch")]
    plan = Plan(info, [parse("ae400"), parse("ae800")], contenders)
    journal = Journal.begin(tmp_path / "record.jsonl", header)
    noted = []
    fleet = SimpleNamespace(
        start=lambda backend, job, python, on_processor, cache: Comparing(
            backend, noted, backend == "torch"
        ),
        stop=lambda worker: None,
    )
    silent = dict.fromkeys(("doing", "problem"), lambda *_: None)
    display = SimpleNamespace(**silent, stage_done=lambda: None)
    parity.run(Context(plan, OF_ANY_MODEL, tmp_path, fleet, journal, display), plan.tasks()[:4])
    journal.close()
    assert noted[:4] == [
        ("jax", "told", "ae400"),
        ("torch", "told", "ae400"),
        ("jax", "heard"),
        ("jax", "told", "ae400"),
    ]
    ends = [(end.task.contender, end.task.model) for end in journal.record.of(TaskEnd)]
    assert ends == [("jax", "ae400"), ("jax", "ae800")]
    failed = [(each.contender, each.model) for each in journal.record.of(Failure)]
    assert failed == [("torch", "ae400"), ("torch", "ae800")]
    checks = {(each.contender, each.model) for each in journal.record.of(Parity)}
    assert checks == {("jax", "ae400"), ("jax", "ae800")}


EMBEDDED = ("--data", "embedded", "--model")


@pytest.mark.slow
def test_every_contender_is_shown_to_be_the_same(aebench):
    names = [name for name in backends.built_in_names() if name != "gemm"]
    done = aebench(
        "parity", *EMBEDDED, "ae50-dropout", *ONE_SIZE, "--out", "p", "--contender", *names
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(aebench("show", "p", "--json").stdout)["parity"]
    found = {row["contender"]: (row["differs"], row["same_in"]) for row in rows}
    assert found == {
        name: ("", ["predict"] if name in ("numpy", "openvino") else []) for name in names
    }


@pytest.mark.slow
def test_who_differs_is_shown_and_in_no_ranking(aebench, tmp_path):
    other = interpreter(
        tmp_path / "other",
        python="""
        import aebench.bench.models.autoencoder
        build = aebench.bench.models.autoencoder.build
        aebench.bench.models.autoencoder.build = lambda **given: build(
            **{**given, "learning_rate": 1.4}
        )
        """,
    )
    sizes = ("--train-samples", "1000", "--pass", "speed", *ONE_SIZE, *FEW)
    who = ("--contender", "jax", f"jax@{other}")
    done = aebench("run", *EMBEDDED, "ae50", *sizes, *who, "--out", "r")
    assert done.returncode == 0, done.stdout + done.stderr
    told = " ".join(done.stdout.split())
    assert "Shown to be the same model: 1 of 2; not ae50 jax@" in told
    assert "(step at batch 32 differs by " in told
    shown = json.loads(aebench("show", "r", "--json").stdout)
    cells = {cell["workload"]: cell for cell in shown["speed"]}
    verdicts = {
        name: [row["verdict"] for row in cell["rows"] if not row["control_of"]]
        for name, cell in cells.items()
    }
    assert verdicts["train"] == ["", "differs"]
    assert cells["train"]["comparisons"] == 0
    # Another learning rate is no other model to predict with.
    assert verdicts["predict"][1] not in ("differs", "unchecked", "")
    assert cells["predict"]["comparisons"] == 1


@pytest.mark.slow
def test_a_fault_at_one_batch_size_is_found_there_alone(aebench, tmp_path):
    other = interpreter(
        tmp_path / "other",
        python="""
        import keras
        predict = keras.Model.predict
        def other(self, x, batch_size=None, **named):
            return predict(self, x, batch_size, **named) + (1e-3 if batch_size == 40 else 0)
        keras.Model.predict = other
        """,
    )
    sizes = ("--batch-size", "32", "40")
    done = aebench("parity", *EMBEDDED, "ae50", *sizes, "--contender", f"jax@{other}", "--out", "p")
    assert done.returncode == 1, done.stdout + done.stderr
    (row,) = json.loads(aebench("show", "p", "--json").stdout)["parity"]
    assert row["differs"].startswith("forward at batch 40 differs by 0.001")
    assert row["same_in"] == ["train at batch 32", "predict at batch 32"]
    wrong = {
        (each["check"], each["batch_size"])
        for each in row["checks"]
        if each["difference"] > each["tolerance"]
    }
    assert wrong == {("forward", 40)}
    checked = {each["batch_size"] for each in row["checks"] if each["check"] == "short training"}
    assert checked == {32, 40}
