"""Test failures of workers and of the record's disk: a row has the reason, the rest is kept."""

import os
import subprocess

import pytest

from aebench.reports.journal import load
from aebench.reports.record import Failure, Phase, Round, TaskEnd
from helpers.running import ONE_SIZE, Run, interpreter

# Long enough for what goes wrong after some seconds.
SPEED = ("--pass", "speed", *ONE_SIZE, "--blocks", "8", "--round-seconds", "0.4")
TRAIN, PREDICT = ("--workload", "train"), ("--workload", "predict")
AFTER_A_WHILE = """
def fail():
    {}

timer = threading.Timer(6, fail)
timer.daemon = True
timer.start()
"""


# What an interpreter does instead of measuring, in shell or Python, and the reason that is told.
WRONG = {
    "exits-at-once": ("exit 0", "", "exited with code 0"),
    # Less memory than the framework needs; some frameworks fail in Python, others in C.
    "out-of-memory": ("ulimit -v 400000", "", ""),
    # PyDLL holds the GIL while it writes: no complete message can come in between.
    "half-a-message": (
        "",
        AFTER_A_WHILE.format("ctypes.PyDLL(None).write(FD, b'[0.', 3); os._exit(0)"),
        "exited with code 0",
    ),
    "floods-stdout": (
        "",
        AFTER_A_WHILE.format("while True:\n        os.write(1, b'x' * 2**20)"),
        "printed more than 64 MiB",
    ),
    "hangs-in-c": (
        "",
        AFTER_A_WHILE.format("ctypes.PyDLL(None).pause()"),
        "gave no answer for 20 s",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "more"),
    [
        (list(WRONG)[:-1], ()),
        # Alone: the start of many workers takes a while too.
        (list(WRONG)[-1:], ("--time-limit", "20")),
    ],
    ids=["end", "hang"],
)
def test_workers_that_go_wrong_are_rows(tmp_path, names, more):
    broken = {}
    backend = "numpy"  # a backend that starts soon
    for name in names:
        shell, python, reason = WRONG[name]
        broken[interpreter(tmp_path / name, shell=shell, python=python)] = reason
    contenders = (backend, *(f"{backend}@{path}" for path in broken))
    run = Run(tmp_path / "run", "--backend", *contenders, *SPEED, *PREDICT, *more)
    assert run.end() == 1, run.output + run.errors
    record = load(run.folder)
    # A worker can fail in the parity pass too, which comes first.
    failures = {each.contender: each for each in record.of(Failure) if each.pass_name == "speed"}
    reasons = {
        each.name: broken[each.python]
        for each in record.header.contenders
        if each.python and not each.control_of
    }
    assert set(failures) == {each.contender for each in record.of(Failure)} == set(reasons)
    for name, failure in failures.items():
        assert reasons[name] in failure.reason and failure.reason
        assert f"{name}: {failure.reason}" in " ".join(run.output.split())
    assert {row.block for row in record.of(Round) if row.contender == backend} >= set(range(8))
    assert not [each for each in record.of(TaskEnd) if each.task.pass_name == "speed"]
    assert record.outcome == "failures"
    assert f"--resume {run.folder}" in run.output.replace("\n", "")


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(folder)], capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("mounting a tmpfs needs privileges that this process hasn't")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_keeps_what_was_measured_and_can_be_resumed(tmp_path, small_disk):
    filler = small_disk / "filler"
    # The disk has room for the journal's reserve, the header (12 KiB, most of it example images),
    # the parity checks and a few rounds.
    filler.write_bytes(b"x" * (128 - 16 - 20) * 1024)
    run = Run(small_disk / "run", "--backend", "numpy", *SPEED, *PREDICT)
    assert run.end() == 1, run.output + run.errors
    assert "No space left on device" in run.output
    assert "Traceback" not in run.output + run.errors
    record = load(run.folder)
    assert record.damage == ""
    assert len(record.of(Round)) >= 3
    (failure,) = record.of(Failure)
    assert "No space left on device" in failure.reason
    assert record.outcome == "failures"
    filler.unlink()
    again = Run(run.folder, resume=True)
    assert again.end() == 0, again.output + again.errors
    assert load(run.folder).outcome == "complete"


WITHOUT_PROC = """
import pathlib
for name in ("read_text", "write_text"):
    def without(self, *arguments, was=getattr(pathlib.Path, name), **options):
        if str(self) in {files!r}:
            raise FileNotFoundError(2, "No such file or directory")
        return was(self, *arguments, **options)
    setattr(pathlib.Path, name, without)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "files",
    [("/proc/self/clear_refs",), ("/proc/self/clear_refs", "/proc/self/status")],
    ids=["no-clear-refs", "no-proc"],
)
def test_where_peaks_cannot_be_read_they_are_sampled_and_it_says_so(tmp_path, files):
    without = interpreter(tmp_path / "without", python=WITHOUT_PROC.format(files=files))
    run = Run(tmp_path / "run", "--backend", f"jax@{without}", "--pass", "footprint")
    assert run.end() == 0, run.output + run.errors
    phases = load(run.folder).of(Phase)
    assert [row.exact for row in phases] == [False] * 7
    assert all(row.peak_bytes >= row.resident_bytes > 5e6 for row in phases)
    assert max(row.peak_bytes for row in phases) > 200e6
    assert "sampled every 20 ms: short peaks are missed" in " ".join(run.output.split())


@pytest.mark.slow
def test_a_worker_needs_numpy_keras_and_its_framework_only(tmp_path):
    # scipy belongs to JAX and rich to Keras; aebench's other dependencies can't be imported here.
    ours = ["jinja2", "matplotlib", "msgspec", "pooch", "psutil", "requests", "shtab"]
    bare = interpreter(tmp_path / "bare", python=f"sys.modules.update(dict.fromkeys({ours}))\n")
    run = Run(tmp_path / "run", "--backend", f"jax@{bare}", *ONE_SIZE)
    assert run.end() == 0, run.output + run.errors
    told, control = load(run.folder).header.contenders
    assert control.python == told.python
    assert (told.name, told.python) == ("jax", bare)
