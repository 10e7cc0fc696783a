import pytest
from hypothesis import given
from hypothesis import strategies as st

from aebench.bench.errors import BadInputError
from aebench.bench.models.autoencoder import TABLE, parse


@pytest.mark.parametrize(
    ("name", "widths", "dropout", "parameters"),
    [
        ("ae400", (400, 200, 100, 50, 25), 0, 842_009),
        ("ae800", (800, 400, 200, 100, 50, 25), 0, 2_110_809),
        ("ae800-dropout", (800, 400, 200, 100, 50, 25), 0.3, 2_110_809),
        ("ae800-steep", (800, 200, 100, 50, 25), 0, 1_630_009),
    ],
)
def test_table(name, widths, dropout, parameters):
    model = parse(name)
    assert model.name == name
    assert model.widths == widths
    assert model.dropout == dropout
    assert model.parameters == parameters
    assert model.learning_rate == 1.5
    assert name in TABLE


def test_training_operations_of_ae400():
    # The profiler of PyTorch (with_flops) counts 4.411 MFLOP per training sample, too.
    assert parse("ae400").training_operations == 4_411_000
    assert parse("ae400").forward_operations == 2 * 839_700


@pytest.mark.parametrize(
    ("name", "widths", "dropout"),
    [
        ("ae1600", (1600, 800, 400, 200, 100, 50, 25), 0),
        ("ae200", (200, 100, 50, 25), 0),
        ("ae25", (25,), 0),
        ("ae800-dropout0.5", (800, 400, 200, 100, 50, 25), 0.5),
        ("ae800-dropout.5", (800, 400, 200, 100, 50, 25), 0.5),
        ("ae1600-steep-dropout0.1", (1600, 400, 200, 100, 50, 25), 0.1),
    ],
)
def test_understood_from_the_name(name, widths, dropout):
    assert (parse(name).widths, parse(name).dropout) == (widths, dropout)


def test_one_model_has_one_name():
    assert parse("ae800-dropout0.3") == parse("ae800-dropout") == parse("ae800-dropout0.30")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ae300", "300, 150, 75, stop"),
        ("ae20", "20, stop"),
        ("ae0", "not a model"),
        ("ae-400", "not a model"),
        ("400", "not a model"),
        ("ae400-drop", "not a model"),
        ("ae400\n", "not a model"),
        ("ae800-dropout0", "between 0 and 1"),
        ("ae800-dropout1.0", "between 0 and 1"),
        ("ae25-dropout", "no layer before the code"),
        ("ae50-steep", "no layer to leave out"),
        ("ae51200", "too wide"),
        ("ae" + "9" * 5000, "not a model|too wide"),
    ],
)
def test_refused_with_the_reason(name, reason):
    with pytest.raises(BadInputError, match=reason):
        parse(name)


@given(st.integers(min_value=0, max_value=10), st.booleans(), st.floats(0.01, 0.99))
def test_closed_forms_match_a_walk_over_the_layers(halvings, steep, rate):
    name = f"ae{25 * 2**halvings}{'-steep' if steep else ''}"
    if steep and halvings < 2:
        with pytest.raises(BadInputError):
            parse(name)
        return
    model = parse(name)
    parameters = forward = training = 0
    shapes = model.dense_shapes
    for layer, (inputs, units) in enumerate(shapes):
        parameters += (inputs + 1) * units
        forward += 2 * inputs * units
        training += 2 * inputs * units * (3 if layer else 2)
    assert (parameters, forward, training) == (
        model.parameters,
        model.forward_operations,
        model.training_operations,
    )
    assert model.weight_bytes == 4 * parameters
    assert shapes[0][0] == shapes[-1][1] == 784
    assert [inputs for inputs, _ in shapes] == [units for _, units in reversed(shapes)]


@given(st.text(max_size=30))
def test_any_text_is_understood_or_refused(text):
    try:
        assert parse(text).widths[-1] == 25
    except BadInputError as error:
        assert "\n" not in str(error) or "\n" in text
