"""Test by simulation how often intervals hold the truth, and how often verdicts are false.

Runs have launch effects, autocorrelation and two states of the machine, as published runs have.
"""

from functools import cache

import numpy as np
import pytest

from aebench.reports.comparison import compare, excess, holm, verdict
from aebench.reports.launches import estimate, mean_error, spreads
from aebench.reports.record import DIFFERENT, SAME
from helpers.synthetic import LAUNCH_SD, NOISES, SIZES, in_turn, log_ratios

RUNS = 2000
# The models whose spreads between launches are pooled; three where they are named in quick.
MODELS = {size: 3 if size.startswith("quick") else 4 for size in SIZES}
COVERAGE = {size: 0.90 if size.startswith("quick") else 0.94 for size in SIZES}
CELLS = 32


def cells(noise: str, size: str, count: int, runs: int = RUNS) -> np.ndarray:
    """Return launches' means of log-ratios: runs × cells × launches."""
    found = [log_ratios(noise, size, runs, seed).mean(axis=2) for seed in range(count)]
    return np.stack(found, axis=1)


def compared(run: np.ndarray, comparisons: int = 1):
    """Return the comparison of every cell of a run (cells × launches), with pooled spreads."""
    found = zip(run.tolist(), spreads(run.tolist()), strict=True)
    return [compare(means, comparisons, pooled=each) for means, each in found]


@cache
def intervals(noise: str, size: str) -> np.ndarray:
    """Return the low and the high ends of all ratios' intervals: cells × 2."""
    ratios = [each.ratio for run in cells(noise, size, MODELS[size]) for each in compared(run)]
    return np.array([(each.low, each.high) for each in ratios])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("noise", NOISES)
def test_intervals_of_ratios_cover_the_truth_as_often_as_they_say(noise, size):
    low, high = intervals(noise, size).T
    assert np.mean((low <= 1) & (high >= 1)) >= COVERAGE[size]


@pytest.mark.parametrize("size", ["quick", "quick calls"])
@pytest.mark.parametrize("noise", NOISES)
def test_intervals_of_one_model_alone_cover_the_truth_too(noise, size):
    # quick measures one model in full: there is nothing to pool its spread with.
    held = [compared(run)[0].ratio for run in cells(noise, size, 1)]
    assert np.mean([each.low <= 1 <= each.high for each in held]) >= 0.94


@pytest.mark.parametrize("size", [size for size in SIZES if not size.startswith("quick")])
def test_intervals_cover_where_the_spreads_of_cells_differ(size):
    # Spreads differ by a factor of three, and tests don't always find that.
    held = []
    for run in cells("autocorrelated", size, MODELS[size]):
        run = run * np.array([1, 3, 1, 2])[:, None]
        held.append([each.ratio.low <= 1 <= each.ratio.high for each in compared(run)])
    assert np.mean(held) >= 0.94


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("noise", ["autocorrelated", "two states"])
def test_intervals_of_throughput_cover_the_truth(noise, size):
    # Throughput is of the median round of a launch; both noises are symmetric but for the states,
    # whose medians have a mean of their own.
    found = [np.median(log_ratios(noise, size, RUNS, each), axis=2) for each in range(2)]
    truth = np.mean(np.median(log_ratios(noise, size, 20 * RUNS, 9), axis=2))
    held = []
    for run in np.stack(found, axis=1).tolist():
        for means, known in zip(run, spreads(run), strict=True):
            told = estimate(np.mean(means), mean_error(known, len(means)))
            held.append(told.low <= np.exp(truth) <= told.high)
    assert np.mean(held) >= COVERAGE[size]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("noise", NOISES)
def test_a_contender_at_the_limit_is_hardly_ever_called_a_defect_of_it(noise, size):
    # A defect is an interval wholly above the limit: one of two sides of a 95 % interval.
    low, _ = intervals(noise, size).T
    assert np.mean(low > 1) <= (1 - COVERAGE[size]) / 2 + 0.01


def test_rounds_that_are_pooled_over_launches_would_not_cover():
    # What was done before: rounds of all launches as if they were independent.
    launches = log_ratios("autocorrelated", "publish", RUNS).reshape(RUNS, -1)
    error = launches.std(axis=1, ddof=1) / np.sqrt(launches.shape[1])
    assert np.mean(np.abs(launches.mean(axis=1)) <= 1.98 * error) < 0.75


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("noise", ["autocorrelated", "two states"])
def test_hardly_any_report_of_32_cells_holds_a_false_sentence(noise, size):
    # A quarter of the runs: each holds 32 comparisons.
    runs, false = RUNS // 4, 0
    for run in cells(noise, size, CELLS, runs):
        models = [run[each : each + MODELS[size]] for each in range(0, CELLS, MODELS[size])]
        p_values = [each.p_value(DIFFERENT) for model in models for each in compared(model)]
        false += any(holm(p_values, len(p_values)))
    assert false / runs <= 0.05


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("noise", NOISES)
def test_hardly_any_family_of_three_comparisons_holds_a_false_verdict(noise, size):
    false = []
    for run in cells(noise, size, 3):
        said = [verdict(each.adjusted, DIFFERENT, SAME) for each in compared(run, comparisons=3)]
        false.append(bool({"faster", "slower"} & set(said)))
    assert np.mean(false) <= 0.05


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("noise", "large_sd"),
    [("autocorrelated", 0.0), ("two states", 0.0), ("autocorrelated", 3 * LAUNCH_SD)],
)
def test_controls_that_take_turns_are_rarely_called_different(noise, large_sd, size):
    # Also where one contender alone has large launch effects, as its controls then have.
    held, same, false = [], [], []
    runs = in_turn(noise, size, RUNS // 2, MODELS[size], large_sd)
    for ratios, controls in zip(*runs, strict=True):
        told = [each.ratio for each in compared(controls)]
        same += [not excess(each) for each in told]
        false += [verdict(each, DIFFERENT, SAME) in ("faster", "slower") for each in told]
        known = zip(ratios.tolist(), spreads(ratios.tolist()), told, strict=True)
        for means, pooled, control in known:
            ratio = compare(means, pooled=pooled, excess=excess(control)).ratio
            held.append(ratio.low <= 1 <= ratio.high)
    assert np.mean(held) >= COVERAGE[size]
    assert np.mean(same) >= 0.95 - 0.01
    assert np.mean(false) <= 0.05


def test_controls_that_are_judged_one_by_one_would_be_called_different():
    off = []
    for run in in_turn("autocorrelated", "publish", RUNS // 4, MODELS["publish"])[1]:
        told = [compared(run[:, number::3]) for number in range(3)]
        off += [any(excess(each.ratio) for each in cell) for cell in zip(*told, strict=True)]
    assert np.mean(off) > 0.1


def test_pooled_runs_call_what_single_cells_cannot():
    # Three launches alone have Student's quantile 4.3; three cells together 2.4.
    own, together = [], []
    for run in cells("normal", "quick", 3):
        run = run + np.log(1.15)
        together.append(verdict(compared(run)[0].adjusted, DIFFERENT, SAME) == "slower")
        own.append(verdict(compare(run[0].tolist()).adjusted, DIFFERENT, SAME) == "slower")
    assert np.mean(together) > np.mean(own) + 0.1
