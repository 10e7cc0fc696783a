"""Test the rule that tells calm moments, and how a ratio in these is compared with the others."""

import numpy as np
import pytest

from aebench.reports.calm import calm, contrasts, correlation, running_medians, together
from helpers.machine_states import states
from helpers.synthetic import SIZES, autocorrelated

RANDOM = np.random.default_rng(5)


def test_a_running_median_is_of_nine_values_and_of_fewer_at_the_ends():
    values = RANDOM.random(30)
    expected = [np.median(values[max(0, at - 4) : at + 5]) for at in range(30)]
    assert running_medians(values) == pytest.approx(expected)
    assert running_medians([3.0, 1.0]).tolist() == [2.0, 2.0]
    assert running_medians([]).tolist() == []


@pytest.mark.parametrize("longer", [1.12, 1.18])
def test_a_slow_stretch_isnt_calm_if_it_is_longer_by_more_than_15_per_cent(longer):
    seconds = np.ones(60)
    seconds[30:50] = longer
    quiet = calm([[seconds]])[0]
    assert quiet[:26].all() and quiet[54:].all()
    assert quiet[34:46].all() == (longer < 1.15) and quiet[34:46].any() == (longer < 1.15)


def test_a_single_long_moment_is_calm_and_no_stretch_reaches_into_the_next():
    first, second = np.ones(20), np.full(20, 2.0)
    first[7] = 5.0
    assert [each.all() for each in calm([[first, second, np.ones(20)]])] == [True, False, True]


def test_one_control_that_sees_a_state_is_enough():
    seconds = np.where(np.arange(40) < 20, 1.0, 2.0)
    for controls in ([np.ones(40), seconds], [seconds, np.ones(40)]):
        assert 18 <= calm([[each] for each in controls])[0].sum() <= 22
    assert calm([[], []]) == []


@pytest.mark.parametrize("sd", [0.03, 0.1])
def test_noise_alone_is_calm(sd):
    quiet = calm([[np.exp(RANDOM.normal(0, sd, 64)) for _ in range(100)]])
    assert np.mean(np.concatenate(quiet)) > 0.98


def test_a_contrast_is_within_launches_and_weighted():
    launches = [
        ([1.0, 1.0, 1.3, 1.3], [True, True, False, False]),  # +0.3, weight 1
        ([5.0, 5.0, 5.0, 5.6], [True, True, True, False]),  # +0.6, weight 3/4
        ([9.0, 9.0], [True, True]),  # no other blocks: tells nothing
    ]
    (found, alone, nothing) = contrasts([launches, launches[:1], launches[2:]])
    difference = (0.3 + 0.75 * 0.6) / 1.75
    assert found.difference == pytest.approx(difference)
    # Residuals of two launches have one degree of freedom, whatever their weights.
    residuals = (0.3 - difference) ** 2 + 0.75**2 * (0.6 - difference) ** 2
    variance = residuals / (1 * 0.75 / 1.75 + 0.75 * 1 / 1.75)
    assert found.error.freedom == pytest.approx(1)
    assert found.error.standard_error == pytest.approx(np.sqrt(variance / 1.75))
    # The variance is pooled: a cell with one launch has an error too.
    assert alone.error.standard_error == pytest.approx(np.sqrt(variance))
    assert nothing is None
    (unknown,) = contrasts([launches[:1]])
    assert unknown.error is None and unknown.p_value == 1


def test_contrasts_together_are_weighted_by_their_certainty():
    launches = [([0.0, 1.0], [True, False]), ([0.0, 2.0], [True, False])]
    many = [([0.0] * 4 + [1.5 + off] * 4, [True] * 4 + [False] * 4) for off in (-0.1, 0.1)]
    one, other = contrasts([launches, many])
    mean = together([one, other])
    assert one.difference == other.difference == mean.difference == 1.5
    assert mean.error.standard_error < other.error.standard_error < one.error.standard_error
    assert mean.p_value < other.p_value < one.p_value
    assert together([contrasts([launches[:1]])[0]]).p_value == 1


@pytest.mark.parametrize("size", SIZES)
def test_a_ratio_that_depends_on_no_state_is_found_to_in_5_per_cent(size):
    launches, blocks = SIZES[size]
    p_values = []
    for _ in range(500):
        noise = autocorrelated(RANDOM.normal(0, 0.12, (4, launches, blocks)), 0.4)
        found = contrasts(
            [[(each, states(RANDOM, blocks, 0.2, 7) == 0) for each in of_cell] for of_cell in noise]
        )
        known = [each for each in found if each]
        p_values += [together(known).p_value] if known else []
    # At 5 %, three standard deviations more.
    assert np.mean(np.array(p_values) < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 500)


def test_a_correlation_is_of_running_medians():
    state = np.repeat(RANDOM.random(8), 20)
    noisy = [np.exp(state + RANDOM.normal(0, 0.3, 160)) for _ in range(2)]
    single = np.corrcoef(np.log(noisy[0]), np.log(noisy[1]))[0, 1]
    assert correlation([noisy[0]], [noisy[1]]) > single + 0.1
    assert correlation([noisy[0]], [1 / noisy[1]]) < -0.5
    assert correlation([noisy[0][:17]], [noisy[1][:17]]) is None
    assert correlation([noisy[0]], [np.ones(160)]) is None
    assert correlation([], []) is None
