"""Test by simulation that runs that stop when they know enough are wrong as rarely as they say."""

import math

import numpy as np
import pytest

from aebench.reports.comparison import compare, holm, verdict
from aebench.reports.launches import Error, Spread, spreads
from aebench.reports.record import DECIDED, DIFFERENT, SAME, WIDTH, StoppingRule
from aebench.reports.stopping import launches_for, spent_share
from helpers.synthetic import log_ratios

MOST = 12
RULE = StoppingRule(DECIDED, 2, MOST)
# Looks at all launches of a run that compares several models.
RUNS, MODELS, CELLS = 400, 4, 32
COVERAGE = {"quick": 0.90, "publish": 0.94}


def groups(noise: str, size: str, seed: int, runs: int = RUNS) -> np.ndarray:
    """Return launches' means of log-ratios: runs × models × launches."""
    found = [log_ratios(noise, size, runs, seed + each, MOST) for each in range(MODELS)]
    return np.stack([each.mean(axis=2) for each in found], axis=1)


def until_decided(models: np.ndarray, rule: StoppingRule, different: float = DIFFERENT):
    """Return the comparison at which each model (models × launches) stops, or the last one."""
    ended: dict[int, tuple[int, object]] = {}
    for count in range(rule.first_look, rule.most_launches + 1):
        seen = [ended.get(each, (count,))[0] for each in range(len(models))]
        means = [mine[:upto].tolist() for mine, upto in zip(models, seen, strict=True)]
        for each, known in enumerate(spreads(means)):
            if each not in ended:
                share = spent_share(rule, count)
                found = compare(means[each], pooled=known, spent=share)
                decided = verdict(found.adjusted, different, SAME) != "inconclusive"
                if decided or count == rule.most_launches:
                    ended[each] = (count, found)
    return [ended[each] for each in range(len(models))]


def test_the_shares_of_all_looks_add_up_to_1():
    for most in (2, 3, 12, 40):
        rule = StoppingRule(DECIDED, 2, most)
        shares = [spent_share(rule, count) for count in range(2, most + 1)]
        assert math.isclose(sum(shares), 1)
        assert all(share > 0 for share in shares)
    assert math.isclose(
        spent_share(RULE, 3), math.log((12 + 3 * (math.e - 1)) / (12 + 2 * (math.e - 1)))
    )


def test_a_run_of_fixed_size_and_a_planned_width_spend_all_at_once():
    assert spent_share(None, 5) == 1
    assert spent_share(StoppingRule(WIDTH, 4, 12, 0.03), 7) == 1


@pytest.mark.parametrize("size", COVERAGE)
@pytest.mark.parametrize("noise", ["autocorrelated", "two states"])
def test_intervals_and_verdicts_hold_where_a_run_stops(noise, size):
    # The margin is 0 here: a run without a difference may stop at any look that finds one.
    held, false = [], []
    for run in groups(noise, size, 1):
        ended = [found for _, found in until_decided(run, RULE, different=0.0)]
        held += [found.ratio.low <= 1 <= found.ratio.high for found in ended]
        false += [verdict(found.adjusted, 0.0, SAME) in ("faster", "slower") for found in ended]
    assert np.mean(held) >= COVERAGE[size]
    assert np.mean(false) <= 0.05


def test_intervals_hold_where_a_true_difference_stops_runs():
    held, launches = [], []
    for run in groups("autocorrelated", "publish", 9) + math.log(1.06):
        for count, found in until_decided(run, RULE):
            held.append(found.ratio.low <= 1.06 <= found.ratio.high)
            launches.append(count)
    assert np.mean(held) >= 0.94
    # That some stop early, and at the look that chance favours, is what is tested here.
    assert len(set(launches)) > 5


def test_looks_without_spending_would_find_too_much():
    # What peeking does: the whole 5 % at every look.
    false = []
    for run in groups("autocorrelated", "publish", 1, 200):
        looks = []
        for count in range(2, MOST + 1):
            for known, mine in zip(spreads(run[:, :count].tolist()), run, strict=True):
                found = compare(mine[:count].tolist(), pooled=known)
                looks.append(verdict(found.ratio, 0.0, SAME) in ("faster", "slower"))
        false.append(np.reshape(looks, (MOST - 1, MODELS)).any(axis=0))
    assert np.mean(false) > 0.12


@pytest.mark.parametrize("noise", ["autocorrelated", "two states"])
def test_hardly_any_report_of_32_cells_holds_a_false_sentence(noise):
    runs = 80
    cells = [groups(noise, "quick", 10 * each, runs) for each in range(CELLS // MODELS)]
    false = 0
    for run in zip(*cells, strict=True):
        ended = [found for models in run for _, found in until_decided(models, RULE, 0.0)]
        false += any(holm([found.p_value(0.0) for found in ended], CELLS))
    assert false / runs <= 0.05


@pytest.mark.parametrize(("first", "size"), [(3, "quick"), (4, "publish")])
def test_steins_two_stages_give_the_width_and_cover(first, size):
    width, most = 0.05, 100
    held, reached, launches = [], [], []
    for noise in ("autocorrelated", "two states"):
        found = [log_ratios(noise, size, 250, each, most).mean(axis=2) for each in range(MODELS)]
        for run in np.stack(found, axis=1):
            for known, mine in zip(spreads(run[:, :first].tolist()), run, strict=True):
                count = launches_for(width, known, least=first)
                ratio = compare(mine[:count].tolist(), pooled=known).ratio
                held.append(ratio.low <= 1 <= ratio.high)
                reached += [ratio.high / ratio.value <= 1 + width + 1e-12] * (count <= most)
                launches.append(count)
    assert all(reached)
    assert np.mean(held) >= (0.94 if size == "publish" else 0.90)
    assert first < np.median(launches) < 20
    # Where the most launches are reached, the interval is wider, and covers all the same.
    assert np.mean(np.array(launches) > most) < 0.05


def test_a_width_asks_for_the_launches_of_steins_formula():
    known = Spread(0.04, 9)
    assert launches_for(0.03, known) == math.ceil((2.2622 * 0.04 / math.log(1.03)) ** 2)
    assert launches_for(0.5, known, least=4) == 4


def test_a_width_below_what_launches_share_is_out_of_reach():
    assert launches_for(0.03, Spread(0.001, 9), [Error(0.02, 9)]) is None
    known = Spread(0.05, 9)
    assert launches_for(0.03, known, [Error(0.005, 9)]) > launches_for(0.03, known)
