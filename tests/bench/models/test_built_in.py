"""The built-in models fit their data, train on every backend, and learn."""

import math

import pytest

from aebench.bench.models.catalogue import BUILT_IN
from helpers.model_code import FACTS, TRAIN, found

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
    "conv-classifier": {"filters": 8, "units": 16, "dropout": 0.3},
    "conv-autoencoder": {"filters": 4, "kernel_size": 5},
    "lstm": {"units": 8, "dropout": 0.3},
    "transformer": {"width": 24, "heads": 3, "blocks": 1},
    "tabular": {"width": 4, "units": 16},
}


def all_found(scratch, parameters=None):
    """Return the facts of all models. Keras starts soonest on NumPy, and nothing is trained."""
    jobs = [
        {"model": BUILT_IN[name].module, "parameters": (parameters or {}).get(name, {})}
        for name in WITH_DATA
    ]
    return dict(zip(WITH_DATA, found("numpy", scratch, FACTS, jobs), strict=True))


@pytest.fixture(scope="module")
def all_facts(tmp_path_factory):
    return all_found(tmp_path_factory.mktemp("scratch"))


@pytest.fixture(params=WITH_DATA)
def facts(request, all_facts):
    return {"name": request.param, **all_facts[request.param]}


def test_the_inputs_fit_the_model(facts):
    for part in facts["x"]:
        assert {name: array["form"] for name, array in part.items()} == facts["inputs"]
        assert all(array["finite"] for array in part.values())
        # Backends differ in what they do with subnormal numbers.
        assert not any(array["subnormal"] for array in part.values())


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


def test_the_catalogue_s_figures_are_those_of_the_built_model(facts):
    model = BUILT_IN[facts["name"]]
    assert (facts["weights"], facts["operations"]) == (model.weights, model.forward_operations)


def trained(backend, tmp_path, **job):
    jobs = [{"model": BUILT_IN[name].module, **job} for name in WITH_DATA]
    return dict(zip(WITH_DATA, found(backend, tmp_path, TRAIN, jobs), strict=True))


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_three_steps_give_finite_losses(backend, tmp_path):
    for name, made in trained(backend, tmp_path, samples=96, epochs=1).items():
        values = [*made["losses"], *made["before"].values(), *made["after"].values()]
        assert len(values) >= 3 and all(map(math.isfinite, values)), name


def test_a_hundred_steps_lower_the_loss_on_samples_that_were_not_trained(tmp_path):
    for name, made in trained("jax", tmp_path, samples=1600, epochs=2).items():
        assert made["after"]["loss"] < 0.9 * made["before"]["loss"], name
        assert made["losses"][1] < made["losses"][0], name


def test_other_parameters_give_models_that_fit_the_same_data(tmp_path, all_facts):
    for name, other in all_found(tmp_path, OTHERS).items():
        assert other["inputs"] == all_facts[name]["inputs"]
        assert other["output"] == all_facts[name]["output"]
        assert other["weights"] != all_facts[name]["weights"]
