import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from aebench.backends.accelerators import HIDDEN
from aebench.bench.campaign.fleet import Fleet
from aebench.bench.errors import MeasurementError
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.messages.speed import Leave, Left, SpeedJob
from aebench.bench.protocol.model_description import ModelDescription
from aebench.bench.protocol.samples import SampleSource

NOWHERE = SampleSource("", "")
NOTHING = ModelDescription("", "", "", {}, "")
JOB = SpeedJob("jax", "aebench.backends.jax", {}, NOTHING, 0, 0, NOWHERE, NOWHERE, {})
# Takes the place of a contender's interpreter, which is called with -P -m aebench.bench.worker FD.
HELLO = 's.sendall(b\'{"resident_bytes": 1, "exact": true}\\n\')'


@pytest.fixture
def fleet(tmp_path):
    running = Fleet(tmp_path, answer_seconds=1.0)
    yield running
    running.close()


def interpreter(folder: Path, body: str) -> str:
    path = folder / "python"
    path.write_text(
        f"#!{sys.executable}\nimport os, socket, subprocess, sys, time\n"
        "s = socket.socket(fileno=int(sys.argv[-1]))\n" + textwrap.dedent(body)
    )
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (f"{HELLO}\ns.recv(9999); s.sendall(b'what?\\n'); time.sleep(9)", "answered nonsense"),
        (f"{HELLO}\ns.recv(9999); s.sendall(b'3\\n'); time.sleep(9)", "answered nonsense"),
        (
            f"{HELLO}\ns.recv(9999); s.sendall(b'{{\"epochs\": 3}}\\n'); time.sleep(9)",
            "answered nonsense: RuntimeInfo has an unknown field 'epochs'",
        ),
        (f"{HELLO}\nprint('last words'); sys.exit(7)", "exited with code 7"),
        (f"{HELLO}\ns.close(); time.sleep(30)", "closed its channel"),
        (f"{HELLO}\nos.kill(os.getpid(), 11)", "was killed by signal 11"),
        (f"{HELLO}\ntime.sleep(30)", "gave no answer for 1 s"),
        (f'{HELLO}\ns.sendall(b\'{{"error": "no luck"}}\\n\'); time.sleep(9)', "no luck"),
    ],
)
def test_a_broken_worker_is_a_reason(fleet, tmp_path, body, reason):
    with pytest.raises(MeasurementError, match=reason) as raised:
        worker = fleet.start("jax", JOB, python=interpreter(tmp_path, body))
        worker.answer(RuntimeInfo)
    if "last words" in body:
        assert raised.value.log_tail == "last words"


def test_a_worker_that_ended_before_a_command_gives_its_own_reason(fleet, tmp_path):
    body = f'{HELLO}\ns.recv(9999); s.sendall(b\'{{"error": "no luck"}}\\n\')'
    worker = fleet.start("jax", JOB, python=interpreter(tmp_path, body))
    psutil.wait_procs([psutil.Process(worker.pid)], timeout=10)
    with pytest.raises(MeasurementError, match="no luck"):
        worker.ask(Leave(), Left)


def test_a_hello_must_be_a_hello(fleet, tmp_path):
    with pytest.raises(MeasurementError, match="nonsense"):
        fleet.start("jax", JOB, python=interpreter(tmp_path, "s.sendall(b'{}\\n'); time.sleep(9)"))


def test_an_interpreter_that_is_missing_is_a_reason(fleet):
    with pytest.raises(MeasurementError, match="can't be started"):
        fleet.start("jax", JOB, python="/nowhere/python")


def test_stopping_ends_the_worker_and_its_children(fleet, tmp_path):
    body = f"subprocess.Popen(['sleep', '60'])\n{HELLO}\ntime.sleep(60)"
    worker = fleet.start("jax", JOB, python=interpreter(tmp_path, body))
    family = [psutil.Process(worker.pid), *psutil.Process(worker.pid).children()]
    assert len(family) == 2
    fleet.stop(worker)
    assert not psutil.wait_procs(family, timeout=2)[1]


def test_closing_ends_every_worker_and_the_guard(tmp_path):
    before = psutil.Process().children()
    fleet = Fleet(tmp_path, answer_seconds=1.0)
    fleet.start("jax", JOB, python=interpreter(tmp_path, f"{HELLO}\ntime.sleep(60)"))
    began = time.monotonic()
    fleet.close()
    assert time.monotonic() - began < 3
    assert psutil.Process().children() == before


def test_accelerators_are_hidden_from_a_worker_if_asked(fleet, tmp_path):
    python = interpreter(tmp_path, f"{HELLO}\ntime.sleep(60)")
    for on_processor in (True, False):
        worker = fleet.start("jax", JOB, python, on_processor)
        found = psutil.Process(worker.pid).environ()
        assert (HIDDEN.items() <= found.items()) is on_processor


class Nonsense(SpeedJob):
    PASS = "nonsense"


def test_a_worker_that_cannot_do_its_job_says_why(tmp_path):
    fleet = Fleet(tmp_path, answer_seconds=30.0)
    try:
        worker = fleet.start("jax", Nonsense(**vars(JOB)))
        with pytest.raises(MeasurementError, match="unknown job 'nonsense'") as raised:
            worker.answer(RuntimeInfo)
        assert "Traceback" in raised.value.log_tail
    finally:
        fleet.close()
