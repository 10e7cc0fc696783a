"""Run real workers until it is decided, and carry such a run on."""

import pytest

from aebench.reports.journal import load
from aebench.reports.record import Look, Round
from aebench.reports.summary import summarise
from helpers.running import BRIEF, LITTLE, ONE_SIZE

MOST = 3
DUEL = ("duel", "openvino", "numpy", "--workload", "predict", *ONE_SIZE)


def launches(record):
    return {row.launch for row in record.of(Round)}


@pytest.mark.slow
def test_a_run_stops_when_its_verdicts_stand_and_is_carried_on_as_far(tmp_path, aebench):
    # NumPy takes several times as long to predict as OpenVINO. A duel is such a run.
    sizes = ("--launches", str(MOST), "--blocks", "2", *BRIEF)
    job = tmp_path / "summary.md"
    run = aebench(*DUEL, *LITTLE, *sizes, "--out", "run", GITHUB_STEP_SUMMARY=str(job))
    path = tmp_path / "run" / "record.jsonl"
    whole = load(path)
    # Where the machine did other work in most blocks there is no verdict, and all launches follow.
    stopped = [look.enough for look in whole.of(Look) if look.enough]
    assert launches(whole) == set(range(stopped[0] if stopped else MOST))
    (cell,) = summarise(whole).speed
    verdict = {row.contender: row.verdict for row in cell.rows}["numpy"]
    assert verdict == "slower" if stopped else verdict in ("disturbed", "inconclusive")
    assert run.returncode == (1 if stopped else 4), run.stdout + run.stderr
    last = run.stdout.strip().splitlines()[-1]
    assert job.read_text() == f"{last}\n\n"
    assert f"`numpy` beside `openvino`: predict ae50, batch 32: **{verdict}**, " in last
    assert not stopped or f"after {stopped[0]} of at most {MOST} launches" in run.stdout
    # The run is cut between the second launch and the look after it.
    lines = path.read_bytes().splitlines(keepends=True)
    cut = min(number for number, line in enumerate(lines) if b'"kind":"look"' in line)
    path.write_bytes(b"".join(lines[:cut]))
    measured = load(path).of(Round)
    again = aebench("run", "--resume", "run")
    assert again.returncode == 0, again.stdout + again.stderr
    resumed = load(path)
    assert resumed.outcome == "complete"
    # The look finds what it would have found; the third launch follows where that wasn't enough.
    first, *_ = resumed.of(Look)
    assert first == whole.of(Look)[0]
    assert resumed.of(Round)[: len(measured)] == measured
    assert launches(resumed) == set(range(first.enough or MOST))
    assert "Nothing is missing." in aebench("run", "--resume", "run").stdout
