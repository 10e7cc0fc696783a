"""Test the commands that follow records and remove old ones."""

import os
import pty
import subprocess
import sys

import pytest

from helpers import other_runs
from helpers.paths import CLEAN, ROOT


@pytest.fixture
def results(tmp_path):
    """Write twelve runs of one question; torch takes 20 % longer from the seventh on."""
    for seed in range(1, 13):
        made = other_runs.run(seed, {"torch": 1.2 if seed > 6 else 1.0})
        other_runs.write(made, tmp_path / "results" / f"{seed:02d}")
    return tmp_path / "results"


def test_a_history_tells_where_it_changed(aebench, results, tmp_path):
    done = aebench("history", "results", "-o", "page", AEBENCH_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    assert "changed. Most: train/ae400/32/" in done.stdout
    assert "2026-01-08" in done.stdout
    assert (tmp_path / "page" / "history.html").read_text().count("<svg") >= 3
    assert list((tmp_path / "cache" / "history").glob("*.sqlite"))
    again = aebench("history", "results", "-o", "page", AEBENCH_CACHE=str(tmp_path / "cache"))
    assert again.stdout == done.stdout
    some = aebench("history", "results", "--cell", "ae400/*")
    assert "32/torch" not in some.stdout and "ae400/torch: peak" in some.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("history", "nowhere"), "nowhere can't be read"),
        (("history", "results", "--cell", "nothing"), "has a cell that matches 'nothing'"),
        (("history",), "the following arguments are required: FOLDER"),
        (("prune", "results"), "prune asks before it removes anything: run it in a terminal"),
        (("prune", "results", "--keep", "0"), "--keep 0 must be at least 1"),
    ],
)
def test_bad_input_is_one_sentence(aebench, results, arguments, reason):
    done = aebench(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr and done.stderr.count("\n") == 1


def pruned(tmp_path, answer, *arguments):
    """Run prune in a terminal, and answer it; return what it printed."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "aebench", "prune", "results", *arguments],
        stdin=child,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**CLEAN, "PYTHONPATH": str(ROOT / "src")},
    )
    os.write(parent, answer.encode())
    output, _ = process.communicate(timeout=60)
    os.close(parent)
    os.close(child)
    assert process.returncode == 0
    return output


def test_nothing_is_removed_unless_yes_is_typed(results, tmp_path):
    report = results / "01" / "report"
    report.mkdir()
    (report / "notes.txt").write_text("mine")
    output = pruned(tmp_path, "no\n", "--keep", "5")
    assert "7 records" in output and "Nothing was removed." in output
    assert len(list(results.glob("*/record.jsonl"))) == 12
    pruned(tmp_path, "yes\n", "--keep", "5")
    assert sorted(path.parent.name for path in results.glob("*/record.jsonl")) == [
        "08",
        "09",
        "10",
        "11",
        "12",
    ]
    # What isn't aebench's stays.
    assert (report / "notes.txt").read_text() == "mine"
    assert "No question has more than 10 records." in pruned(tmp_path, "")
