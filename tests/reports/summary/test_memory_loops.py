"""Test the verdicts on loops: jumps, saw teeth and garbage that is collected are no growth."""

import msgspec
import numpy as np
import pytest

from aebench.reports.record import Failure, MemoryLoop
from aebench.reports.summary import summarise
from aebench.reports.summary.memory_loops import (
    COLLECTED,
    GROWS,
    LOOP_MARGIN_BYTES,
    OPEN,
    STAYS,
    row_of,
)
from aebench.reports.tables.memory_loops import memory_loops
from helpers import sample

KIB, REPEATS = 1024, 60
# Beyond the margin, 64 MiB in 1,000 repeats, and below it.
MUCH, LITTLE = 200 * KIB, 10 * KIB


def judged(readings, kept=None, collecting=True, **fields):
    """Return the row of a loop with these readings, which keeps all that it takes by default.

    Without ``fields`` of the event it has no collection at half-time, and no framework's count.
    """
    sizes = [int(2**28 + each) for each in readings]
    after = sizes[-1] if kept is None else sizes[0] + int(kept * len(sizes))
    known = {
        "collecting": collecting,
        "before_bytes": sizes[0],
        "after_bytes": after,
        "anonymous_bytes": sizes,
        "resident_bytes": sizes,
    }
    return row_of("jax", MemoryLoop("jax", "ae400", 0, 32, "fit", **{**known, **fields}))


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
    half = 2**28 + int(teeth[REPEATS // 2 - 1])
    assert judged(teeth, half_bytes=half).verdict != GROWS


def test_what_fills_a_buffer_is_not_growth():
    filling = line(100 * KIB)[:20]
    assert judged(filling).used_bytes.low > LOOP_MARGIN_BYTES
    assert judged(filling).verdict == OPEN
    assert judged(line(100 * KIB)).verdict == GROWS


def halved(leak=0, first=0, garbage=0, late=0, noise=0.0, seed=0):
    """Judge a loop with a collection at half-time, and the same loop without.

    Parameters
    ----------
    leak, garbage : int
        Bytes that every repeat leaves for good, and until they are collected.
    first, late : int
        Bytes that the first quarter of the repeats fills evenly, and that the last quarter does.
    noise : float
        Standard deviation of every reading in bytes, those after a collection included.

    Returns
    -------
    tuple of str
        The verdict with the collection at half-time, and the one without.
    """
    random = np.random.default_rng(seed)
    done = np.arange(1, REPEATS + 1)
    quarter, half = REPEATS // 4, REPEATS // 2
    stays = leak * done + first * np.minimum(done / quarter, 1)
    stays = stays + late * np.maximum(done - (REPEATS - quarter), 0) / quarter
    after_half = garbage * (done - half * (done > half))
    drawn = iter(random.normal(0, noise, 2 * REPEATS + 3) + 2**28)
    before, middle, end = (int(next(drawn) + each) for each in (0, stays[half - 1], stays[-1]))
    found = []
    for loose, at_half in ((after_half, middle), (garbage * done, None)):
        readings = [int(next(drawn) + each) for each in stays + loose]
        fields = {"before_bytes": before, "half_bytes": at_half, "after_bytes": end}
        found.append(judged([0], anonymous_bytes=readings, **fields).verdict)
    return tuple(found)


def test_a_collection_at_half_time_tells_growth_from_what_the_first_repeats_fill():
    mib = 2**20
    # What the first repeats keep is above the margin, beside garbage: two counts couldn't tell.
    assert halved(first=10 * mib, garbage=mib, noise=100 * KIB) == (COLLECTED, OPEN)
    # A leak beside five times as much garbage.
    assert halved(leak=MUCH, garbage=5 * MUCH, noise=100 * KIB) == (GROWS, OPEN)
    assert halved(leak=2 * MUCH, garbage=MUCH, noise=100 * KIB) == (GROWS, GROWS)
    assert halved(garbage=MUCH, noise=100 * KIB) == (COLLECTED, COLLECTED)
    assert halved(leak=LITTLE, garbage=MUCH, noise=100 * KIB) == (COLLECTED, COLLECTED)
    # What began late may go on.
    assert halved(late=10 * mib, garbage=mib, noise=100 * KIB) == (OPEN, OPEN)
    assert halved(noise=10 * KIB) == (STAYS, STAYS)


@pytest.mark.parametrize(
    ("what", "truth", "least_decided"),
    [
        # Without growth the noise is wider than the margin: most loops stay open.
        ({}, (STAYS, COLLECTED), 0.0),
        ({"first": 30 * 2**20}, (STAYS, COLLECTED), 0.0),
        ({"garbage": 2**20}, (COLLECTED,), 0.9),
        ({"first": 10 * 2**20, "garbage": 2**20}, (COLLECTED,), 0.9),
        ({"leak": 4 * MUCH, "garbage": 2**21}, (GROWS,), 0.9),
    ],
)
def test_a_noisy_loop_with_a_collection_at_half_time_is_seldom_misjudged(
    what, truth, least_decided
):
    verdicts = [halved(**what, noise=2**19, seed=seed)[0] for seed in range(200)]
    assert sum(each not in (*truth, OPEN) for each in verdicts) <= 0.025 * len(verdicts)
    assert sum(each in truth for each in verdicts) >= least_decided * len(verdicts)


def test_what_the_framework_holds_grows_where_the_process_does_not():
    def row(allocated, kept):
        sizes = [int(2**25 + each) for each in allocated]
        levels = [sizes[0] + int(kept * number * REPEATS / 2) for number in range(3)]
        names = (f"allocated_{name}_bytes" for name in ("before", "half", "after"))
        fields = dict(zip(names, levels, strict=True))
        return judged(line(0), half_bytes=2**28, allocated_bytes=sizes, **fields)

    assert row(line(0), 0).verdict == STAYS
    assert row(line(MUCH), MUCH).verdict == GROWS
    assert row(line(MUCH), MUCH).grown_bytes.value == pytest.approx(1000 * MUCH)
    assert row(line(MUCH), 0).verdict == COLLECTED
    assert row(line(0, 30_000 * KIB), 0).verdict == OPEN
    # The process's own memory is what grows if it does.
    both = judged(line(MUCH), allocated_bytes=[2**25] * REPEATS)
    assert (both.verdict, both.grown_bytes) == (GROWS, both.used_bytes)


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
    runs, false, false_with_halves, held = 400, 0, 0, 0
    random = np.random.default_rng(1)
    for _ in range(runs):
        noise = np.zeros(REPEATS)
        for repeat in range(1, REPEATS):
            noise[repeat] = correlation * noise[repeat - 1] + random.normal(0, 2**20)
        row = judged(noise)
        false += row.verdict == GROWS
        halves = judged(noise, half_bytes=int(2**28 + noise[REPEATS // 2 - 1]))
        false_with_halves += halves.verdict == GROWS
        growth = judged(noise + line(MUCH)).growth_bytes
        held += growth.low <= MUCH <= growth.high
    assert max(false, false_with_halves) <= 0.025 * runs
    assert held >= 0.95 * runs


def test_the_table_tells_what_is_held():
    (table,) = memory_loops(summarise(sample.make()))[:1]
    assert table.columns[2:4] == ["MiB in 1,000 repeats", "framework's"]
    by_garbage = {row[1]: row for row in table.rows if "jax" in row[0]}
    assert by_garbage["collected"][-1] == COLLECTED
    assert by_garbage["left"][-1] == GROWS
    told = "a repeat left 1 of the framework's arrays, 1 builtins.dict on average."
    assert f"predict torch: {told}" in table.notes
    assert "predict jax: a repeat left 1 builtins.dict on average." in table.notes
    # Only JAX tells what it holds.
    assert {row[0]: row[3] for row in table.rows} == {
        "predict jax": "0",
        "predict torch": "–",
        "tensorflow": "–",
    }
