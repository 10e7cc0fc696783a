"""Run real workers until it is decided, and carry such a run on."""

import pytest

from aebench.reports.journal import load
from aebench.reports.record import Look, Round, TaskEnd
from aebench.reports.summary import summarise
from helpers.running import LITTLE

MOST = 6
RUN = ("--backend", "jax", "jax:nojit", "--workload", "predict", "--pass", "speed")


def launches(record):
    return {row.launch for row in record.of(Round)}


@pytest.mark.slow
def test_a_run_stops_when_its_verdicts_stand_and_is_carried_on_as_far(tmp_path, aebench):
    # Without its compiler JAX takes several times as long: clear on any machine.
    sizes = ("--until", "decided", "--launches", str(MOST), "--blocks", "4")
    run = aebench("run", *LITTLE, *RUN, *sizes, "--out", "run")
    assert run.returncode == 0, run.stdout + run.stderr
    path = tmp_path / "run" / "record.jsonl"
    whole = load(path)
    (stopped,) = (look for look in whole.of(Look) if look.enough)
    assert 2 <= stopped.enough < MOST
    assert launches(whole) == set(range(stopped.enough))
    (cell,) = summarise(whole).speed
    assert {row.contender: row.verdict for row in cell.rows}["jax:nojit"] == "slower"
    assert f"after {stopped.enough} of at most {MOST} launches" in run.stdout
    # The run is cut between the last launch and the look after it.
    lines = path.read_bytes().splitlines(keepends=True)
    cut = max(number for number, line in enumerate(lines) if b'"kind":"look"' in line)
    path.write_bytes(b"".join(lines[:cut]))
    again = aebench("run", "--resume", "run")
    assert again.returncode == 0, again.stdout + again.stderr
    resumed = load(path)
    assert resumed.outcome == "complete"
    assert resumed.of(Look) == whole.of(Look)
    assert resumed.of(Round) == whole.of(Round)
    assert resumed.of(TaskEnd) == whole.of(TaskEnd)
    assert "Nothing is missing." in aebench("run", "--resume", "run").stdout
