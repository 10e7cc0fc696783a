"""Test a workload that another package adds, and that times calls."""

import math
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from aebench.bench import workloads
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.plan.sizes import obstacle
from aebench.bench.workloads import load, names
from aebench.reports.journal import load as load_record
from aebench.reports.record import Cell, Round, WorkloadSizes
from aebench.reports.summary import summarise
from aebench.reports.tables import speed
from helpers.images import COUNTS
from helpers.paths import ROOT
from helpers.running import FEW

SOURCE = """
from aebench.bench.workloads import CALL, Workload


class Respond(Workload):
    name = "respond"
    verb = "responds with"
    gerund = "responding"
    description = "calls of predict_on_batch, one after the other"
    timing = CALL
    batch_sizes = (1,)

    def run(self, model, samples, batch_size, callbacks):
        return model.predict_on_batch(samples.x)


WORKLOAD = Respond()
"""


@pytest.fixture
def added(tmp_path) -> Path:
    """Write a package that adds the workload to a folder; return the folder."""
    folder = tmp_path / "site"
    about = folder / "responding-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "responding.py").write_text(SOURCE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: responding\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[aebench.workloads]\nrespond = responding\n")
    return folder


@pytest.fixture
def known(added, monkeypatch) -> Iterator[None]:
    """Add the package's folder to this process's path."""
    with monkeypatch.context() as changed:
        changed.syspath_prepend(str(added))
        workloads._modules.cache_clear()
        yield
    workloads._modules.cache_clear()


def test_it_is_known_and_has_its_own_sizes(known):
    assert {"train", "predict", "respond"} <= set(names())
    assert load("respond").module == "responding"
    asked = Request(
        preset="publish",
        backends=["jax"],
        models=["ae400"],
        workloads=["train", "respond"],
        passes=["speed"],
        baselines=True,
    )
    plan = plan_from_request(asked, COUNTS)
    assert plan.info.sizes_of("train").batch_sizes == [32, 500]
    assert plan.info.sizes_of("respond") == WorkloadSizes("respond", [1], 8, 16)
    assert plan.cells() == [
        Cell("ae400", "train", 32),
        Cell("ae400", "train", 500),
        Cell("ae400", "respond", 1),
    ]
    native = next(each for each in plan.contenders if each.name == "native-jax")
    assert obstacle(native, "respond") == "respond times calls of Keras, and it runs without Keras"
    assert not plan.takes_part(native, Cell("ae400", "respond", 1))
    assert plan.takes_part(native, Cell("ae400", "train", 32))
    (described,) = (each for each in plan.describe_workloads() if each.name == "respond")
    assert (described.verb, described.timing, described.trains) == ("responds with", "call", False)


def test_it_is_listed(aebench, added):
    shown = aebench("list", PYTHONPATH=f"{ROOT / 'src'}:{added}")
    assert "calls of predict_on_batch, one after the other" in shown.stdout


DRY_RUN = ("run", "--dry-run", "--data", "embedded", "--backend", "jax", "--workload")
NAME = "the name of its entry point as its name, of lower-case letters, digits, - and _"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise OSError('no luck')", "can't be imported from responding (no luck): repair or"),
        ("", "lacks WORKLOAD, an instance of a subclass of Workload: the class"),
        (
            SOURCE.replace("Respond()", "Respond"),
            "lacks WORKLOAD, an instance of a subclass of Workload: the class",
        ),
        (SOURCE.replace('"respond"', '"reply"'), f"lacks {NAME}: the class"),
        (SOURCE.replace('verb = "responds with"', ""), "lacks verb: the class"),
        (SOURCE.replace("timing = CALL", ""), "lacks function, stop(): the class"),
        (
            SOURCE.replace("timing = CALL", "timing = 'round'"),
            "lacks a timing (step, call or whole call): the",
        ),
        (SOURCE.replace("timing = CALL", "timing = CALL; split = 'all'"), "lacks a split (train"),
        (SOURCE.replace("def run", "def go"), "lacks run(): the class Workload"),
    ],
)
def test_one_that_cannot_be_used_is_refused_in_one_sentence(aebench, added, text, said):
    (added / "responding.py").write_text(text)
    done = aebench(*DRY_RUN, "respond", PYTHONPATH=f"{ROOT / 'src'}:{added}")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.startswith("aebench: the workload 'respond' ")
    assert said in done.stderr and "responding" in done.stderr
    assert done.stderr.count("\n") == 1


def test_other_workloads_and_the_list_do_not_suffer_from_it(aebench, added):
    (added / "responding.py").write_text("")
    path = f"{ROOT / 'src'}:{added}"
    assert aebench(*DRY_RUN, "train", PYTHONPATH=path).returncode == 0
    listed = aebench("list", PYTHONPATH=path, COLUMNS="250")
    assert listed.returncode == 0
    assert "the workload 'respond' in responding lacks WORKLOAD" in listed.stdout


@pytest.mark.slow
def test_it_is_measured_and_shown(aebench, added, tmp_path):
    done = aebench(
        *("run", "--data", "embedded", "--train-samples", "640", "--model", "ae50"),
        *("--backend", "jax", "native-jax", "--workload", "train", "respond", "--pass", "speed"),
        *("--batch-size", "train=64", "respond=2", *FEW, "--out", "kept"),
        PYTHONPATH=f"{ROOT / 'src'}:{added}",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    record = load_record(tmp_path / "kept")
    rows = [row for row in record.of(Round) if row.workload == "respond"]
    assert {row.contender for row in rows} == {"jax", "jax A/A"}
    for row in rows:
        assert len(row.call_seconds) == row.steps and row.batch_size == 2
        # Almost nothing happens between two calls: their seconds add up to the round's.
        assert 0 < sum(row.call_seconds) <= row.seconds
        assert statistics.median(row.call_seconds) > 1e-6
    assert all(row.call_seconds is None for row in record.of(Round) if row.workload == "train")
    summary = summarise(record)
    train, respond = summary.speed
    assert (respond.workload, respond.batch_size, train.batch_size) == ("respond", 2, 64)
    (table,) = [each for each in speed(summary) if each.title.startswith("respond")]
    assert table.title == "respond ae50, batch 2"
    jax = next(row for row in respond.rows if row.contender == "jax")
    assert math.isfinite(jax.step_seconds.value)
    assert any("calls in 1 launch" in note for note in table.notes)
    assert any("native-jax: respond times calls of Keras" in note for note in table.notes)
    assert not any("epoch" in column for column in table.columns)
    assert "respond ae50, 2: jax " in done.stdout
