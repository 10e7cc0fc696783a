"""Test how rules are read, and what they say of a change."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aebench.reports.changes.change import LOSS, PARITY, PEAK, TIME, Change
from aebench.reports.changes.judging import judge
from aebench.reports.changes.rules import FAILED, PASSED, UNDECIDED, RuleError, judge_all, read
from aebench.reports.changes.run_values import RunValue
from aebench.reports.launches import Error, Spread


def change(log, error=0.01, floor=0.02, quantity=TIME, place=("train", "ae400", "32"), name="jax"):
    value = RunValue(0.0, Error(error / math.sqrt(3), 7), Spread(error / math.sqrt(3), 7))
    other = RunValue(log, value.error, value.spread)
    return Change(quantity, place, name, judge([value], [other]), noise_floor=floor)


@pytest.mark.parametrize(
    ("text", "quantity", "pattern", "threshold"),
    [
        ("time", "time", "*", None),
        ("time > 5 %", "time", "*", 0.05),
        ("time>5%", "time", "*", 0.05),
        (" time < -5 % ", "time", "*", -0.05),
        ("peak > 10", "peak", "*", 0.1),
        ("loss > 0.5 %", "loss", "*", 0.005),
        ("parity", "parity", "*", None),
        ("time of train/*/32/jax > 2.5 %", "time", "train/*/32/jax", 0.025),
        ("parity of ae400/*", "parity", "ae400/*", None),
    ],
)
def test_a_rule_is_read(text, quantity, pattern, threshold):
    rule = read(text)
    assert (rule.quantity, rule.pattern) == (quantity, pattern)
    assert rule.threshold == (threshold and pytest.approx(threshold))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("speed > 5 %", "'speed' is no quantity: use time, peak, start, loss, parity"),
        ("", "'' is no rule"),
        ("time > soon", "'time > soon' is no rule"),
        ("time > 5 % 6", "is no rule"),
        ("time > 1.2.3 %", "'1.2.3' in 'time > 1.2.3 %' is not a number"),
        ("time < 5 %", "write > 5 % for an increase and < -5 % for a decrease"),
        ("time > -5 %", "can't be judged"),
        ("time < -100 %", "can't be judged"),
        ("peak", "peak has no noise floor: give a number, such as peak > 10 %"),
        ("parity > 1 %", "parity has no number"),
    ],
)
def test_what_is_no_rule_is_refused_in_one_sentence(text, reason):
    with pytest.raises(RuleError) as caught:
        read(text)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=40))
def test_whatever_is_written_is_read_or_refused(text):
    try:
        rule = read(text)
    except RuleError:
        return
    assert rule.threshold is None or -1 < rule.threshold < math.inf


@pytest.mark.parametrize(
    ("rule", "log", "error", "word"),
    [
        ("time > 5 %", math.log(1.2), 0.01, FAILED),
        ("time > 5 %", math.log(1.0), 0.01, PASSED),
        ("time > 5 %", math.log(1.0), 0.10, UNDECIDED),
        # Above the threshold, with an interval that reaches below it.
        ("time > 5 %", math.log(1.07), 0.02, UNDECIDED),
        ("time > 5 %", math.log(0.5), 0.01, PASSED),
        ("time < -5 %", math.log(0.8), 0.01, FAILED),
        ("time < -5 %", math.log(1.0), 0.01, PASSED),
        ("time < -5 %", math.log(0.93), 0.02, UNDECIDED),
        # The noise floor is 2 %.
        ("time", math.log(1.06), 0.01, FAILED),
        ("time", math.log(1.0), 0.005, PASSED),
        ("time", math.log(1.03), 0.01, UNDECIDED),
    ],
)
def test_the_interval_s_near_end_fails_and_its_far_end_passes(rule, log, error, word):
    (outcome,) = judge_all([read(rule)], [change(log, error)])
    assert outcome.word == word
    if word == UNDECIDED:
        assert "such runs on either side would tell" in outcome.reason


def test_many_cells_are_judged_together():
    # 2.6 standard errors beyond are enough for one cell, not for the only one of 32.
    one = change(math.log(1.05) + 0.026 * math.sqrt(2))
    rule = [read("time > 5 %")]
    alone = judge_all(rule, [one])[0].word
    among = judge_all(rule, [one, *(change(0.0) for _ in range(31))])[0].word
    assert (alone, among) == (FAILED, UNDECIDED)


def test_a_pattern_takes_some_cells():
    cells = [change(0.5), change(0.5, place=("predict", "ae400", "32"))]
    outcomes = judge_all([read("time of train/* > 5 %")], cells)
    assert [each.change.key for each in outcomes] == ["train/ae400/32/jax"]
    with pytest.raises(RuleError, match="is about nothing that both sides measured: there is time"):
        judge_all([read("time of train/ae800/* > 5 %")], cells)
    with pytest.raises(RuleError, match="there is nothing"):
        judge_all([read("time")], [])


def test_parity_fails_where_it_broke_and_passes_where_it_was_broken():
    broken = Change(PARITY, ("ae400",), "jax", reason="step differs by 0.1", broken=True)
    before = Change(PARITY, ("ae400",), "torch", reason="step differs by 0.1")
    fine = Change(PARITY, ("ae400",), "tensorflow")
    words = [each.word for each in judge_all([read("parity")], [broken, before, fine])]
    assert words == [FAILED, PASSED, PASSED]


def test_what_cannot_be_compared_is_undecided_with_the_reason():
    without = Change(TIME, ("train", "ae400", "32"), "jax", reason="the machines differ")
    (outcome,) = judge_all([read("time > 5 %")], [without])
    assert (outcome.word, outcome.reason) == (UNDECIDED, "the machines differ")
    (outcome,) = judge_all([read("time")], [change(0.0, floor=None)])
    assert outcome.word == UNDECIDED and "give a number" in outcome.reason


def test_without_an_interval_only_what_is_equal_passes():
    value = RunValue(0.0, None, None)
    for log, word in ((0.0, PASSED), (0.001, UNDECIDED)):
        told = Change(LOSS, ("ae400",), "jax", judge([value], [RunValue(log, None, None)]))
        assert judge_all([read("loss > 1 %")], [told])[0].word == word
    told = Change(PEAK, ("ae400",), "jax", judge([value], [RunValue(0.001, None, None)]))
    assert "more launches, starts or seeds" in judge_all([read("peak > 1 %")], [told])[0].reason
