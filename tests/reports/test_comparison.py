"""Test comparisons, verdicts and what a run could detect; test_coverage.py has the simulations."""

import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from aebench.reports.comparison import (
    compare,
    drift,
    excess,
    holm,
    launch_means,
    launches_needed,
    minimum_detectable_effect,
    noise_floor,
    pair_sd,
    verdict,
)
from aebench.reports.formatting import interval
from aebench.reports.launches import Error, Spread, combined, mean_error, spread, spreads
from aebench.reports.record import DIFFERENT, SAME
from aebench.reports.statistics import Estimate
from helpers.paths import ROOT


def judge(means, comparisons=1):
    return verdict(compare(list(means), comparisons).adjusted, DIFFERENT, SAME)


def test_the_interval_is_students_over_launches():
    means = [0.02, 0.05, -0.01]
    found = compare(means).ratio
    half = stats.t.ppf(0.975, 2) * np.std(means, ddof=1) / np.sqrt(3)
    ends = np.log([found.low, found.value, found.high])
    assert ends == pytest.approx([0.02 - half, 0.02, 0.02 + half])
    wide = compare(means, comparisons=2).adjusted
    half = stats.t.ppf(1 - 0.05 / 4, 2) * np.std(means, ddof=1) / np.sqrt(3)
    assert np.log(wide.high) == pytest.approx(0.02 + half)


def test_blocks_of_a_launch_that_agree_do_not_narrow_the_interval():
    few = launch_means([np.full(2, 1 + shift) for shift in (-0.03, 0.0, 0.03)])
    many = launch_means([np.full(64, 1 + shift) for shift in (-0.03, 0.0, 0.03)])
    assert compare(few).ratio == compare(many).ratio


def test_a_single_launch_gives_no_interval_but_by_a_pooled_spread():
    alone = compare([0.2])
    assert (alone.ratio.low, alone.adjusted.high, alone.spread, alone.error) == (None,) * 4
    assert (alone.p_value(DIFFERENT), judge([0.2])) == (1.0, "inconclusive")
    assert noise_floor(alone.ratio) is None
    pooled = compare([0.2], pooled=Spread(0.01, 8)).ratio
    assert np.log(pooled.high) == pytest.approx(0.2 + stats.t.ppf(0.975, 8) * 0.01)
    with pytest.raises(ValueError, match="at least one launch"):
        compare([])


def test_errors_that_all_launches_share_add_up():
    means = [0.02, 0.05, -0.01]
    own = mean_error(spread(means), 3)
    found = compare(means, further=[Error(0.03, 4)])
    total = np.hypot(own.standard_error, 0.03)
    freedom = total**4 / (own.standard_error**4 / 2 + 0.03**4 / 4)
    assert (found.error.standard_error, found.error.freedom) == pytest.approx((total, freedom))
    # Two equal errors: their degrees of freedom add up.
    assert combined(Error(0.1, 3), Error(0.1, 3)).freedom == pytest.approx(6)
    assert combined(Error(0.0, 3), Error(0.0, 5)) == Error(0.0, 3)


def test_an_excess_moves_both_ends_out():
    assert excess(Estimate(1.05, 1.02, 1.08)) == pytest.approx(np.log(1.02))
    assert excess(Estimate(0.9, 0.85, 0.95)) == pytest.approx(-np.log(0.95))
    assert excess(Estimate(1.0, 0.98, 1.01)) == excess(Estimate(1.0)) == 0
    plain, wide = compare([0.1, 0.11]), compare([0.1, 0.11], excess=0.03)
    assert np.log(wide.ratio.low) == pytest.approx(np.log(plain.ratio.low) - 0.03)
    assert np.log(wide.adjusted.high) == pytest.approx(np.log(plain.adjusted.high) + 0.03)
    assert wide.p_value(DIFFERENT) > plain.p_value(DIFFERENT)


@given(st.lists(st.floats(-0.2, 0.2), min_size=2, max_size=8), st.integers(1, 4))
def test_a_p_value_says_the_same_as_the_adjusted_interval(means, comparisons):
    found = compare(means, comparisons)
    called = verdict(found.adjusted, DIFFERENT, SAME) in ("faster", "slower")
    p = found.p_value(DIFFERENT)
    if abs(p - 0.05 / comparisons) > 1e-6:
        assert called is (p < 0.05 / comparisons)


