"""Test the loss of the best constant prediction against Keras's own evaluation of a constant."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from helpers.paths import CLEAN, ROOT

CODE = """
import json
import keras
import numpy as np
from keras import layers
from aebench.bench.protocol.samples import Samples
from aebench.bench.worker.constant_prediction import constant_loss

generator = np.random.default_rng(0)
x = generator.normal(size=(64, 3)).astype("float32")
few = np.arange(64) % 5 % 3
targets = {
    "mse": generator.normal(size=(64, 2)).astype("float32"),
    "mae": generator.normal(size=(64, 1)).astype("float32"),
    "binary_crossentropy": (few > 0).astype("float32")[:, None],
    "categorical_crossentropy": np.eye(3, dtype="float32")[few],
    "sparse_categorical_crossentropy": few.astype("int32"),
}
found = {}
for loss, y in targets.items():
    units = 3 if "categorical" in loss else y.shape[-1]
    model = keras.Sequential([keras.Input((3,)), layers.Dense(units)])
    model.compile(loss=loss)
    found[loss] = constant_loss(model, Samples(x, y), Samples(x, y))
logits = keras.Sequential([keras.Input((3,)), layers.Dense(3)])
logits.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
y = targets["sparse_categorical_crossentropy"]
found["logits"] = constant_loss(logits, Samples(x, y), Samples(x, y))
words = np.stack([few, few], axis=1)
inputs = keras.Input((2, 3))
sequence = keras.Model(inputs, layers.Dense(3, activation="softmax")(inputs))
sequence.compile(loss="sparse_categorical_crossentropy")
both = Samples(np.zeros((64, 2, 3), "float32"), words)
found["sequence"] = constant_loss(sequence, both, both)
logits.compile(loss=lambda one, other: 0.0)
found["own"] = constant_loss(logits, Samples(x, y), Samples(x, y))
regularised = keras.Sequential([keras.Input((3,)), layers.Dense(2, kernel_regularizer="l2")])
regularised.compile(loss="mse")
y = targets["mse"]
found["regularised"] = constant_loss(regularised, Samples(x, y), Samples(x, y))
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found():
    environment = {**CLEAN, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_it_is_the_arithmetic_of_each_loss(found):
    generator = np.random.default_rng(0)
    generator.normal(size=(64, 3))
    squares = generator.normal(size=(64, 2))
    assert found["mse"] == pytest.approx(squares.var(axis=0).mean(), rel=1e-4)
    few = np.arange(64) % 5 % 3
    shares = np.bincount(few) / 64
    entropy = -(shares * np.log(shares)).sum()
    for name in ("categorical_crossentropy", "sparse_categorical_crossentropy", "logits"):
        assert found[name] == pytest.approx(entropy, rel=1e-4), name
    assert found["sequence"] == pytest.approx(entropy, rel=1e-4)
    some = (few > 0).mean()
    both = -(some * np.log(some) + (1 - some) * np.log(1 - some))
    assert found["binary_crossentropy"] == pytest.approx(both, rel=1e-4)
    ones = generator.normal(size=64)
    assert found["mae"] == pytest.approx(np.abs(ones - np.median(ones)).mean(), rel=1e-4)


def test_what_has_no_known_best_constant_has_none(found):
    assert found["own"] is found["regularised"] is None
