"""Test which loss and metrics are taken from what Keras tells; no model is built."""

from types import SimpleNamespace

import numpy as np
import pytest

from aebench.bench.protocol.samples import Samples
from aebench.bench.worker.evaluating import NoLossError, evaluate, loss_of

FEW = Samples(np.zeros((4, 2)), np.zeros(4))


def model(told):
    def evaluated(*arguments, **named):
        if isinstance(told, Exception):
            raise told
        return told

    return SimpleNamespace(evaluate=evaluated)


def test_the_loss_and_metrics_that_are_numbers_are_taken():
    told = {"loss": np.float32(0.5), "accuracy": 1, "of_each_class": np.array([0.1, 0.2])}
    assert evaluate(model(told), FEW, 2) == {"loss": 0.5, "accuracy": 1.0}


def test_a_model_without_one_loss_has_the_sum_of_its_losses():
    assert loss_of({"d_loss": 0.25, "g_loss": 0.5, "accuracy": 3.0}) == 0.75


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"accuracy": 1.0}, "tells no loss, but accuracy"),
        ({}, "tells no loss, but nothing"),
        (ValueError("No loss to compute.\nProvide one."), "No loss to compute. Provide one."),
        (NotImplementedError("none"), "can't be evaluated: none"),
    ],
)
def test_a_model_without_a_loss_says_so(told, said):
    with pytest.raises(NoLossError) as raised:
        evaluate(model(told), FEW, 2)
    assert said in str(raised.value)
