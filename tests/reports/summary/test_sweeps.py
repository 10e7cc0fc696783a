"""Test which models of a run are the values of one parameter."""

from aebench.reports.record import ModelInfo
from aebench.reports.summary.sweeps import sweeps


def model(name, **parameters):
    return ModelInfo(name, "mine.py", "build", parameters, "abc")


def test_a_grid_has_a_sweep_for_each_value_of_the_other_parameter():
    found = sweeps(
        [
            model(f"mine units={units} dropout={rate}", units=units, dropout=rate)
            for units in (128, 64)
            for rate in (0.0, 0.3)
        ]
    )
    assert [(each.stem, each.parameter, [value for value, _ in each.models]) for each in found] == [
        ("mine dropout=0.0", "units", [64, 128]),
        ("mine units=128", "dropout", [0.0, 0.3]),
        ("mine dropout=0.3", "units", [64, 128]),
        ("mine units=64", "dropout", [0.0, 0.3]),
    ]


def test_words_and_single_values_are_no_sweep():
    assert sweeps([model("a", kind="relu"), model("b", kind="tanh")]) == []
    assert sweeps([model("a", units=3)]) == []
    assert sweeps([model("a", flag=True), model("b", flag=False)]) == []
