import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aebench.reports.formatting import core_count, duration, fixed, interval, relative


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ((14732.4, 12011.0, 15799.0), "14,700 [12,000, 15,800]"),
        ((2.3712, 2.021, 2.5449), "2.37 [2.02, 2.54]"),
        ((0.00312345,), "0.00312"),
        ((842009.0,), "842,000"),
        ((-0.000769,), "-0.000769"),
        ((0.0,), "0"),
        ((5.0, 5.0, 5.0), "5.00"),
        ((99.96, 99.90, 100.02), "99.960 [99.900, 100.020]"),
        ((999.7,), "1,000"),
    ],
)
def test_digits_are_cut_at_the_interval(numbers, shown):
    assert interval(*numbers) == shown


@given(st.floats(1e-6, 1e9), st.floats(1.001, 1e4))
def test_a_positive_number_is_not_shown_as_zero_however_wide_its_interval(value, factor):
    for how in (interval, relative):
        shown = how(value, value / factor, value * factor).replace(",", "")
        assert float(shown.partition(" ")[0]) > 0


def test_a_wide_interval_is_shown_by_its_ends():
    assert relative(2.28, 1.5, 3.6) == "2.3 ±58\N{NO-BREAK SPACE}%"
    assert relative(30.3, 0.92, 970.0) == interval(30.3, 0.92, 970.0) == "30 [0.92, 970]"


@given(st.floats(1e-6, 1e9), st.floats(1e-4, 0.5))
def test_what_is_shown_is_within_a_tenth_of_the_half_width(value, relative):
    half_width = value * relative
    low, high = value - half_width, value + half_width
    assume(high > low)
    shown = interval(value, low, high).replace(",", "")
    first = float(shown.split(" [")[0])
    assert abs(first - value) <= 0.051 * half_width


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ((2, 5.2537, 4.658, 5.2949), "5.25 [4.66, 5.29]"),
        ((2, 0.0440), "0.04"),
        ((2, 0.0041), "<0.01"),
        ((0, 1590.4), "1,590"),
        ((0, 0.4, 0.0, 0.6), "<1 [0, 1]"),
        ((2, 0.0), "0.00"),
    ],
)
def test_parts_side_by_side_have_the_same_decimals(numbers, shown):
    assert fixed(*numbers) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (0.4, "<1 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 05 min"),
    ],
)
def test_duration(seconds, shown):
    assert duration(seconds) == shown


def test_an_interval_of_rounding_errors_is_none():
    assert interval(1.5, 1.5 - 1e-16, 1.5 + 2e-16) == "1.50"
    assert interval(5e-324) == "0" and interval(1.0, 1.0, 1.0 + 5e-324) == "1.00"


def test_one_core_is_no_cores():
    assert [core_count(each) for each in (1, 2)] == ["1 core", "2 cores"]
