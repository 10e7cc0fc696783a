"""Test which models --set and --vary ask for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aebench.bench.errors import BadInputError
from aebench.bench.plan.parameters import (
    MOST_FRACTION,
    MOST_MODELS,
    MOST_WHOLE,
    ONE_AT_A_TIME,
    combinations,
    label,
    word,
)


def test_a_grid_has_every_value_with_every_other():
    found = combinations(["units=64,128", "dropout=0,0.3"])
    assert found == [
        {"units": 64, "dropout": 0},
        {"units": 64, "dropout": 0.3},
        {"units": 128, "dropout": 0},
        {"units": 128, "dropout": 0.3},
    ]


def test_one_at_a_time_changes_one_value_of_the_first_ones():
    assert combinations(["units=64,128,256", "dropout=0,0.3"], ONE_AT_A_TIME) == [
        {"units": 64, "dropout": 0},
        {"units": 128, "dropout": 0},
        {"units": 256, "dropout": 0},
        {"units": 64, "dropout": 0.3},
    ]


def test_values_are_numbers_and_words():
    (found,) = combinations(["a=1", "b=2.5", "c=true", "d=False", "e=null", "f=relu", 'g="7"'])
    assert found == {"a": 1, "b": 2.5, "c": True, "d": False, "e": None, "f": "relu", "g": "7"}
    assert label(found) == "a=1 b=2.5 c=true d=false e=null f=relu g=7"


def test_nothing_asked_for_is_one_model():
    assert combinations([]) == [{}]


@pytest.mark.parametrize(
    ("asked", "vary", "said"),
    [
        (["units"], "grid", "must be NAME=VALUE"),
        (["units="], "grid", "must be NAME=VALUE"),
        (["2=3"], "grid", "must be NAME=VALUE"),
        (["a=1", "a=2"], "grid", "gives a twice"),
        (["a=[1]"], "grid", "neither"),
        (["a=NaN"], "grid", "is beyond"),
        (["a=-Infinity"], "grid", "is beyond"),
        (["a=1e9"], "grid", "is beyond"),
        ([f"a={2**51}"], "grid", "is beyond"),
        (["a=1"], "all", "--vary 'all' is unknown"),
        ([f"{name}={','.join(map(str, range(100)))}" for name in "abcdef"], "grid", "allowed"),
    ],
)
def test_what_is_no_parameter_is_refused(asked, vary, said):
    with pytest.raises(BadInputError, match=said):
        combinations(asked, vary)


@given(st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=5), max_size=4))
def test_no_combination_comes_twice(values):
    asked = [f"p{number}={','.join(map(str, each))}" for number, each in enumerate(values)]
    for vary in ("grid", ONE_AT_A_TIME):
        found = combinations(asked, vary)
        assert len({tuple(each.items()) for each in found}) == len(found) <= MOST_MODELS


VALUES = st.none() | st.booleans() | st.text().filter(lambda text: "," not in text)
VALUES |= st.integers(-MOST_WHOLE, MOST_WHOLE) | st.floats(-MOST_FRACTION, MOST_FRACTION)


@settings(deadline=None)
@given(value=VALUES)
def test_a_word_is_read_as_its_value(value):
    (found,) = combinations([f"name={word(value)}"])
    assert (type(found["name"]), found["name"]) == (type(value), value)


def test_numbers_of_numpy_are_numbers_and_other_things_are_refused():
    assert (word(np.int64(3)), word(np.float32(0.5))) == ("3", "0.5")
    for value, sentence in (
        ([1], "neither"),
        ("a,b", "no value with a comma"),
        (object, "neither"),
    ):
        with pytest.raises(BadInputError, match=sentence):
            word(value)