def test_holm_rejects_step_by_step():
    # Bonferroni would reject the first alone: 0.05 / 3 = 0.0167.
    assert holm([0.03, 0.01, 0.02], 3) == [True, True, True]
    assert holm([0.03, 0.018, 0.02], 3) == [False, False, False]
    # Hypotheses without a p-value count too.
    assert holm([0.01], 10) == [False] and holm([0.004], 10) == [True]
    assert holm([], 0) == []


@given(
    st.lists(
        st.lists(st.floats(-1, 1), min_size=2, max_size=5).filter(lambda each: np.std(each) > 1e-3),
        min_size=2,
        max_size=5,
    )
)
@example([[0.0, 0.9453125, -0.96875, -0.96875]] * 2)
def test_spreads_are_pooled_where_bartletts_test_allows_it(groups):
    found = spreads(groups)
    p = stats.bartlett(*groups).pvalue
    freedom = sum(len(each) - 1 for each in groups)
    variance = sum((len(each) - 1) * np.var(each, ddof=1) for each in groups) / freedom
    if p > 0.2501:
        assert found == [found[0]] * len(groups)
        assert (found[0].sd, found[0].freedom) == (pytest.approx(np.sqrt(variance)), freedom)
    elif p < 0.2499:
        pooled = stats.t.ppf(0.975, freedom) * np.sqrt(variance)
        for each, group in zip(found, groups, strict=True):
            own = stats.t.ppf(0.975, len(group) - 1) * np.std(group, ddof=1)
            reach = stats.t.ppf(0.975, each.freedom) * each.sd
            assert reach == pytest.approx(max(own, pooled))


def test_cells_without_a_spread_are_not_pooled():
    assert spreads([[0.1], [0.2]]) == [None, None]
    assert spreads([[0.1, 0.1], [0.2, 0.3]])[0] == Spread(0.0, 1)
    one, other = spreads([[0.1, 0.2], [0.3]])
    assert (one.freedom, other) == (1, None)
    # Two cells agree: their spread serves a third, of which one launch was measured.
    assert spreads([[0.1, 0.2, 0.15], [0.3, 0.2, 0.25], [0.1]])[2].freedom == 4


def test_what_is_detectable_is_called_in_four_of_five_runs():
    random = np.random.default_rng(3)
    sd, launches = 0.04, 8
    smallest = minimum_detectable_effect(
        Error(sd / np.sqrt(launches), launches - 1), DIFFERENT, comparisons=2
    )
    runs = random.normal(np.log(1 + smallest.value), sd, (2000, launches))
    called = np.mean([judge(run, comparisons=2) == "slower" for run in runs])
    assert called == pytest.approx(0.8, abs=0.05)


def test_what_is_detectable_has_the_range_of_its_spread():
    found = minimum_detectable_effect(Error(0.02, 7), DIFFERENT)
    # With 7 degrees of freedom a spread is known within factors of 0.66 and 2.04.
    beyond = np.log1p([found.low, found.value, found.high]) - np.log(1.01)
    assert beyond / beyond[1] == pytest.approx([0.661, 1, 2.035], abs=0.001)


def test_how_many_launches_a_difference_needs():
    needed = launches_needed(0.03, 0.02, DIFFERENT)
    assert needed is not None
    for launches, enough in ((needed, True), (needed - 1, False)):
        error = Error(0.02 / np.sqrt(launches), launches - 1)
        assert (minimum_detectable_effect(error, DIFFERENT).value <= 0.03) is enough
    # At least two launches: a single launch can't show how launches differ.
    assert launches_needed(0.5, 0.001, DIFFERENT) == 2
    assert launches_needed(0.01, 0.02, DIFFERENT) is None


def test_the_spread_of_pairs_is_within_launches():
    assert pair_sd([[1.0, 1.1, 0.9]]) == pytest.approx(np.std(np.log([1.0, 1.1, 0.9]), ddof=1))
    assert pair_sd([[1.0, 1.1], [2.0, 2.2]]) == pytest.approx(np.log(1.1) / np.sqrt(2))
    assert pair_sd([[1.2]]) is None


