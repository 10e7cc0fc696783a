import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from aebench.reports.statistics import (
    EpochEnd,
    Estimate,
    epoch_end,
    growth,
    mean,
    median,
    next_poll,
    one_more,
    pareto_front,
)

POLLS = tuple(0.01 * (2**k - 1) for k in range(1, 14))
positive = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=60)


def test_interval_is_the_tabulated_order_statistics():
    # Tables of the sign test give these ranks for 95 %: 1st and 6th of 6, 3rd and 10th of 12, 6th
    # and 15th of 20.
    for count, rank in ((6, 1), (12, 3), (20, 6)):
        estimate = median(range(1, count + 1))
        assert (estimate.low, estimate.high) == (rank, count - rank + 1)


def test_no_interval_from_five_values():
    assert median([1, 2, 3, 4, 5]).low is None


def test_no_median_of_nothing():
    with pytest.raises(ValueError, match="at least one"):
        median([])


@pytest.mark.parametrize("draw", ["standard_normal", "standard_cauchy", "standard_exponential"])
@pytest.mark.parametrize("count", [6, 16, 18, 120])
def test_interval_covers(draw, count):
    generator = np.random.default_rng(count)
    centre = math.log(2) if draw == "standard_exponential" else 0.0
    samples = getattr(generator, draw)((2000, count))
    covered = [estimate.low <= centre <= estimate.high for estimate in map(median, samples)]
    assert np.mean(covered) >= 0.94


@given(positive, st.floats(0.1, 10))
def test_scale(values, factor):
    scaled = median(np.array(values) * factor)
    plain = median(values).scaled(factor)
    assert scaled.value == pytest.approx(plain.value)
    if plain.low is not None:
        assert (scaled.low, scaled.high) == pytest.approx((plain.low, plain.high))


def test_next_poll():
    assert next_poll(POLLS, 0.2) == pytest.approx(0.31)
    assert next_poll((), 0.2) == 0.2


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_epoch_end_finds_base_and_waits(share):
    generator = np.random.default_rng(7)
    ages = generator.uniform(0.16, 0.24, 400)
    base = generator.normal(0.025, 0.002, 400)
    waited = generator.random(400) < share
    extras = np.where(waited, [next_poll(POLLS, age + 0.025) - age for age in ages], base)
    end = epoch_end(ages, extras, POLLS)
    assert end.waits == pytest.approx(np.mean(waited), abs=0.01)
    assert end.base_seconds == pytest.approx(0.025, abs=0.001)


def test_epoch_end_without_polls_is_a_mean():
    assert epoch_end([1, 1], [0.002, 0.004]).expected_seconds(5) == pytest.approx(0.003)


def test_expected_end_reaches_to_the_poll():
    assert EpochEnd(0.03, 1.0, POLLS).expected_seconds(3.0) == pytest.approx(5.11 - 3.0)
    assert EpochEnd(0.03, 0.5, POLLS).expected_seconds(3.0) == pytest.approx((0.03 + 2.11) / 2)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=30, unique=True))
def test_a_mean_has_student_s_interval(values):
    estimate = mean(values)
    low, high = stats.t.interval(
        0.95, len(values) - 1, loc=np.mean(values), scale=stats.sem(values)
    )
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(
        (np.mean(values), low, high), rel=1e-6, abs=1e-6
    )


@pytest.mark.parametrize("count", [2, 3, 8])
def test_one_more_value_lies_in_its_interval(count):
    drawn = np.random.default_rng(count).normal(5.0, 1.0, (4000, count + 1))
    found = [(one_more(row[:-1]), row[-1]) for row in drawn]
    held = np.mean([interval.low <= value <= interval.high for interval, value in found])
    assert held == pytest.approx(0.95, abs=0.012)
    assert one_more([5.0]) == Estimate(5.0)


def test_one_value_is_its_mean_and_has_no_interval():
    assert mean([0.5]) == Estimate(0.5, None, None)
    with pytest.raises(ValueError, match="at least one"):
        mean([])


few = st.integers(0, 6)


@given(st.lists(st.tuples(few, few), max_size=20))
def test_what_is_on_a_front_is_beaten_by_nothing(points):
    def beats(one, other):
        return one != other and one[0] <= other[0] and one[1] <= other[1]

    front = pareto_front([cost for cost, _ in points], [loss for _, loss in points])
    # The expected pairs: all that no other pair beats, without duplicates, the cheapest first.
    unbeaten = {each for each in points if not any(beats(other, each) for other in points)}
    assert [points[index] for index in front] == sorted(unbeaten)
    assert all(points.index(points[index]) == index for index in front)


def test_steady_growth_is_found():
    steps = np.arange(200)
    noise = np.random.default_rng(0).normal(0, 50, 200)
    found = growth(1000 + 7 * steps + noise)
    assert found.low < 7 < found.high
    assert found.low > 0


@pytest.mark.parametrize("at", [3, 55, 100, 141, 198])
def test_one_jump_is_no_growth(at):
    found = growth(1000 + 500 * (np.arange(200) >= at))
    assert found.low <= 0 <= found.high


@pytest.mark.parametrize("at", [20, 55, 100, 180])
def test_a_break_between_pieces_that_grow_hides_neither_growth_nor_makes_it(at):
    steps = np.arange(200)
    freed = 10_000 * (steps >= at)
    assert growth(7.0 * steps - freed, breaks=[at]) == Estimate(
        *(pytest.approx(7.0) for _ in range(3))
    )
    assert growth(7.0 * steps - freed).low < 0
    # A piece of too few values tells nothing.
    assert growth(steps[:12], breaks=[2]) is None


def test_noise_about_a_level_is_rarely_growth():
    generator = np.random.default_rng(0)
    found = [growth(generator.normal(1000, 10, 200)) for _ in range(500)]
    assert sum(each.low > 0 for each in found) / 500 <= 0.025


def test_what_stands_still_grows_by_nothing_and_few_values_tell_nothing():
    assert growth([5.0] * 200) == Estimate(0.0, 0.0, 0.0)
    assert growth(range(19)) is None
