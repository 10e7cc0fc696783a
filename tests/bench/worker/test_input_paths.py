"""Train and predict by each input path, and compare with arrays."""

from types import SimpleNamespace

import numpy as np
import pytest

from aebench.bench.models.loading import ModelError
from aebench.bench.protocol.samples import Samples
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.worker import input_paths
from helpers.inside import inside

CODE = """
import json
import keras
import numpy as np
from aebench.backends import inputs
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.worker.input_paths import in_use, use

random = np.random.default_rng(0)

def drawn(*shape):
    return random.normal(size=shape).astype("float32")

one, other = (keras.Input((4,), name=name) for name in ("one", "other"))
joined = keras.layers.Dense(2)(keras.layers.Concatenate()([one, other]))
alone = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
x, y, weights = drawn(70, 4), drawn(70, 2), np.arange(70, dtype="float32")
cases = [
    (alone, x),
    (keras.Model({"one": one, "other": other}, joined), {"one": x, "other": 2 * x}),
    (keras.Model([one, other], joined), [x, 2 * x]),
]

def trained(model, given, shuffle):
    told = model.fit(given, y, 16, sample_weight=weights, shuffle=shuffle, verbose=0)
    return told.history["loss"][0], model.predict(given, 16, verbose=0).tolist()

found = []
for layers, given in cases:
    for path in inputs.NAMES:
        model = keras.models.clone_model(layers)
        model.compile("sgd", "mse")
        began = model.get_weights()
        arrays = trained(model, given, False)
        model.set_weights(began)
        use(model, ContenderSettings(input=path))
        try:
            same = trained(model, given, False) == arrays
            model.set_weights(began)
            differs = trained(model, given, True)[1] != arrays[1]
        except TypeError as error:
            same = differs = str(error)
        found.append([type(given).__name__, path, same, differs, in_use(model)])
print(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_every_path_gives_the_samples_that_arrays_give(backend, tmp_path):
    found = inside(backend, tmp_path, CODE)
    assert len(found) == 9
    for form, path, same, differs, in_use in found:
        if (backend, form, path) == ("tensorflow", "list", "dataloader"):
            # Keras on TensorFlow refuses the lists that torch makes of several inputs.
            assert "output_signature" in same
            continue
        assert same is True and differs is True, (form, path)
        assert in_use == path


class CountingPath:
    """Make data sets that are numbers, and count them."""

    def __init__(self):
        self.made = 0

    def batches(self, parts, total, batch_size, shuffle):
        self.made += 1
        return self.made, len(parts), total, batch_size, shuffle


def test_calls_on_the_same_arrays_share_a_data_set():
    path = CountingPath()
    made = input_paths._Made(path)
    x, y = np.zeros((8, 2), np.float32), np.zeros(8, np.float32)
    # A round of whole calls has a short call and full ones.
    for _ in range(3):
        assert made.of(Samples(x[:4], None), 2, False) == (1, 1, 4, 2, False)
        assert made.of(Samples(x, None), 2, False) == (2, 1, 8, 2, False)
    assert made.of(Samples(x, y), None, True) == (3, 2, 8, 32, True)
    # Of more than two the oldest is made again.
    assert made.of(Samples(x[:4], None), 2, False)[0] == 4


def test_a_call_finds_what_was_prepared():
    given = []
    model = SimpleNamespace(
        fit=lambda x, **options: given.append((x, options)), predict=lambda x, **_: given.append(x)
    )
    input_paths.use(model, ContenderSettings())
    assert input_paths.in_use(model) == ""
    input_paths.prepare(model, Samples(np.zeros(4), None), 2)
    input_paths.use(model, ContenderSettings(input="pydataset"))
    x = np.zeros((4, 1), np.float32)
    input_paths.prepare(model, Samples(x, None), 2)
    model.predict(x, 2, verbose=0)
    (kept,) = (each for _, each in model.fit.made._kept.values())
    assert given == [kept]


def test_a_path_without_its_package_is_one_sentence(monkeypatch):
    monkeypatch.setattr(input_paths, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="input=tf-data needs the package tensorflow"):
        input_paths.use(None, ContenderSettings(input="tf-data"))
