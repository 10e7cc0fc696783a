"""Test the verdicts on loops: jumps, saw teeth and garbage that is collected are no growth."""

import msgspec
import numpy as np
import pytest

from aebench.reports.record import Failure, MemoryLoop
from aebench.reports.summary import summarise
from aebench.reports.summary.memory_loops import COLLECTED, GROWS, LOOP_MARGIN_BYTES, OPEN, STAYS
from aebench.reports.tables.memory_loops import memory_loops
from helpers import sample

KIB, REPEATS = 1024, 60
# Beyond the margin, 64 MiB in 1,000 repeats, and below it.
MUCH, LITTLE = 200 * KIB, 10 * KIB


def judged(readings, kept=None, collecting=True):
    """Return the row of a loop with these readings, which keeps all that it takes by default."""
    made = sample.make()
    sizes = [int(2**28 + each) for each in readings]
    after = sizes[-1] if kept is None else sizes[0] + int(kept * len(sizes))
    made.events = [
        msgspec.structs.replace(
            each,
            collecting=collecting,
            before_bytes=sizes[0],
            after_bytes=after,
            anonymous_bytes=sizes,
            resident_bytes=sizes,
        )
        if isinstance(each, MemoryLoop)
        else each
        for each in made.events
    ]
    return summarise(made).memory_loops[0]


def line(a_repeat, noise=0.0, seed=0):
    random = np.random.default_rng(seed)
    return a_repeat * np.arange(REPEATS) + random.normal(0, noise, REPEATS)


def test_what_grows_and_what_does_not():
    assert judged(line(MUCH, 100 * KIB)).verdict == GROWS
    assert judged(line(LITTLE, 10 * KIB)).verdict == STAYS
    assert judged(line(0)).verdict == STAYS
    assert judged(line(0, 30_000 * KIB)).verdict == OPEN
    assert judged(line(MUCH)[:15]).verdict == OPEN


def test_garbage_that_a_collection_frees_is_not_growth():
    assert judged(line(MUCH, 100 * KIB), kept=0).verdict == COLLECTED
    assert judged(line(MUCH, 100 * KIB), kept=0.2 * MUCH).verdict == COLLECTED
    # What is left is above the margin, and one collection can't tell whether it grows.
    assert judged(line(10 * MUCH, 100 * KIB), kept=MUCH).verdict == OPEN
    assert judged(line(MUCH, 100 * KIB), kept=0.7 * MUCH).verdict == GROWS
    # Where garbage isn't collected, what it takes is the figure.
    assert judged(line(MUCH, 100 * KIB), kept=0, collecting=False).verdict == GROWS


@pytest.mark.parametrize("period", [3, 7, 12, 20, 30])
@pytest.mark.parametrize("height", [1, 100])
def test_a_saw_tooth_is_not_growth(period, height):
    teeth = height * 2**20 * (np.arange(REPEATS) % period)
    for collecting in (True, False):
        assert judged(teeth, collecting=collecting).verdict != GROWS


def test_what_fills_a_buffer_is_not_growth():
    filling = line(100 * KIB)[:20]
    assert judged(filling).used_bytes.low > LOOP_MARGIN_BYTES
    assert judged(filling).verdict == OPEN
    assert judged(line(100 * KIB)).verdict == GROWS


def test_loops_that_fail_are_rows_even_if_all_do():
    made = sample.make()
    made.header = msgspec.structs.replace(
        made.header, plan=msgspec.structs.replace(made.header.plan, loops=["predict", "save"])
    )
    made.events = [each for each in made.events if not isinstance(each, MemoryLoop)]
    for loop in ("predict", "save"):
        made.events.append(Failure("memory", "jax", "ae400", 0, f"no {loop}", "", loop))
    summary = summarise(made)
    assert [(row.loop, row.failure) for row in summary.memory_loops] == [
        ("predict", "no predict"),
        ("save", "no save"),
        ("", "not installed"),
    ]
    (table,) = memory_loops(summary)
    assert [row[0] for row in table.rows] == ["predict jax", "save jax", "tensorflow"]
    assert "save jax: no save" in table.notes
    # The phases were measured all the same.
    assert not summary.memory[0].failure


@pytest.mark.parametrize("at", [0, 5, 29, 58])
def test_a_single_jump_is_not_growth(at):
    assert judged(500 * 2**20 * (np.arange(REPEATS) > at)).verdict != GROWS


@pytest.mark.parametrize("correlation", [0.0, 0.4, 0.9])
def test_noise_is_seldom_called_growth_and_true_growth_lies_in_the_interval(correlation):
    runs, false, held = 400, 0, 0
    random = np.random.default_rng(1)
    for _ in range(runs):
        noise = np.zeros(REPEATS)
        for repeat in range(1, REPEATS):
            noise[repeat] = correlation * noise[repeat - 1] + random.normal(0, 2**20)
        row = judged(noise)
        false += row.verdict == GROWS
        growth = judged(noise + line(MUCH)).growth_bytes
        held += growth.low <= MUCH <= growth.high
    assert false <= 0.025 * runs
    assert held >= 0.95 * runs


def test_the_table_tells_what_is_held():
    (table,) = memory_loops(summarise(sample.make()))[:1]
    assert table.columns[2] == "MiB in 1,000 repeats"
    by_garbage = {row[1]: row for row in table.rows if "jax" in row[0]}
    assert by_garbage["collected"][-1] == COLLECTED
    assert by_garbage["left"][-1] == GROWS
    assert any(
        "predict jax: a repeat left 1 builtins.dict on average" in note for note in table.notes
    )
