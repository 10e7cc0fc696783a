"""Test which models of a run are the values of one parameter."""

from aebench.reports.record import ModelInfo
from aebench.reports.summary.sweeps import of_models, of_settings


def model(name, **parameters):
    return ModelInfo(name, "mine.py", "build", parameters, "abc")


def test_a_grid_has_a_sweep_for_each_value_of_the_other_parameter():
    found = of_models(
        [
            model(f"mine units={units} dropout={rate}", units=units, dropout=rate)
            for units in (128, 64)
            for rate in (0.0, 0.3)
        ]
    )
    assert [
        (each.stem, each.parameter, [point.value for point in each.points]) for each in found
    ] == [
        ("mine dropout=0.0", "units", [64, 128]),
        ("mine units=128", "dropout", [0.0, 0.3]),
        ("mine dropout=0.3", "units", [64, 128]),
        ("mine units=64", "dropout", [0.0, 0.3]),
    ]


def test_words_and_single_values_are_no_sweep():
    assert of_models([model("a", kind="relu"), model("b", kind="tanh")]) == []
    assert of_models([model("a", units=3)]) == []
    assert of_models([model("a", flag=True), model("b", flag=False)]) == []


def test_settings_are_swept_by_contenders_of_one_kind():
    def its(cores, steps="1"):
        return {"cores": str(cores), "steps_per_execution": steps}

    settings = {
        "jax": its(2),
        "jax:threads=1": its(1),
        "jax:nojit,steps=8": its(2, "8"),
        "torch": its(2),
    }
    (threads,) = of_settings(["lstm"], settings)
    assert (threads.stem, threads.parameter) == ("lstm", "threads")
    found = [(point.value, dict(point.contenders)) for point in threads.points]
    assert found == [(1, {"jax": "jax:threads=1"}), (2, {"jax": "jax"})]
    settings["jax:nojit"] = its(2)
    _, steps = of_settings(["lstm"], settings)
    found = [(point.value, point.contender("jax:nojit")) for point in steps.points]
    assert found == [(1, "jax:nojit"), (8, "jax:nojit,steps=8")]
    assert steps.points[0].contender("torch") is None
