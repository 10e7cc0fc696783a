"""Test who leaves a race between settings, and what is claimed of its leader."""

import msgspec
import numpy as np
import pytest

from aebench.reports.statistics import Estimate
from aebench.reports.summary import summarise
from aebench.reports.summary.footprint import FootprintRow
from aebench.reports.summary.speed_rows import SpeedRow
from aebench.reports.tuning import gain, race, tried
from helpers import sample


def summary(*rows, footprint=()):
    """Summarise the sample, whose reference is jax, with other rows beside the reference's."""
    made = summarise(sample.make())
    (cell,) = made.speed
    kept = [row for row in cell.rows if row.contender == "jax" or row.control_of]
    cell = msgspec.structs.replace(cell, rows=[*kept, *rows])
    return msgspec.structs.replace(made, speed=[cell], footprint=[*footprint])


def row(name, low, high, verdict="inconclusive", **more):
    ratio = Estimate((low * high) ** 0.5, low, high)
    return SpeedRow(name, times_reference=ratio, adjusted=ratio, verdict=verdict, **more)


def left(*rows, names=None):
    (cell,) = summary(*rows).speed
    found = race(cell, names or [each.contender for each in rows])
    return {each.contender: each.left for each in found}


def test_who_is_surely_slower_leaves_and_the_faster_half_of_the_others_stays():
    rows = [row("a", 0.6, 0.9), row("b", 0.7, 1.1), row("c", 0.8, 0.95), row("d", 0.91, 0.99)]
    assert left(*rows) == {"a": "", "b": "of the slower half", "c": "", "d": "slower than a"}
    # In the order of their times, whatever the order in which they are given.
    (cell,) = summary(*rows).speed
    assert [each.contender for each in race(cell, ["d", "c", "b", "a"])] == ["a", "c", "b", "d"]


def test_who_is_surely_slower_than_what_there_is_leaves():
    assert left(row("a", 1.01, 1.2), row("b", 1.5, 2.0)) == dict.fromkeys("ab", "slower than jax")


def test_the_last_candidate_stays_until_it_is_surely_slower():
    assert left(row("a", 0.99, 1.3)) == {"a": ""}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"failure": "was killed"}, "failed: was killed"),
        ({"differs": "step differs", "verdict": "differs"}, "not shown to be the same model: step"),
        ({"verdict": "mixed_bfloat16"}, "not comparable: mixed_bfloat16"),
    ],
)
def test_who_cannot_be_compared_leaves_with_the_reason(changes, reason):
    odd = msgspec.structs.replace(row("a", 0.1, 0.2), **changes)
    found = left(odd, row("b", 0.9, 1.1))
    assert found["a"].startswith(reason)
    assert found["b"] == ""


def test_what_was_not_measured_has_left():
    assert left(row("a", 0.9, 1.1), names=["a", "b"]) == {"a": "", "b": "not measured"}


def test_the_table_has_the_last_race_of_each():
    (cell,) = summary(row("a", 0.5, 0.7), row("b", 1.5, 1.7)).speed
    assert tried(race(cell, ["a", "b"])).rows == [
        ["a", "0.59 [0.50, 0.70]", "in the last race"],
        ["b", "1.60 [1.50, 1.70]", "slower than a"],
    ]


def starts(name, seconds):
    return FootprintRow(name, "ae400", launches=3, total_seconds=Estimate(seconds))


FOUND = (
    "Fastest for train ae400, batch 32: `jax:jit,steps=32` takes × 0.5000 [0.4980, 0.5020] the "
    "time of `jax`, in 4 launches of fresh processes. It starts 3 s later (medians of 3 cold "
    "starts), which is paid back after some "
)


def test_what_is_gained_what_it_costs_and_how_it_is_set():
    rows = [row("jax:jit,steps=32", 0.498, 0.502, "faster")]
    told = summary(*rows, footprint=[starts("jax", 5.0), starts("jax:jit,steps=32", 8.0)])
    (cell,) = told.speed
    usual = next(each for each in cell.rows if each.contender == "jax")
    found = gain(told, {"jit": "on", "steps": "32", "threads": "2"}, 4)
    assert found.outcome == "faster"
    steps = round(3.0 / (usual.step_seconds.value * 0.5))
    answer, snippet = found.text.split("\n\n")
    assert answer.startswith(FOUND)
    assert int(answer.removeprefix(FOUND).split()[0].replace(",", "")) == pytest.approx(
        steps, abs=1
    )
    assert snippet.splitlines() == [
        "    model.compile(..., jit_compile=True, steps_per_execution=32)",
        "    taskset -c 0-1 python SCRIPT.py  # of 4 cores",
    ]


def test_a_start_that_is_no_longer_is_no_cost():
    told = summary(row("a", 0.4, 0.6, "faster"), footprint=[starts("jax", 5.0), starts("a", 4.0)])
    assert "It starts no later" in gain(told, {"steps": "8"}, 1).text


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [("same", "not faster"), ("slower", "not faster"), ("inconclusive", "open")],
)
def test_a_leader_that_is_not_confirmed_is_not_claimed(verdict, outcome):
    found = gain(summary(row("a", 0.9, 1.1, verdict)), {"steps": "8"}, 1)
    assert found.outcome == outcome
    assert "is shown to be faster than `jax`" in found.text
    assert "compile" not in found.text


def test_what_was_not_compared_is_open():
    assert gain(summary(row("a", 0.9, 1.1, "inconclusive", failure="was killed")), {}, 1).text == (
        "`a` led the races, and then: failed: was killed."
    )
    assert gain(summary(), {}, 1) is None


def test_equals_seldom_win_and_a_faster_one_does():
    """Simulate races of four equals, then a comparison; a launch moves a ratio by 5 %."""
    rng = np.random.default_rng(0)

    def ratio(truth, launches):
        logs = np.log(truth) + rng.normal(0, 0.05, launches)
        half = {2: 12.7, 3: 4.30, 6: 2.57}[launches] * logs.std(ddof=1) / launches**0.5
        return np.exp(logs.mean() - half), np.exp(logs.mean() + half)

    def claimed(truths):
        names = list(truths)
        while True:
            (cell,) = summary(*(row(each, *ratio(truths[each], 2)) for each in names)).speed
            names = [each.contender for each in race(cell, names) if not each.left]
            if len(names) < 2:
                break
        if not names:
            return ""
        _, high = ratio(truths[names[0]], 6)
        return names[0] if high < 1 else ""

    equals = [claimed(dict.fromkeys("abcd", 1.0)) for _ in range(200)]
    # At 95 %, one in forty is called faster by chance.
    assert sum(map(bool, equals)) <= 12
    faster = [claimed({"a": 1.0, "b": 0.7, "c": 1.0, "d": 1.1}) for _ in range(100)]
    assert faster.count("b") >= 90
    assert set(faster) <= {"b", ""}
