"""Test means over runs: by simulation how often their intervals hold the truth, and by hand."""

import math

import numpy as np
import pytest
from scipy import special

from aebench.reports.comparison import compare
from aebench.reports.random_effects import over_runs
from aebench.reports.record import DIFFERENT
from helpers.synthetic import log_ratios

TRIALS = 2000
# Sizes of the runs that are combined; five runs are the first of these and more of the same.
MIXES = {
    "quick": ("quick",) * 5,
    "publish": ("publish",) * 5,
    "mixed": ("publish", "quick", "quick", "standard", "quick"),
}


def runs_of(mix, count, between, seed=1):
    """Yield in each trial the runs' launch means; a run's effect has the SD ``between``."""
    random = np.random.default_rng([seed, count, int(1000 * between), *map(ord, mix)])
    sizes = MIXES[mix][:count]
    # The noise of synthetic runs is autocorrelated, and their launches have effects.
    found = [
        log_ratios("autocorrelated", size, TRIALS, seed + number).mean(axis=2)
        for number, size in enumerate(sizes)
    ]
    effects = random.normal(0, between, (count, TRIALS))
    for trial in range(TRIALS):
        yield [each[trial] + effect[trial] for each, effect in zip(found, effects, strict=True)]


def covers(estimate):
    return estimate.low <= 1 <= estimate.high


@pytest.mark.parametrize("between", [0, 0.05, 0.2])
@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("mix", MIXES)
def test_intervals_over_runs_cover_the_truth(mix, count, between):
    held = [
        covers(over_runs([compare(means.tolist()) for means in runs]).ratio)
        for runs in runs_of(mix, count, between)
    ]
    assert np.mean(held) >= 0.94


def weighted(runs):
    """Return DerSimonian and Laird's mean, with Hartung and Knapp's error of its logarithm."""
    logs = np.array([each.mean() for each in runs])
    own = np.array([each.var(ddof=1) / len(each) for each in runs])
    weights = 1 / own
    mean = weights @ logs / weights.sum()
    excess = weights @ (logs - mean) ** 2 - (len(runs) - 1)
    between = max(0, excess / (weights.sum() - weights @ weights / weights.sum()))
    weights = 1 / (own + between)
    mean = weights @ logs / weights.sum()
    return mean, math.sqrt(weights @ (logs - mean) ** 2 / (len(runs) - 1) / weights.sum())


def test_estimated_weights_would_not_cover():
    # Why runs have equal weights: of three launches their own errors are known too roughly.
    quantile = special.stdtrit(2, 0.975)
    held = [
        abs(mean) <= quantile * error for mean, error in map(weighted, runs_of("mixed", 3, 0.05))
    ]
    assert np.mean(held) < 0.93


def test_runs_pooled_as_one_would_not_cover():
    held = [
        covers(compare(np.concatenate(runs).tolist()).ratio) for runs in runs_of("publish", 3, 0.05)
    ]
    assert np.mean(held) < 0.75


@pytest.mark.parametrize("between", [0, 0.05])
def test_equal_contenders_are_seldom_called_different(between):
    said = [
        over_runs([compare(means.tolist()) for means in runs]).p_value(DIFFERENT) <= 0.05
        for runs in runs_of("quick", 3, between)
    ]
    assert np.mean(said) <= 0.05


def test_the_sd_between_runs_is_what_launches_leave():
    runs = [[0.10, 0.12, 0.11], [0.30, 0.31, 0.29], [0.19, 0.21, 0.20]]
    found = over_runs([compare(each) for each in runs])
    own = np.mean([np.var(each, ddof=1) / 3 for each in runs])
    assert found.between_sd == pytest.approx(math.sqrt(np.var([0.11, 0.30, 0.20], ddof=1) - own))
    assert found.values == pytest.approx(np.exp([0.11, 0.30, 0.20]))
    mean, error = np.mean([0.11, 0.30, 0.20]), np.std([0.11, 0.30, 0.20], ddof=1) / math.sqrt(3)
    assert math.log(found.ratio.value) == pytest.approx(mean)
    assert math.log(found.ratio.high) == pytest.approx(mean + special.stdtrit(2, 0.975) * error)


def test_runs_that_agree_by_chance_have_an_interval_no_narrower_than_their_own_errors():
    runs = [[0.10, 0.14, 0.12, 0.08], [0.10, 0.13, 0.13, 0.08]]
    found = over_runs([compare(each) for each in runs])
    errors = [np.std(each, ddof=1) / 2 for each in runs]
    by_runs = math.hypot(*errors) / 2
    assert math.log(found.ratio.high) >= math.log(found.ratio.value) + 2.4 * by_runs
    assert found.between_sd == 0


def test_a_single_run_keeps_its_interval():
    alone = compare([0.1, 0.12, 0.11], comparisons=2, excess=0.01)
    found = over_runs([alone], comparisons=2, excess=0.01)
    assert found.ratio.low == pytest.approx(alone.ratio.low)
    assert found.adjusted.high == pytest.approx(alone.adjusted.high)
    assert found.p_value(DIFFERENT) == pytest.approx(alone.p_value(DIFFERENT))
    assert found.between_sd is None


def test_without_a_run_there_is_no_mean():
    with pytest.raises(ValueError, match="at least one run"):
        over_runs([])


def test_runs_of_one_launch_have_an_interval_over_runs_only():
    found = over_runs([compare([0.1]), compare([0.2]), compare([0.15])])
    assert found.ratio.low < 1.16 < found.ratio.high
    assert found.between_sd is None and len(found.errors) == 1
