"""Test the paragraph of a duel, and what its exit code goes by."""

import msgspec
import pytest

from aebench.reports import duel, record
from aebench.reports.summary import summarise
from helpers import sample


def summary(**changes):
    """Summarise the sample with torch alone beside the reference, its row changed."""
    made = summarise(sample.make())
    (cell,) = made.speed
    rows = [
        msgspec.structs.replace(row, **changes) if row.contender == "torch" else row
        for row in cell.rows
        if row.contender in ("jax", "torch") or row.control_of
    ]
    return msgspec.structs.replace(made, speed=[msgspec.structs.replace(cell, rows=rows)])


def outcome(judged):
    return [bool(judged.slower), bool(judged.undecided), bool(judged.other)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"verdict": "faster"}, [False, False, False]),
        ({"verdict": "same"}, [False, False, False]),
        ({"verdict": "slower"}, [True, False, False]),
        ({"verdict": "inconclusive"}, [False, True, False]),
        ({"verdict": "disturbed"}, [False, True, False]),
        ({"verdict": "unfinished"}, [False, True, False]),
        ({"verdict": "unfinished", "failure": "was killed"}, [False, False, True]),
        ({"verdict": "differs", "differs": "step at batch 32"}, [False, False, True]),
        ({"verdict": "unchecked", "differs": "it was not compared"}, [False, False, True]),
        ({"verdict": "tf32"}, [False, False, True]),
        ({"verdict": "on gpu"}, [False, False, True]),
        ({"verdict": ""}, [False, False, True]),
    ],
)
def test_the_outcome_follows_from_the_verdict(changes, expected):
    assert outcome(duel.judge(summary(**changes))) == expected


def test_the_paragraph_says_what_came_out_where_and_how():
    judged = duel.judge(summary(), ["numpy 2.4.6 → 2.5.0"])
    assert judged.paragraph == PARAGRAPH
    assert judged.slower == ["train ae400, batch 32"]
    assert judged.ratios == ["3.99600 [3.99578, 3.99622]"]


PARAGRAPH = (
    "`torch` beside `jax`: train ae400, batch 32: **slower**, 3.99600 [3.99578, 3.99622] times as "
    "long. Measured in shared blocks on Processor, 2 cores, 2026-01-01; launches: 4; 95 % "
    "intervals. Beside what was asked for, the environments differ in numpy 2.4.6 → 2.5.0."
)


def test_a_reason_is_told_and_is_no_markup():
    told = duel.judge(summary(verdict="differs", differs="step of a*b* differs")).paragraph
    assert "**not shown to be the same model (step of a\\*b\\* differs)**" in told
    told = duel.judge(summary(failure="was killed by signal 9")).paragraph
    assert "**failed (was killed by signal 9)**" in told
    told = duel.judge(summary(verdict="tf32")).paragraph
    assert "**not judged (tf32)**" in told


def test_without_a_second_contender_there_is_no_duel():
    base = sample.make()
    base.events = [
        each for each in base.events if getattr(each, "contender", "jax") in ("jax", "jax A/A")
    ]
    base.header = msgspec.structs.replace(
        base.header,
        contenders=[each for each in base.header.contenders if each.backend == "jax"],
    )
    assert duel.judge(summarise(base)) is None
    base.events = [each for each in base.events if not isinstance(each, record.Round)]
    assert duel.judge(summarise(base)) is None


def test_differences_are_told_by_package():
    base = {"keras": "3.14.1", "numpy": "2.4.6", "jax": "0.10.2", "namex": "0.1"}
    new = {"keras": "3.15.1", "numpy": "2.5.0", "jax": "0.10.2", "rich": "15"}
    assert duel.differences(base, new, {"keras"}) == [
        "namex 0.1 → (absent)",
        "numpy 2.4.6 → 2.5.0",
        "rich (absent) → 15",
    ]
    assert duel.differences(base, base, set()) == []