def test_the_worked_example_of_the_documentation_is_right():
    text = (ROOT / "docs" / "method" / "statistics.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (\d) \| \d \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", text, re.M
    )
    launches: dict[str, list[float]] = {}
    for launch, jax, torch, ratio, logarithm in rows:
        found = float(torch) / float(jax)
        assert (f"{found:.2f}", f"{np.log(found):.3f}") == (ratio, logarithm)
        launches.setdefault(launch, []).append(found)
    means = launch_means(list(launches.values()))
    whole = compare(means).ratio
    assert f"**{interval(whole.value, whole.low, whole.high)}**" in text
    assert judge(means) == "slower"
    blocks = compare(list(np.log(np.concatenate(list(launches.values()))))).ratio
    assert f"would have made it {blocks.low:.2f} to {blocks.high:.2f}" in text


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (1.011, 1.2, "slower"),
        (1.009, 1.2, "inconclusive"),
        (0.8, 0.989, "faster"),
        (0.8, 0.995, "inconclusive"),
        (0.98, 1.02, "same"),
        (0.98, 1.04, "inconclusive"),
        (1.012, 1.02, "slower"),
    ],
)
def test_verdicts_at_their_margins(low, high, said):
    assert verdict(Estimate((low + high) / 2, low, high), DIFFERENT, SAME) == said


def test_margins_can_be_chosen():
    interval = Estimate(1.03, 1.02, 1.04)
    assert verdict(interval, 0.01, 0.03) == "slower"
    assert verdict(interval, 0.02, 0.05) == "same"
    assert verdict(interval, 0.02, 0.03) == "inconclusive"


def test_the_noise_floor_is_the_farther_end_of_the_controls_interval():
    assert noise_floor(Estimate(1.0, 0.98, 1.01)) == pytest.approx(1 / 0.98 - 1)
    assert noise_floor(Estimate(1.0, 0.99, 1.05)) == pytest.approx(0.05)


@given(st.lists(st.floats(-1.5, 1.5), min_size=1, max_size=5))
def test_turning_a_comparison_round_turns_its_interval_round(means):
    one, other = compare(means), compare([-each for each in means])
    assert other.ratio.value == pytest.approx(1 / one.ratio.value)
    if one.ratio.high is not None:
        assert other.ratio.low == pytest.approx(1 / one.ratio.high)
        assert one.adjusted.low <= one.ratio.value * (1 + 1e-9)
    mirrored = {"faster": "slower", "slower": "faster"}
    said, turned = judge(means), judge([-each for each in means])
    assert turned in (mirrored.get(said, said), "inconclusive")


@given(
    st.lists(st.lists(st.floats(0.2, 5.0), min_size=2, max_size=6), min_size=2, max_size=4),
    st.floats(1e-3, 1e3),
    st.randoms(use_true_random=False),
)
def test_neither_the_scale_nor_the_order_of_blocks_matters(launches, factor, random):
    seconds = [[random.uniform(0.1, 1.0) for _ in launch] for launch in launches]
    pairs = [
        [(ratio * other * factor, other * factor) for ratio, other in zip(*each, strict=True)]
        for each in zip(launches, seconds, strict=True)
    ]
    for launch in pairs:
        random.shuffle(launch)
    random.shuffle(pairs)
    one = compare(launch_means(launches)).ratio
    other = compare(launch_means([[mine / its for mine, its in each] for each in pairs])).ratio
    assert (other.value, other.low, other.high) == pytest.approx((one.value, one.low, one.high))


def test_a_drift_is_told_and_noise_is_not():
    random = np.random.default_rng(5)
    steady = [np.exp(random.normal(0, 0.05, 24)) for _ in range(5)]
    assert drift(steady) is None
    rising = [each * np.linspace(1, 1.2, 24) for each in steady]
    assert drift(rising) == pytest.approx(0.13, abs=0.05)
    # Of one launch, and of launches of two blocks, nothing can be told.
    assert drift(rising[:1]) is None and drift([[1.0, 1.1]] * 4) is None
    assert drift([]) is None


def test_hardly_any_drift_is_found_where_there_is_none():
    random = np.random.default_rng(6)
    runs = np.exp(random.normal(0, 0.1, (1000, 8, 16)) + random.normal(0, 0.05, (1000, 8, 1)))
    assert np.mean([drift(list(run)) is not None for run in runs]) <= 0.06
    # Reports of sixteen contenders and cells: hardly one in twenty names any of them.
    reports = runs[:992].reshape(62, 16, 8, 16)
    named = [any(drift(list(run), 16) is not None for run in report) for report in reports]
    assert np.mean(named) <= 0.12
