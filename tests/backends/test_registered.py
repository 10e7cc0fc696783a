"""Test registered backends, and backends that can't train, in every table."""

import json
import re

import pytest

from aebench.reports.journal import load
from aebench.reports.summary import summarise
from helpers.contender_tables import contender_tables, entries
from helpers.paths import ROOT
from helpers.running import ONE_SIZE, SMALL

BORROWED = """
from aebench.backends import numpy as _numpy
from aebench.backends.numpy import *

for _name in vars(_numpy):
    if not _name.startswith("__"):
        globals()[_name] = getattr(_numpy, _name)
UNSUPPORTED = {"train": "the borrowed backend can't train"}
INSTALL = "pip install borrowed"
"""


def register(folder, name="borrowed", module="borrowed_backend", text=BORROWED) -> str:
    """Write a package that registers a backend to a folder; return a PYTHONPATH with the folder."""
    about = folder / f"{module}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[aebench.backends]\n{name} = {module}\n")
    if text:
        (folder / f"{module}.py").write_text(text)
    return f"{ROOT / 'src'}:{folder}"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("jax", BORROWED, "'jax' of borrowed_backend has a name that is taken"),
        ("native-x", BORROWED, "'native-x' of borrowed_backend can't be called that"),
        ("borrowed", "", "'borrowed' can't be imported from borrowed_backend"),
        ("borrowed", "raise OSError('no luck')", "no luck"),
        ("borrowed", "INSTALL = ''", "'borrowed' has no KERAS_BACKEND, FRAMEWORK,"),
        (
            "borrowed",
            f"{BORROWED}\ndel BY_DEFAULT, COSTS\n",
            "'borrowed' has no BY_DEFAULT, COSTS in borrowed_backend: its package must be made",
        ),
    ],
)
def test_a_backend_that_cannot_be_used_is_one_sentence(aebench, tmp_path, name, text, reason):
    path = register(tmp_path / "packages", name, text=text)
    done = aebench("run", "--backend", "borrowed", "--dry-run", PYTHONPATH=path)
    assert done.returncode == 2
    assert reason in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    # A backend that can't be used doesn't affect the built-in backends.
    fine = aebench("run", "--backend", "jax", "--dry-run", *SMALL, PYTHONPATH=path)
    assert fine.returncode == 0, fine.stderr


def test_a_registered_backend_is_listed(aebench, tmp_path):
    done = aebench("list", PYTHONPATH=register(tmp_path / "packages"), COLUMNS="200")
    assert re.search(r"borrowed\s+│ 2\S+\s+│ CPU.*│ predict; the borrowed", done.stdout), (
        done.stdout
    )


def test_what_cannot_be_measured_at_all_is_refused(aebench):
    done = aebench("run", "--pass", "quality", "--backend", "numpy", *SMALL)
    assert done.returncode == 2
    assert "Keras's NumPy backend has no fit" in " ".join(done.stderr.split())


@pytest.mark.slow
def test_what_cannot_train_has_figures_or_reasons_in_every_table(aebench, tmp_path):
    passes = ("parity", "speed", "footprint", "quality", "profile", "memory")
    predicting = ("borrowed", "openvino")
    path = register(tmp_path / "packages")
    done = aebench(
        "run",
        *(*SMALL, *ONE_SIZE),
        *("--backend", "jax", *predicting, "--pass", *passes, "--epochs", "1", "--out", "r"),
        PYTHONPATH=path,
        OPENBLAS_NUM_THREADS="1",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in (tmp_path / "r" / "record.jsonl").open()]
    assert not [line for line in lines if line["kind"] == "failure"]
    found = json.loads(aebench("show", "r", "--json", PYTHONPATH=path).stdout)
    cells = {cell["workload"]: cell for cell in found["speed"]}
    assert [cells[name]["comparisons"] for name in ("train", "predict")] == [0, 2]
    shown = aebench(
        "show", "r", "--detail", COLUMNS="200", PYTHONPATH=register(tmp_path / "again")
    ).stdout
    assert "there is no profiler" in " ".join(shown.split())
    tables = contender_tables(summarise(load(tmp_path / "r")))
    for backend in predicting:
        mine = [line for line in lines if line.get("contender") == backend]
        assert {line["workload"] for line in mine if line["kind"] == "round"} == {"predict"}
        precisions = {line["settings"]["precision"] for line in mine if line["kind"] == "worker"}
        assert precisions == {"float32"}
        (parity,) = (row for row in found["parity"] if row["contender"] == backend)
        assert [each["check"] for each in parity["checks"]] == ["shapes", "forward", "loss"]
        assert (parity["differs"], parity["same_in"]) == ("", ["predict"])
        (row,) = (row for row in cells["predict"]["rows"] if row["contender"] == backend)
        assert row["verdict"] not in ("differs", "unchecked", "")
        assert f"{backend}: " in shown and re.search(rf"ae50 {backend} .* same", shown)
        for table in tables:
            shown_entries = entries(table, backend)
            assert shown_entries, table.title
            if "–" in shown_entries:
                assert any(f"{backend}: " in note for note in table.notes), table.title
                of_prediction = ("At a glance", "Parity")
                assert set(shown_entries) == {"–"} or table.title in of_prediction, table.title
