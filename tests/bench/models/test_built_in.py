"""The built-in models fit their data, train on every backend, and learn."""

import math

import pytest

from aebench.bench.models.catalogue import BUILT_IN
from helpers.inside import inside
from helpers.model_code import FACTS, TRAIN

pytestmark = pytest.mark.slow

WITH_DATA = [name for name in BUILT_IN if name != "autoencoder"]
WITH_AN_EMBEDDING = ("transformer", "tabular")
# Form of a sample's target, and its least and greatest value; None if it has no bounds.
TARGETS = {
    "conv-classifier": ("() int32", 0, 9),
    "conv-autoencoder": ("(28, 28, 1) float32", 0, 1),
    "lstm": ("(1,) float32", None, None),
    "transformer": ("(32,) int32", 0, 63),
    "tabular": ("(1,) float32", 0, 1),
}
OTHERS = {
    "conv-classifier": '{"filters": 8, "units": 16, "dropout": 0.3}',
    "conv-autoencoder": '{"filters": 4, "kernel_size": 5}',
    "lstm": '{"units": 8, "dropout": 0.3}',
    "transformer": '{"width": 24, "heads": 3, "blocks": 1}',
    "tabular": '{"width": 4, "units": 16}',
}


@pytest.fixture(scope="module", params=WITH_DATA)
def facts(request, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("scratch")
    found = inside("jax", scratch, FACTS, MODEL=BUILT_IN[request.param].module)
    return {"name": request.param, **found}


def test_the_inputs_fit_the_model(facts):
    for part in facts["x"]:
        assert {name: array["form"] for name, array in part.items()} == facts["inputs"]
        assert all(array["finite"] for array in part.values())


def test_the_targets_fit_the_model_and_lie_in_range(facts):
    form, least, most = TARGETS[facts["name"]]
    for part in facts["y"]:
        assert part["finite"]
        assert part["form"] == form
        if most is not None:
            assert least <= part["least"] < part["most"] <= most
    if "int32" in form:
        assert facts["classes"] == most + 1
    else:
        assert facts["output"] == form


def test_the_parts_have_the_sizes_that_a_run_needs(facts):
    for part, least, most in zip(facts["y"], (4096, 1024), (8192, 1024), strict=True):
        assert least <= part["samples"] <= most
    for part, y in zip(facts["x"], facts["y"], strict=True):
        assert {array["samples"] for array in part.values()} == {y["samples"]}


def test_the_data_are_the_same_at_every_call_and_come_at_once(facts):
    assert facts["same"]
    assert facts["seconds"] < 1


def test_integers_repeat_in_a_batch_and_are_rows_of_the_embedding(facts):
    whole = [
        array for part in facts["x"] for array in part.values() if array["form"].endswith("int32")
    ]
    assert bool(whole) == (facts["name"] in WITH_AN_EMBEDDING)
    for array in whole:
        assert array["repeats"] > 0
        assert array["least"] >= 0
        assert array["most"] < facts["rows"]


def test_the_table_s_model_alone_has_state_that_is_not_trained(facts):
    assert facts["untrained"] == (256 if facts["name"] == "tabular" else 0)


@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
@pytest.mark.parametrize("name", WITH_DATA)
def test_three_steps_on_every_backend_give_finite_losses(name, backend, tmp_path):
    module = BUILT_IN[name].module
    found = inside(backend, tmp_path, TRAIN, MODEL=module, SAMPLES="96", EPOCHS="1")
    values = [*found["losses"], *found["before"].values(), *found["after"].values()]
    assert len(values) >= 3 and all(map(math.isfinite, values))


@pytest.mark.parametrize("name", WITH_DATA)
def test_two_hundred_steps_lower_the_loss_on_samples_that_were_not_trained(name, tmp_path):
    module = BUILT_IN[name].module
    found = inside("jax", tmp_path, TRAIN, MODEL=module, SAMPLES="3200", EPOCHS="2")
    assert found["after"]["loss"] < 0.9 * found["before"]["loss"]
    assert found["losses"][1] < found["losses"][0]


@pytest.mark.parametrize("name", WITH_DATA)
def test_other_parameters_give_a_model_that_fits_the_same_data(name, tmp_path):
    found = inside(
        "jax",
        tmp_path,
        TRAIN,
        MODEL=BUILT_IN[name].module,
        PARAMETERS=OTHERS[name],
        SAMPLES="96",
        EPOCHS="1",
    )
    assert math.isfinite(found["losses"][0])
