"""Test the disturbance of weights by one unit in the last place."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from aebench.bench.worker.disturbance import changes, disturbed

NORMAL = st.floats(2.0**-100, 2.0**100, width=32)


@given(
    arrays.arrays(
        np.float32, arrays.array_shapes(max_dims=3), elements=NORMAL | NORMAL.map(lambda x: -x)
    ),
    st.integers(0, 100),
)
def test_every_number_is_one_unit_in_the_last_place_off(weight, draw):
    (found,) = disturbed([weight], [0, draw])
    assert (found.dtype, found.shape) == (weight.dtype, weight.shape)
    up, down = (np.nextafter(weight, np.float32(end)) for end in (np.inf, -np.inf))
    # Below a power of two the next number is half a unit away.
    assert ((found >= down - (weight - down)) & (found <= up + (up - weight))).all()
    assert (found != weight).all()


def test_zeros_and_integers_stay():
    zeros, numbers = np.zeros(3, np.float32), np.arange(3)
    found = disturbed([zeros, numbers], [0, 1])
    assert (found[0] == 0).all()
    assert found[1] is numbers


def test_draws_differ_and_are_the_same_again():
    weight = np.ones(100, np.float32)
    first, again, other = (disturbed([weight], [0, draw])[0] for draw in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_the_largest_change_of_each_result_is_found():
    one = {"a": np.array([1.0, np.inf]), "b": np.array(2), "text": np.array(["x"]), "c": np.ones(2)}
    other = one | {"a": np.array([1.5, np.inf]), "b": np.array(-1), "c": np.ones(3)}
    assert changes(one, other) == {"a": 0.5, "b": 3.0}
