"""Resume interrupted runs, and check that only what is missing is measured."""

import collections
import random
import signal

import pytest

from aebench.reports.journal import load
from aebench.reports.record import Block, FootprintFacts, QualityEpoch, Resume, Round, TaskEnd
from helpers.running import ONE_SIZE, Run

JAX = ("--backend", "jax", "--workload", "train", *ONE_SIZE, "--seeds", "2", "--blocks", "4")


def assert_everything_counts_once(folder):
    record = load(folder)
    assert record.outcome == "complete"
    assert record.damage == ""
    repeated = {row.block for row in record.of(Block) if row.repeated}
    blocks = collections.Counter(
        (row.contender, row.launch, row.block)
        for row in record.of(Round)
        if row.block >= 0 and row.block not in repeated
    )
    assert set(blocks.values()) == {1}
    assert collections.Counter(place[:2] for place in blocks) == {
        ("jax", 0): 4,
        ("jax A/A", 0): 4,
    }
    assert len(record.of(FootprintFacts)) == 1
    assert [(row.seed, row.epoch) for row in record.of(QualityEpoch)] == [(0, 1), (1, 1)]
    assert len(record.of(TaskEnd)) == 5
    return record


@pytest.mark.slow
def test_only_what_is_missing_is_measured(tmp_path, aebench):
    run = Run(tmp_path / "cut", *JAX)
    run.measured(2 * (4 + 2))
    while not any(each.task.pass_name == "speed" for each in load(run.folder).of(TaskEnd)):
        assert run.process.poll() is None
    run.process.kill()
    run.process.communicate()
    before = load(run.folder)
    assert aebench("report", str(run.folder)).returncode == 0
    run = Run(run.folder, resume=True)
    assert run.end() == 0, run.output + run.errors
    assert "The report beside the record is older." in run.output
    after = assert_everything_counts_once(run.folder)
    # The speed pass was complete: its rounds are those from before the interruption.
    assert after.of(Round) == before.of(Round)
    (resumption,) = after.of(Resume)
    assert {task.pass_name for task in resumption.void} == {"footprint", "quality"}
    once_more = Run(run.folder, resume=True)
    assert once_more.end() == 0
    assert "Nothing is missing." in once_more.output
    assert load(run.folder).of(Round) == before.of(Round)
    # Killed after its last task, a run leaves no end: then only that is added.
    path = run.folder / "record.jsonl"
    *lines, end = path.read_bytes().splitlines(keepends=True)
    assert b'"kind":"end"' in end
    path.write_bytes(b"".join(lines))
    assert load(path).outcome == "unfinished"
    assert Run(run.folder, resume=True).end() == 0
    assert load(path).outcome == "complete"
    assert path.read_bytes().splitlines(keepends=True)[:-1] == lines


@pytest.mark.slow
def test_killed_at_random_moments_it_still_ends_whole(tmp_path):
    moments = random.Random(20260101)
    folder = tmp_path / "killed"
    for _ in range(6):
        run = Run(folder, *(JAX if not folder.exists() else ()), resume=folder.exists())
        try:
            run.process.wait(moments.uniform(0.5, 8.0))
        except Exception:
            run.process.send_signal(signal.SIGKILL)
        run.process.communicate()
        if (folder / "record.jsonl").exists():
            load(folder)
        elif folder.exists():
            # Killed after the folder and before the record was made: there is nothing to resume.
            folder.rmdir()
    last = Run(folder, resume=True)
    assert last.end() == 0, last.output + last.errors
    assert_everything_counts_once(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["record.jsonl"]
