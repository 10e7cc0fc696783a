"""Train and predict by each input path, and compare with arrays."""

import pytest

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
        use(model, ContenderSettings(input=path, workers=2 if path == "pydataset" else 1))
        try:
            same = trained(model, given, False) == arrays
            model.set_weights(began)
            differs = trained(model, given, True)[1] != arrays[1]
        except TypeError as error:
            same = differs = str(error)
        found.append([type(given).__name__, path, same, differs, in_use(model).get("input")])
print(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
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
