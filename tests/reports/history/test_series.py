"""Test where a series is said to have changed, by simulation, and how it is shown."""

import math
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aebench.reports.history import Figure, all_series
from aebench.reports.history.series import change_points
from aebench.reports.history.shown import bars, page, plot, summary, tables


def figures(
    values, key="train/ae400/32/jax", against="", kind="one", quantity="time", variant="step"
):
    return [
        Figure(
            f"{kind}/{number}",
            "run",
            f"2026-01-{1 + number:02d}T00:00:00+00:00" if number < 30 else f"2026-02-{number - 29}",
            f"Processor {kind}",
            kind,
            quantity,
            key,
            "jax",
            against,
            variant,
            float(value),
            float(value) * 0.98,
            float(value) * 1.02,
        )
        for number, value in enumerate(values)
    ]


@pytest.mark.parametrize("count", [8, 20])
@pytest.mark.parametrize("tails", ["normal", "heavy"])
def test_series_without_a_change_are_hardly_ever_said_to_have_one(count, tails):
    random = np.random.default_rng(count)
    shape = (400, count)
    noise = random.normal(size=shape) if tails == "normal" else random.standard_t(4, shape)
    found = [bool(change_points(figures(np.exp(0.03 * row)), {})) for row in noise]
    assert np.mean(found) <= 0.06


def test_a_change_of_ten_per_cent_is_found_at_its_place():
    random = np.random.default_rng(1)
    places = []
    for _ in range(100):
        values = np.exp(0.02 * random.normal(size=20))
        values[12:] *= 1.1
        places.append([each.at for each in change_points(figures(values), {})])
    assert np.mean([each == [12] for each in places]) > 0.7
    assert np.mean([len(each) == 1 and abs(each[0] - 12) <= 1 for each in places]) > 0.85


def test_a_change_tells_its_size_and_what_changed_with_it():
    values = [1.0, 1.01, 0.99, 1.0, 1.01, 1.3, 1.31, 1.29, 1.3, 1.31]
    versions = {
        f"one/{number}": {"jax": {"keras": "3.14.1" if number < 5 else "3.15.1", "numpy": "2"}}
        for number in range(10)
    }
    (change,) = change_points(figures(values), versions)
    assert change.at == 5
    assert change.ratio.value == pytest.approx(1.3, rel=0.01)
    assert change.ratio.low > 1.2
    assert change.versions == ["keras 3.14.1 → 3.15.1"]


@pytest.mark.parametrize("values", [[1.0], [1.0] * 10, [1.0, 2.0, 3.0, 4.0], [0.0] * 9])
def test_what_tells_no_noise_has_no_change(values):
    assert change_points(figures(values), {}) == []


def test_a_single_bad_day_is_no_change():
    values = [1.0, 1.01, 0.99, 1.0, 1.9, 1.01, 0.99, 1.0, 1.01]
    assert change_points(figures(values), {}) == []


def test_times_are_followed_by_ratios_where_there_are_some():
    both = [
        *figures([1, 2, 3]),
        *figures([2, 2, 2], against="torch"),
        *figures([5, 5, 5], key="predict/ae400/32/jax", kind="two"),
    ]
    found = all_series(both, {})
    assert [(each.key, each.against, each.machine) for each in found] == [
        ("train/ae400/32/jax", "torch", "Processor one"),
        ("predict/ae400/32/jax", "", "Processor two"),
    ]
    assert len(all_series(both, {}, seconds=True)) == 3
    assert [each.key for each in all_series(both, {}, "predict/*")] == ["predict/ae400/32/jax"]
    assert all_series(both, {}, "nothing") == []
    # Epochs and steps are no one series, and neither hides the other.
    mixed = [*figures([1, 2]), *figures([100, 200], variant="epoch on mnist 0778c125")]
    assert [each.what for each in all_series(mixed, {})] == [
        "time (step)",
        "time (epoch on mnist 0778c125)",
    ]


def test_a_table_shows_a_line_of_bars_and_the_machine_apart():
    made = [
        *figures([1.0, 1.01, 0.99, 1.0, 1.01, 1.3, 1.31, 1.29, 1.3, 1.31], against="torch"),
        *figures([1.0, 1.1], key="compute", quantity="control"),
    ]
    found = all_series(made, {})
    own, machine = tables(found)
    (row,) = own.rows
    assert row[:3] == ["train/ae400/32/jax: time beside torch", "10", "× 1.00"]
    assert row[3:] == ["▁▁▁▁▁████▇"[:9] + row[3][9], "× 1.31", "1.31", "2026-01-06"]
    assert "from 2026-01-06 on" in own.notes[1]
    assert machine.title == "The machine itself"
    assert summary(found).startswith("2 series of 10 runs: 1 changed. Most: train/ae400/32/jax")


def test_losses_need_not_be_positive():
    (found,) = all_series(figures([-1.0, -1.0, -0.5], quantity="loss"), {})
    assert bars([-1.0]) == "▁" and bars([-1.0, -0.5]) == "▁█"
    assert tables([found])[0].rows and plot(found)


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=50))
def test_the_highest_bar_is_the_largest_value(values):
    line = bars(values)
    last = values[-20:]
    assert len(line) == len(last)
    if max(last) > min(last) * 1.001:
        assert line[last.index(max(last))] == "█" and line[last.index(min(last))] == "▁"


def test_the_page_holds_a_plot_and_no_script():
    hostile = figures([1.0, 1.2, 1.1, 1.3, 1.2], key="train/<script>/32/jax")
    text = page(all_series(hostile, {}), "History <b>")
    assert "<script" not in text and "<b>" not in text
    assert text.count("<svg") == 1 and "&lt;script&gt;" in text
    found = all_series(figures([1, 2, math.e]), {})
    assert ElementTree.fromstring(plot(found[0])).get("viewBox")
