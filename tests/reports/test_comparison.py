"""Test the analysis on runs whose truth is known, with one kind of noise at a time."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aebench.reports.comparison import (
    compare,
    drift,
    launches_needed,
    minimum_detectable_effect,
    noise_floor,
    verdict,
)
from aebench.reports.formatting import interval
from aebench.reports.record import DIFFERENT, SAME
from aebench.reports.statistics import Estimate
from helpers.paths import ROOT

RUNS = 2000
PAIR_SD, LAUNCH_SD = 0.12, 0.015
SIZES = {"quick": (1, 16), "standard": (5, 24), "publish": (8, 64)}
NOISES = ("normal", "heavy-tailed", "drifting", "bursting", "per-process luck")


def judge(launches, comparisons=1):
    return verdict(compare(list(launches), comparisons).adjusted, DIFFERENT, SAME)


def ratios(noise: str, size: str, truth: float = 1.0, seed: int = 1) -> np.ndarray:
    """Return a contender's seconds divided by the reference's: runs × launches × blocks.

    The noise is one of four kinds beside normal noise. "heavy-tailed": extreme rounds are more
    frequent. "drifting": the machine's speed changes from round to round, also between the two
    rounds of a block. "bursting": single rounds take much longer. "per-process luck": all rounds
    of a launch share an error, since a launch has its own processes.
    """
    random = np.random.default_rng([seed, NOISES.index(noise), *map(ord, size)])
    launches, blocks = SIZES[size]
    shape = (RUNS, launches, blocks)
    if noise == "heavy-tailed":
        # Student's t with three degrees of freedom, scaled to the same standard deviation.
        mine, other = (random.standard_t(3, shape) * PAIR_SD / np.sqrt(6) for _ in range(2))
    else:
        mine, other = (random.normal(0, PAIR_SD / np.sqrt(2), shape) for _ in range(2))
    if noise == "drifting":
        speed = np.cumsum(random.normal(0, 0.05, (RUNS, launches, 2 * blocks)), axis=2)
        first = random.permuted(np.arange(blocks) % 2 * np.ones(shape, int), axis=2)
        earlier, later = speed[..., 0::2], speed[..., 1::2]
        mine = mine + np.where(first, earlier, later)
        other = other + np.where(first, later, earlier)
    if noise == "bursting":
        for each in (mine, other):
            each += random.exponential(0.4, shape) * (random.random(shape) < 0.05)
    if noise == "per-process luck":
        mine = mine + random.normal(0, LAUNCH_SD, (RUNS, launches, 1))
    return truth * np.exp(mine - other)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("noise", NOISES)
def test_without_a_difference_hardly_any_is_called(noise, size):
    called = sum(judge(run) in ("faster", "slower") for run in ratios(noise, size))
    assert called / RUNS <= 0.05


@pytest.mark.parametrize("noise", NOISES)
def test_hardly_any_family_of_three_holds_a_false_verdict(noise):
    families = zip(*(ratios(noise, "standard", seed=each) for each in range(3)), strict=True)
    wrong = sum(
        any(judge(run, comparisons=3) in ("faster", "slower") for run in family)
        for family in families
    )
    assert wrong / RUNS <= 0.05


@pytest.mark.parametrize("size", ["standard", "publish"])
@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("truth", [1.0, 1.07])
def test_intervals_cover_the_truth_as_often_as_they_say(noise, size, truth):
    covered = 0
    for run in ratios(noise, size, truth):
        interval = compare(list(run)).ratio
        covered += interval.low <= truth <= interval.high
    assert covered / RUNS >= 0.94


@pytest.mark.parametrize(("truth", "share"), [(1.05, 0.90), (1.10, 0.99), (1 / 1.10, 0.99)])
def test_at_publish_size_a_real_difference_is_called(truth, share):
    right = "slower" if truth > 1 else "faster"
    runs = ratios("per-process luck", "publish", truth)
    assert sum(judge(run, comparisons=3) == right for run in runs) / RUNS >= share


@pytest.mark.parametrize("size", ["standard", "publish"])
def test_what_is_detectable_is_called_in_four_of_five_runs(size):
    smallest = minimum_detectable_effect(PAIR_SD, LAUNCH_SD, *SIZES[size], DIFFERENT, comparisons=2)
    runs = ratios("per-process luck", size, 1 + smallest)
    called = sum(judge(run, comparisons=2) == "slower" for run in runs) / RUNS
    assert called == pytest.approx(0.8, abs=0.05)


def test_the_spreads_of_pairs_and_of_launches_are_told_apart():
    found = [compare(list(run)) for run in ratios("per-process luck", "publish")]
    assert np.mean([each.pair_sd for each in found]) == pytest.approx(PAIR_SD, rel=0.02)
    # A variance's estimate is never negative, which makes it a little too large on average.
    variance = np.mean([each.launch_sd**2 for each in found])
    assert variance == pytest.approx(LAUNCH_SD**2, rel=0.25)
    one = compare([[1.0, 1.1, 0.9]])
    assert one.pair_sd == pytest.approx(np.std(np.log([1.0, 1.1, 0.9]), ddof=1))
    assert one.launch_sd is None


def test_how_many_launches_a_difference_needs():
    needed = launches_needed(0.03, PAIR_SD, LAUNCH_SD, 64, DIFFERENT)
    assert needed is not None
    for launches, enough in ((needed, True), (needed - 1, False)):
        found = minimum_detectable_effect(PAIR_SD, LAUNCH_SD, launches, 64, DIFFERENT)
        assert (found <= 0.03) is enough
    # At least two launches: a single launch can't show how launches differ.
    assert launches_needed(0.5, 0.001, 0.001, 64, DIFFERENT) == 2
    assert launches_needed(0.01, PAIR_SD, LAUNCH_SD, 64, DIFFERENT) is None


def test_the_worked_example_of_the_documentation_is_right():
    text = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (\d) \| \d \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", text, re.M
    )
    launches: dict[str, list[float]] = {}
    for launch, jax, torch, ratio, logarithm in rows:
        found = float(torch) / float(jax)
        assert (f"{found:.2f}", f"{np.log(found):.3f}") == (ratio, logarithm)
        launches.setdefault(launch, []).append(found)
    whole = compare(list(launches.values())).ratio
    assert f"**{interval(whole.value, whole.low, whole.high)}**" in text
    assert judge(launches.values()) == "slower"
    blocks = compare([np.concatenate(list(launches.values()))]).ratio
    assert f"a ratio of {blocks.low:.2f} to {blocks.high:.2f}" in text


def test_luck_of_processes_widens_the_interval_where_blocks_agree():
    launches = [np.full(24, 1 + shift) for shift in (-0.03, 0.0, 0.03)]
    by_launches = compare(launches).ratio
    # Blocks alone would give ± 0.6 %. With t(0.975, 2) = 4.303, 4.303 × 0.03 / sqrt(3) is ± 7.5 %.
    assert np.log(by_launches.high / by_launches.value) == pytest.approx(0.0745, rel=0.02)
    assert compare([np.concatenate(launches)]).ratio.high < 1.01


def test_one_block_gives_no_interval():
    alone = compare([[1.2]])
    assert (alone.ratio.value, alone.ratio.low, alone.adjusted.high) == (
        pytest.approx(1.2),
        None,
        None,
    )
    assert (alone.pair_sd, alone.launch_sd) == (None, None)
    assert judge([[1.2]]) == "inconclusive"
    assert minimum_detectable_effect(0.1, 0.01, 1, 1, DIFFERENT) == float("inf")
    assert noise_floor(alone.ratio) is None
    with pytest.raises(ValueError, match="at least one block"):
        compare([[]])


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


launches_of_blocks = st.lists(
    st.lists(st.floats(0.2, 5.0), min_size=2, max_size=6), min_size=1, max_size=4
)


@given(launches_of_blocks)
def test_turning_a_comparison_round_turns_its_interval_round(launches):
    one = compare(launches)
    other = compare([[1 / each for each in launch] for launch in launches])
    assert other.ratio.value == pytest.approx(1 / one.ratio.value)
    assert other.ratio.low == pytest.approx(1 / one.ratio.high)
    assert (other.pair_sd, other.launch_sd) == (
        pytest.approx(one.pair_sd),
        pytest.approx(one.launch_sd, abs=1e-6) if one.launch_sd is not None else None,
    )
    assert one.adjusted.low <= one.ratio.value * (1 + 1e-9)
    mirrored = {"faster": "slower", "slower": "faster"}
    said = judge(launches)
    turned = judge([[1 / each for each in launch] for launch in launches])
    assert turned in (mirrored.get(said, said), "inconclusive")


@given(launches_of_blocks, st.floats(1e-3, 1e3), st.randoms(use_true_random=False))
def test_neither_the_scale_nor_the_order_of_blocks_matters(launches, factor, random):
    seconds = [[random.uniform(0.1, 1.0) for _ in launch] for launch in launches]
    pairs = [
        [(ratio * other * factor, other * factor) for ratio, other in zip(*each, strict=True)]
        for each in zip(launches, seconds, strict=True)
    ]
    for launch in pairs:
        random.shuffle(launch)
    random.shuffle(pairs)
    one = compare(launches).ratio
    other = compare([[mine / its for mine, its in launch] for launch in pairs]).ratio
    assert (other.value, other.low, other.high) == pytest.approx((one.value, one.low, one.high))


def test_a_drift_is_told_and_noise_is_not():
    random = np.random.default_rng(5)
    steady = [np.exp(random.normal(0, 0.05, 24)) for _ in range(5)]
    assert drift(steady) is None
    rising = [each * np.linspace(1, 1.2, 24) for each in steady]
    assert drift(rising) == pytest.approx(0.13, abs=0.05)
    assert drift([[1.0, 1.0]]) is None
