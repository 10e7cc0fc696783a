"""Test who leaves a race between settings, and what is claimed of its leader."""

import re
from math import ceil

import msgspec
import numpy as np
import pytest

from aebench.reports.journal import load
from aebench.reports.statistics import Estimate
from aebench.reports.summary import summarise
from aebench.reports.summary.breakeven import BreakEven
from aebench.reports.summary.speed_rows import SpeedRow
from aebench.reports.tuning import changed, gain, race, tried
from helpers import sample
from helpers.paths import ROOT


def summary(*rows):
    """Summarise the sample, whose reference is jax, with other rows beside the reference's."""
    made = summarise(sample.make())
    (cell,) = made.speed
    kept = [row for row in cell.rows if row.contender == "jax" or row.control_of]
    cell = msgspec.structs.replace(cell, rows=[*kept, *rows])
    return msgspec.structs.replace(made, speed=[cell])


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
        (
            {"differs": "step differs", "verdict": "differs"},
            "isn't shown to be the same model: step",
        ),
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


def compared(verdict, name="jax:jit", low=0.45, high=0.55, later=3.0, **more):
    """Summarise a comparison of jax with another contender, which starts later."""
    pays = BreakEven("ae400", 32, name, "jax", later, 2.0, Estimate(later / 2, 1.2, 1.8))
    told = summary(row(name, low, high, verdict, **more))
    return msgspec.structs.replace(told, break_even=[pays])


def test_what_is_gained_what_it_costs_and_how_it_is_set():
    settings = {"jit": "on", "steps": "32", "threads": "2", "input": "tf-data"}
    found = gain(compared("faster"), "jax", "jax:jit", settings, [4, 6], ["model.fit(batches)"])
    assert found.shown
    answer, snippet = found.text.split("\n\n")
    steps = 1.5 * summary().runs[0].data_of("ae400").train_samples / 32
    assert answer == (
        "Faster than `jax` for train ae400, batch 32: with `jax:jit` an epoch of fit takes × "
        "0.497 [0.450, 0.550] the time, in 4 launches of fresh processes. It starts 3 s later "
        "(one cold start of each). That is paid back after 1.50 [1.20, 1.80] epochs, or some "
        f"{ceil(steps):,} steps."
    )
    assert snippet.splitlines() == [
        "    model.compile(..., jit_compile=True, steps_per_execution=32)",
        "    model.fit(batches)",
        "    taskset -c 4,6 python SCRIPT.py",
    ]


def test_without_the_compiler_is_what_is_set():
    found = gain(compared("faster"), "jax", "jax:jit", {"jit": "off", "steps": "8"}, [])
    assert found.text.endswith("    model.compile(..., jit_compile=False, steps_per_execution=8)")


def test_a_start_that_is_no_longer_is_no_cost():
    found = gain(compared("faster", later=-1.0), "jax", "jax:jit", {"steps": "8"}, [])
    assert "It starts no later" in found.text


def test_of_calls_of_predict_nothing_is_paid_back():
    told = msgspec.structs.replace(compared("faster"), break_even=[])
    assert "start" not in gain(told, "jax", "jax:jit", {"steps": "8"}, []).text


@pytest.mark.parametrize("verdict", ["same", "slower", "inconclusive", "disturbed"])
def test_a_leader_that_is_not_confirmed_is_not_claimed(verdict):
    found = gain(compared(verdict), "jax", "jax:jit", {"steps": "8"}, [])
    assert not found.shown
    assert "Nothing that was tried is shown to be faster than `jax`" in found.text
    assert verdict in found.text
    assert "compile" not in found.text


def test_what_was_not_compared_is_not_claimed():
    failed = compared("unfinished", failure="was killed")
    assert gain(failed, "jax", "jax:jit", {}, []).text == (
        "`jax:jit` led the races, and then: failed: was killed."
    )
    # Where the one that is tuned fails, another contender is the reference.
    other = gain(compared("faster"), "torch", "jax:jit", {}, [])
    assert (other.shown, other.text) == (
        False,
        "`jax:jit` led the races, and then `torch` wasn't measured.",
    )


def test_beside_another_model_nothing_is_compared():
    (cell,) = summary(row("a", 0.5, 0.6)).speed
    rows = [
        msgspec.structs.replace(each, differs="step differs") if each.contender == "jax" else each
        for each in cell.rows
    ]
    (found,) = race(msgspec.structs.replace(cell, rows=rows), ["a"])
    assert found.left == "jax isn't shown to be the same model: step differs"


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


def test_the_page_says_what_the_committed_comparisons_give():
    page = (ROOT / "docs" / "profile.md").read_text(encoding="utf-8")
    for tuned, words in (("tensorflow", "jit,steps=32"), ("jax", "steps=32"), ("torch", "jit")):
        found = load(ROOT / "docs" / "measured" / f"tune-{tuned}.jsonl.zst")
        leader = f"{tuned}:{words}"
        settings = next(each.settings for each in found.header.contenders if each.name == leader)
        told = gain(summarise(found), tuned, leader, settings, [])
        assert told.shown is (tuned != "torch")
        ratio = re.search(r"× (\d\S+ \[.*?\])", told.text)[1]
        assert f"| {tuned} | `{words}` | {ratio}, " in page
        if tuned == "tensorflow":
            assert all(line in page for line in told.text.splitlines())


def test_what_changes_results_is_told_by_batch_and_beside_its_own_reference():
    bfloat16 = row("jax:precision=mixed_bfloat16", 1.5, 1.7, "mixed_bfloat16")
    bfloat16 = msgspec.structs.replace(bfloat16, samples_per_second=Estimate(1000.0, 900.0, 1100.0))
    (cell,) = summary(bfloat16, row("jax:steps=8", 0.5, 0.6, failure="was killed")).speed
    larger = msgspec.structs.replace(cell, batch_size=128, rows=cell.rows[:1])
    assert [[each[0], each[1], *each[3:]] for each in changed([cell, larger]).rows] == [
        ["32", "jax", "–", ""],
        ["32", "jax:precision=mixed_bfloat16", "1.60 [1.50, 1.70]", ""],
        ["32", "jax:steps=8", "0.548 [0.500, 0.600]", "was killed"],
        ["128", "jax", "–", ""],
    ]
