"""Test what ``--set`` varies of a run: batch sizes, cores and steps in a call."""

import pytest

from aebench.bench.errors import BadInputError
from aebench.bench.plan.request import Request
from aebench.bench.plan.run_axes import applied


def test_batch_sizes_are_the_request_s_and_the_rest_is_the_models_():
    asked = Request(sets=["units=1,2", "batch_size=8,16"])
    found = applied(asked)
    assert (found.sets, found.batch_sizes) == (["units=1,2"], [8, 16])
    assert applied(found) == found


def test_settings_make_contenders_where_a_backend_has_them():
    asked = Request(
        backends=["jax", "torch:nojit", "native-jax"], sets=["steps=1,8", "threads=1,2"]
    )
    assert list(applied(asked).backends) == [
        "jax:threads=1",
        "jax:threads=2",
        "jax:steps=8,threads=1",
        "jax:steps=8,threads=2",
        "torch:nojit,threads=1",
        "torch:nojit,threads=2",
        "native-jax",
    ]
    assert list(applied(Request(backends=["jax@/bin/p"], sets=["steps=1,8"])).backends) == [
        "jax@/bin/p",
        "jax:steps=8@/bin/p",
    ]


def test_unknown_contenders_are_left_to_the_plan_which_refuses_them():
    asked = Request(sets=["steps=1,2"], backends=["theano"])
    assert list(applied(asked).backends) == ["theano"]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (Request(sets=["threads=many"]), "must be whole numbers from 1, such as threads=1,2"),
        (Request(sets=["threads=0"]), "must be whole numbers from 1"),
        (Request(sets=["batch_size=8"], batch_sizes=[8]), "give one of them"),
        (Request(sets=["steps=1,2"], backends=["torch"]), "none of torch can vary steps"),
        (Request(sets=["steps=1,2", "units=1,2"], vary="one-at-a-time"), "leave out steps"),
    ],
)
def test_bad_values_are_one_sentence(asked, reason):
    with pytest.raises(BadInputError) as refused:
        applied(asked)
    assert reason in str(refused.value)
