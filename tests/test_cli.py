import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import sample
from conftest import CLEAN, ROOT

from reports.journal import Journal, load
from reports.record import End, Failure, QualityEpoch, Slice

SMALL = ("--data", "embedded", "--train-samples", "640", "--definition", "ae200", "--epochs", "1")


@pytest.fixture
def record(tmp_path) -> Path:
    made = sample.make()
    journal = Journal(tmp_path / "old" / "record.jsonl", made.header)
    for event in made.events:
        journal.append(event)
    journal.close()
    return journal.path


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["run", "--backend", "theano"], "'theano' is not a backend: use jax, tensorflow, torch"),
        (["run", "--definition", "ae300"], "300, 150, 75, stop"),
        (["run", "--preset", "slow"], "not a preset: use quick, standard, publish"),
        (["run", "--workload", "dream"], "not a workload: use train, predict"),
        (["run", "--pass", "speeed"], "not a pass: use speed, footprint, quality"),
        (["run", "--batch-size", "0"], "must be at least 1"),
        (["run", "--batch-size", "32", "-5"], "-5"),
        (["run", "--batch-size", "2000"], "larger than the data"),
        (["run", "--batch-size", "many"], "should be a valid integer"),
        (["run", "--epochs", "0"], "--epochs 0 must be at least 1"),
        (["run", "--seeds", "-1"], "--seeds -1 must be at least 1"),
        (["run", "--threads", "0"], "--threads 0 must be at least 1"),
        (["run", "--threads", "4096"], "this machine lets it use"),
        (["run", "--train-samples", "0"], "out of range"),
        (["run", "--reference", "numpy"], "not among the backends measured"),
        (["run", "--data", "nowhere.npz"], "can't be read"),
        (["run", "--time-limit", "0"], "more than 0"),
        (["run", "--frobnicate"], "--frobnicate"),
        (["show", "nowhere"], "can't be read"),
        (["report", "nowhere"], "can't be read"),
        (["dance"], "dance"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(aebench, tmp_path, arguments, reason):
    if arguments[0] == "run" and "--data" not in arguments:
        arguments = [*arguments, "--data", "embedded"]
    done = aebench(*arguments)
    assert done.returncode == 2
    assert reason in done.stderr
    assert done.stderr.startswith("aebench: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_no_record_is_overwritten(aebench, record):
    before = record.read_bytes()
    done = aebench("run", *SMALL, "--out", "old")
    assert done.returncode == 2
    assert "nothing was overwritten" in done.stderr
    assert record.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_refused(aebench, tmp_path):
    (tmp_path / "file").write_text("")
    done = aebench("run", *SMALL, "--out", "file/inside")
    assert done.returncode == 2
    assert "can't be written" in done.stderr


def test_help_and_list(aebench):
    for command in ([], ["run"], ["show"], ["report"], ["list"]):
        shown = aebench(*command, "--help")
        assert shown.returncode == 0
        assert "Usage" in shown.stdout
    listed = aebench("list").stdout
    for word in ("842,009", "2,110,809", "1,630,009", "4.41", "8 × 64", "predict", "jax"):
        assert word in listed
    assert max(map(len, listed.splitlines())) <= 100


def test_several_values_after_one_option(aebench):
    spellings = (
        ["--batch-size", "32", "100"],
        ["--batch-size", "32,100"],
        ["--batch-size=32,100"],
        ["--batch-size", "32", "--batch-size", "100"],
    )
    shown = [aebench("run", "--dry-run", *SMALL, *each).stdout for each in spellings]
    assert "batch 32, 100" in shown[0]
    assert len(set(shown)) == 1


def test_dry_run_plans_and_writes_nothing(aebench, tmp_path):
    done = aebench("run", "--dry-run", AEBENCH_DATA="embedded")
    assert done.returncode == 0
    assert "1 × 18 blocks" in done.stdout
    assert "About " in done.stdout
    assert "embedded" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_show_and_report(aebench, record, tmp_path):
    shown = aebench("show", "old")
    assert shown.returncode == 0
    assert "14,500, 17,800" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 100
    told = json.loads(aebench("show", str(record), "--json").stdout)
    assert told["speed"][0]["rows"][1]["times_reference"]["value"] == pytest.approx(4)
    assert aebench("report", str(record)).returncode == 0
    assert (tmp_path / "old" / "report" / "README.md").exists()
    assert aebench("report", "old", "-o", "elsewhere").returncode == 0
    assert (tmp_path / "elsewhere" / "figures" / "loss.svg").exists()


def test_a_damaged_record_is_shown_with_a_word(aebench, record):
    record.write_bytes(record.read_bytes()[:-40])
    shown = aebench("show", str(record))
    assert shown.returncode == 0
    assert "damaged" in shown.stdout


class Run:
    """An aebench in the background."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench", "run", *SMALL, "--out", str(folder), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**CLEAN, "PYTHONPATH": str(ROOT)},
            cwd=folder.parent,
        )

    def worker(self, backend: str, seconds: float = 60) -> psutil.Process:
        """Wait for a worker of a backend."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for child in psutil.Process(self.process.pid).children():
                try:
                    if child.environ().get("KERAS_BACKEND") == backend:
                        return child
                except psutil.Error:
                    continue
            time.sleep(0.02)
        raise AssertionError(f"no worker of {backend}")

    def measured(self, count: int, seconds: float = 120) -> None:
        """Wait until so many slices are in the record."""
        deadline = time.monotonic() + seconds
        path = self.folder / "record.jsonl"
        while time.monotonic() < deadline:
            if path.exists() and path.read_bytes().count(b'"kind":"slice"') >= count:
                return
            time.sleep(0.02)
        raise AssertionError("no slices")

    def end(self) -> int:
        self.output, self.errors = self.process.communicate(timeout=300)
        return self.process.returncode


def gone(processes: list[psutil.Process], seconds: float) -> bool:
    return not psutil.wait_procs(processes, timeout=seconds)[1]


@pytest.mark.slow
def test_everything_is_measured_on_all_backends(tmp_path):
    run = Run(tmp_path / "all", "--report")
    assert run.end() == 0, run.output + run.errors
    loaded = load(run.folder)
    assert loaded.events[-1].outcome == "complete"
    for backend in ("jax", "tensorflow", "torch"):
        for workload in ("train", "predict"):
            mine = [
                row
                for row in loaded.of(Slice)
                if (row.contender, row.workload) == (backend, workload)
            ]
            assert len([row for row in mine if row.block >= 0]) == 18
            assert len([row for row in mine if row.block < 0]) >= 3
            assert len({row.steps for row in mine}) == 1
        (quality,) = [row for row in loaded.of(QualityEpoch) if row.contender == backend]
        assert 0.2 < quality.test_loss < 0.7
    # The same weights, data and order: the losses agree far beyond what training changes.
    losses = [row.test_loss for row in loaded.of(QualityEpoch)]
    assert max(losses) - min(losses) < 1e-4
    (footprint, *_) = json.loads(
        subprocess.run(
            [sys.executable, "-m", "bench", "show", "--json", str(run.folder)],
            capture_output=True,
            env={**CLEAN, "PYTHONPATH": str(ROOT)},
        ).stdout
    )["footprint"]
    assert footprint["parameters"] == 367_609
    assert footprint["exact"]
    assert (run.folder / "report" / "README.md").exists()
    assert "20 epochs" in run.output
    assert "\x1b" not in run.output


@pytest.mark.slow
def test_a_worker_that_dies_fails_alone(tmp_path):
    run = Run(tmp_path / "one-dies", "--backend", "jax,torch", "--pass", "speed")
    worker = run.worker("torch")
    run.measured(8)
    worker.kill()
    assert run.end() == 1, run.output + run.errors
    loaded = load(run.folder)
    (failure,) = loaded.of(Failure)
    assert (failure.contender, failure.reason) == ("torch", "was killed by signal 9")
    blocks = {row.block for row in loaded.of(Slice) if row.contender == "jax"}
    assert max(blocks) == 15
    assert "torch: was killed by signal 9" in run.output


@pytest.mark.slow
def test_a_worker_that_hangs_fails_alone(tmp_path):
    limit = ("--time-limit", "15")
    run = Run(tmp_path / "one-hangs", "--backend", "jax,torch", "--pass", "speed", *limit)
    worker = run.worker("torch")
    run.measured(8)
    worker.suspend()
    assert run.end() == 1, run.output + run.errors
    (failure,) = load(run.folder).of(Failure)
    assert (failure.contender, failure.reason) == ("torch", "gave no answer for 15 s")
    assert gone([worker], 1)


@pytest.mark.slow
@pytest.mark.parametrize("signal_sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_everything_and_keeps_the_record(tmp_path, signal_sent):
    run = Run(tmp_path / "interrupted", "--backend", "jax", "--pass", "speed")
    run.measured(2)
    family = psutil.Process(run.process.pid).children(recursive=True)
    began = time.monotonic()
    run.process.send_signal(signal_sent)
    time.sleep(0.3)
    run.process.send_signal(signal_sent)  # an impatient second one changes nothing
    assert run.end() == 130
    assert time.monotonic() - began < 5
    assert gone(family, 1)
    loaded = load(run.folder)
    assert isinstance(loaded.events[-1], End)
    assert loaded.events[-1].outcome == "interrupted"
    assert len(loaded.of(Slice)) >= 2


@pytest.mark.slow
def test_nothing_outlives_a_killed_parent(tmp_path):
    run = Run(tmp_path / "killed", "--backend", "jax", "--pass", "speed")
    run.measured(2)
    family = psutil.Process(run.process.pid).children(recursive=True)
    assert len(family) >= 2
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.communicate()
    assert gone(family, 5)
    assert len(load(run.folder).of(Slice)) >= 2
