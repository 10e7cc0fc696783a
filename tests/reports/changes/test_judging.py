"""Test by simulation what is called a change between runs, where runs have effects of their own."""

import math

import numpy as np
import pytest

from aebench.reports.changes.judging import LEAST_FREEDOM, between_runs, judge
from aebench.reports.changes.run_values import RunValue, over_starts
from aebench.reports.comparison import holm
from aebench.reports.launches import Error, Spread, mean_error, spreads
from helpers.synthetic import log_ratios

CELLS, MODELS, PAIRS = 32, 4, 150
# A run's own effect, as a share of the spread between launches.
SHARES = (0.0, 0.5, 1.0)


def sides(noise, size, share, seed):
    """Return runs' values: pairs × cells. Cells of one batch size pool their spreads by models."""
    random = np.random.default_rng([seed, int(10 * share)])
    means = np.stack(
        [log_ratios(noise, size, PAIRS, 100 * seed + each).mean(axis=2) for each in range(CELLS)],
        axis=1,
    )
    means += share * means.std() * random.normal(size=(PAIRS, CELLS, 1))
    found = []
    for run in means.tolist():
        values = []
        for first in range(0, CELLS, MODELS):
            cells = run[first : first + MODELS]
            for each, known in zip(cells, spreads(cells), strict=True):
                values.append(RunValue(np.mean(each), mean_error(known, len(each)), known))
        found.append(values)
    return found


def judged(noise, size, share):
    base, new = (sides(noise, size, share, seed) for seed in (1, 2))
    for one, other in zip(base, new, strict=True):
        yield [judge([mine], [theirs]) for mine, theirs in zip(one, other, strict=True)]


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("size", ["quick", "publish"])
@pytest.mark.parametrize("noise", ["autocorrelated", "two states"])
def test_unchanged_cells_hardly_ever_fail_over_32_at_once(noise, size, share):
    false, held = [], []
    for pair in judged(noise, size, share):
        p_values = [each.compared.p_value(0.0) for each in pair]
        false.append(any(holm(p_values, len(p_values))))
        held += [each.compared.ratio.low <= 1 <= each.compared.ratio.high for each in pair]
    assert np.mean(false) <= 0.05
    assert np.mean(held) >= 0.94


def test_launches_alone_would_fail_unchanged_cells():
    # What is done without an effect of the run: only launches' own errors.
    held = []
    base, new = (sides("autocorrelated", "publish", 1.0, seed) for seed in (1, 2))
    for one, other in zip(base, new, strict=True):
        for mine, theirs in zip(one, other, strict=True):
            error = math.hypot(mine.error.standard_error, theirs.error.standard_error)
            held.append(abs(theirs.log - mine.log) <= 2 * error)
    assert np.mean(held) < 0.75


def test_ten_per_cent_are_found_by_repeated_runs():
    # One run a side doesn't find them in this noise, since runs may differ as launches do.
    found = {}
    for count in (1, 5):
        runs = [sides("autocorrelated", "publish", 0.5, seed) for seed in range(2 * count)]
        found[count] = []
        for pair in zip(*runs, strict=True):
            base, slower = (
                [RunValue(run[0].log + move, run[0].error, run[0].spread) for run in side]
                for side, move in ((pair[:count], 0.0), (pair[count:], math.log(1.1)))
            )
            groups = [[each.log for each in side] for side in (base, slower)]
            told = judge(base, slower, between_runs(groups))
            found[count].append(told.compared.p_value(0.01) < 0.05)
    assert np.mean(found[1]) < 0.2
    assert np.mean(found[5]) > 0.8


@pytest.mark.parametrize("runs", [3, 6])
def test_a_measured_spread_between_runs_covers_however_large_it_is(runs):
    # Runs differ by ten times what launches do; seconds of a cloud's machine can.
    random = np.random.default_rng(3)
    held = []
    for _ in range(1000):
        logs = 0.3 * random.normal(size=(2, runs))
        base, new = (
            [RunValue(log, Error(0.01, 7), Spread(0.03, 7)) for log in side] for side in logs
        )
        told = judge(base, new, between_runs(logs.tolist()), assume=False)
        assert told.measured
        held.append(told.compared.ratio.low <= 1 <= told.compared.ratio.high)
    assert np.mean(held) >= 0.94


def test_few_runs_count_where_they_refute_that_runs_differ_as_launches_do():
    value = RunValue(0.0, Error(0.01, 7), Spread(0.028, 7))
    assumed = judge([value], [value])
    for sd, measured in ((0.001, False), (0.03, False), (0.3, True)):
        told = judge([value], [value], Spread(sd, LEAST_FREEDOM - 1))
        assert told.measured is measured
        assert told.compared.ratio.high >= assumed.compared.ratio.high
    # Nor is an interval narrower than the launches of the two runs make it.
    told = judge([value], [value], Spread(1e-6, 10))
    assert told.measured
    assert told.compared.ratio.high > math.exp(0.02)


@pytest.mark.parametrize(("share", "least"), [(1.0, 0.94), (4.0, 0.9)])
def test_two_runs_a_side_cover_where_runs_differ_by_more_than_launches(share, least):
    # In between the two, nothing refutes the assumption surely.
    runs = [sides("normal", "publish", share, seed) for seed in range(4)]
    held = []
    for pair in zip(*runs, strict=True):
        for values in zip(*pair, strict=True):
            groups = [[each.log for each in values[:2]], [each.log for each in values[2:]]]
            told = judge(values[:2], values[2:], between_runs(groups))
            held.append(told.compared.ratio.low <= 1 <= told.compared.ratio.high)
    assert np.mean(held) >= least


def test_the_interval_is_students_over_runs_and_launches():
    # s² (1 + 1 / L) on either side, with L = 4 launches of SD 0.04: 3 + 3 degrees of freedom.
    value = over_starts([math.exp(x) for x in (-0.04898979, 0.0, 0.0, 0.04898979)])
    assert value.spread.sd == pytest.approx(0.04)
    told = judge([value], [RunValue(math.log(1.2), value.error, value.spread)])
    error = 0.04 * math.sqrt(2 * 1.25)
    assert told.compared.error.standard_error == pytest.approx(error)
    assert told.compared.error.freedom == pytest.approx(6)
    assert told.compared.ratio.value == pytest.approx(1.2)
    assert told.compared.ratio.high == pytest.approx(1.2 * math.exp(2.4469 * error), rel=1e-4)
    # k runs on either side divide the variance by k, and have k times the freedom.
    assert told.runs_needed(1.05) == 2
    assert told.runs_needed(1.2) is None


def test_without_an_error_there_is_no_interval():
    one = over_starts([2.0])
    assert one.error is None
    told = judge([one], [one])
    assert told.compared.ratio.low is None and told.runs_needed(1.1) is None
    assert over_starts([]) is None and over_starts([1.0, 0.0]) is None


def test_runs_are_pooled_within_their_questions():
    assert between_runs([[1.0], [2.0]]) is None
    found = between_runs([[1.0, 1.2], [5.0], [3.0, 3.1, 3.2]])
    assert found.freedom == 3
    assert found.sd == pytest.approx(math.sqrt((0.02 + 0.02) / 3))
