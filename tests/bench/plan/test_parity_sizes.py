"""Parity is checked at every batch size that is ranked, and no training where none is possible."""

import msgspec
import pytest

from aebench.bench.plan.estimate import task_seconds
from aebench.bench.plan.parity_sizes import ParitySizes, parity_sizes
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.protocol.parity_checks import LONG_STEPS, SHORT_STEPS, short_steps
from helpers.images import COUNTS


def sizes(unsupported=None, **request):
    plan = plan_from_request(Request(backends=["jax"], models=["ae400"], **request), COUNTS)
    contender = msgspec.structs.replace(plan.running[0], unsupported=unsupported or {})
    return parity_sizes(plan, contender, "ae400")


@pytest.mark.parametrize(
    ("request_options", "expected"),
    [
        ({"passes": ["speed"], "batch_sizes": [500, 32]}, ParitySizes([32, 500], [32, 500])),
        (
            {"passes": ["speed"], "batch_sizes": ["train=32,500", "predict=1"]},
            ParitySizes([1, 32, 500], [32, 500]),
        ),
        (
            {"passes": ["speed"], "workloads": ["predict"], "batch_sizes": [500]},
            ParitySizes([500], []),
        ),
        # The full training trains, though no cell does.
        (
            {"passes": ["speed", "quality"], "workloads": ["predict"], "batch_sizes": [500]},
            ParitySizes([500], [500]),
        ),
        ({"preset": "standard"}, ParitySizes([32, 500], [32, 500])),
    ],
)
def test_every_ranked_batch_size_is_compared(request_options, expected):
    assert sizes(**request_options) == expected


def test_a_contender_that_cannot_train_is_compared_where_it_predicts():
    for passes in (["speed"], ["speed", "quality"]):
        given = {"passes": passes, "batch_sizes": ["train=32", "predict=500"]}
        assert sizes({"train": "there is no fit"}, **given) == ParitySizes([500], [])


def test_large_batches_are_trained_for_fewer_steps():
    assert short_steps(1) == short_steps(500) == short_steps(2000) == SHORT_STEPS < LONG_STEPS
    assert short_steps(5000) == 4
    assert short_steps(60_000) == 2


def test_more_batch_sizes_take_longer_by_the_estimate():
    def seconds(batch_sizes):
        request = Request(
            backends=["jax"], models=["ae400"], passes=["parity"], batch_sizes=batch_sizes
        )
        plan = plan_from_request(request, COUNTS)
        return sum(task_seconds(plan, task, 1000, 1000) for task in plan.tasks())

    assert seconds([32]) < seconds([32, 500]) < seconds([32, 125, 500])
