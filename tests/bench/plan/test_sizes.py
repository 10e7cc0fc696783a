"""Test batch sizes that are given for all workloads, or for a single workload."""

import pytest

from aebench.bench.errors import BadInputError
from aebench.bench.plan.request import Request, plan_from_request
from aebench.bench.plan.sizes import batch_sizes
from aebench.reports.record import Cell, Task, WorkloadSizes
from helpers.images import COUNTS


@pytest.mark.parametrize(
    ("words", "train", "predict"),
    [
        ((), [], []),
        ((32, 500), [32, 500], [32, 500]),
        (("32", "500", "32"), [32, 500], [32, 500]),
        (("32,500",), [32, 500], [32, 500]),
        (("train=32,500", "predict=1"), [32, 500], [1]),
        # The command line splits its argument at commas.
        (("train=32", "500", "predict=1"), [32, 500], [1]),
        (("predict=7",), [], [7]),
        (("32", "train=500"), [32, 500], [32]),
    ],
)
def test_batch_sizes_are_of_all_workloads_or_of_one(words, train, predict):
    assert batch_sizes(words, ["train", "predict"]) == {"train": train, "predict": predict}


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("dream=32", "is of a workload that isn't measured: use train, predict"),
        ("many", "must be a whole number, alone or after a workload, such as 32 or train=32"),
        ("train=", "must be a whole number"),
        ("=32", "is of a workload that isn't measured"),
        ("train=3.5", "must be a whole number"),
        ("", "must be a whole number"),
    ],
)
def test_what_is_no_batch_size_is_one_sentence(word, reason):
    with pytest.raises(BadInputError, match=reason) as error:
        batch_sizes([word], ["train", "predict"])
    assert "\n" not in str(error.value)


def test_training_and_prediction_of_different_sizes_are_one_plan():
    asked = Request(
        preset="publish",
        backends=["jax"],
        models=["ae400"],
        passes=["speed", "footprint"],
        batch_sizes=["predict=1", "train=64,128"],
        baselines=False,
    )
    plan = plan_from_request(asked, COUNTS)
    assert plan.info.sizes == [
        WorkloadSizes("train", [64, 128], 8, 16),
        WorkloadSizes("predict", [1], 8, 4),
    ]
    # The other passes train; they use the first batch size of training.
    assert plan.info.batch_size == 64
    cells = [Cell("ae400", "train", 64), Cell("ae400", "train", 128), Cell("ae400", "predict", 1)]
    assert plan.cells() == cells
    assert plan.cells(launch=7) == cells and plan.cells(launch=8) == []
    assert [task for task in plan.tasks() if task.pass_name == "speed"] == [
        Task("speed", "ae400", "", launch) for launch in range(8)
    ]
