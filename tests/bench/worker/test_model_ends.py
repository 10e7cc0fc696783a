"""Test which arrays a model's inputs get, and which losses its outputs have; no model is built."""

from types import SimpleNamespace

import numpy as np
import pytest

from aebench.bench.worker.model_ends import loss_name, output_losses, paired

A, B = SimpleNamespace(name="b"), SimpleNamespace(name="a")
ONE, TWO = np.zeros(3), np.zeros((3, 2))


def test_inputs_get_arrays_by_their_places_or_names():
    assert paired(A, ONE) == [(A, ONE)]
    (first, second) = paired([A, B], [ONE, TWO])
    assert first[1] is ONE and second[1] is TWO
    # In a list of inputs, names count: not the order of the names.
    (first, second) = paired([A, B], {"a": TWO, "b": ONE, "more": ONE})
    assert (first[0], second[0]) == (A, B) and first[1] is ONE and second[1] is TWO
    (first, second) = paired({"x": A, "y": B}, {"y": TWO, "x": ONE})
    assert first[0] is A and first[1] is ONE and second[1] is TWO


def test_arrays_of_other_names_or_another_number_fit_no_inputs():
    assert paired([A, B], [ONE]) is None
    assert paired([A, B], {"a": TWO}) is None
    assert paired({"x": A}, {"x": ONE, "y": TWO}) is None


@pytest.mark.parametrize(
    ("loss", "outputs", "expected"),
    [
        ("mse", ONE, {"": "mse"}),
        ("mse", {"b": ONE, "a": TWO}, {"a": "mse", "b": "mse"}),
        # Outputs aren't in the order of their names, and losses are in neither order.
        (
            {"sold": "binary_crossentropy", "price": "mse"},
            {"sold": ONE, "price": TWO},
            {"price": "mse", "sold": "binary_crossentropy"},
        ),
        ({"y": "mse"}, {"y": ONE, "z": TWO}, {"y": "mse", "z": None}),
        (["mae", "mse"], [ONE, TWO], {"0": "mae", "1": "mse"}),
        (["mae"], ONE, {"": "mae"}),
        (None, ONE, {"": None}),
    ],
)
def test_an_output_has_its_own_loss(loss, outputs, expected):
    assert output_losses(SimpleNamespace(loss=loss), outputs) == expected


def test_losses_by_the_names_of_outputs_in_a_list():
    model = SimpleNamespace(
        loss={"second": "mse", "first": "mae"}, output_names=["first", "second"]
    )
    assert output_losses(model, [ONE, TWO]) == {"0": "mae", "1": "mse"}


def test_a_loss_has_the_name_of_its_class_or_function():
    class SparseCategoricalCrossentropy:
        pass

    def pinball(y, estimate): ...

    losses = ["MSE", pinball, SparseCategoricalCrossentropy(), None]
    assert [loss_name(each) for each in losses] == [
        *("mse", "pinball", "sparsecategoricalcrossentropy", "")
    ]
