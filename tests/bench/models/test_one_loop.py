"""Test that the example of a compiled loop over an epoch trains as ``fit`` does."""

import pytest

from helpers.inside import inside
from helpers.paths import ROOT

CODE = """
import json
import sys

import keras
import numpy as np

sys.path.insert(0, FOLDER)
from one_loop import fit_in_one_loop

def build():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8,)),
            keras.layers.Dense(6, activation="relu", kernel_regularizer="l2"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.0),
            keras.layers.Dense(1),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model

random = np.random.default_rng(0)
x = random.normal(size=(100, 8)).astype("float32")
y = x[:, :1] ** 2
whole = 96
usual, looped, shuffled = build(), build(), build()
told = usual.fit(x[:whole], y[:whole], 32, epochs=3, shuffle=False, verbose=0).history["loss"]
losses = fit_in_one_loop(looped, x, y, 32, epochs=3, shuffle=False)
apart = max(
    float(abs(a - b).max()) for a, b in zip(usual.get_weights(), looped.get_weights())
)
# Beside the weights the optimiser's state is kept: a further epoch goes on where it stopped.
usual.fit(x[:whole], y[:whole], 32, shuffle=False, verbose=0)
fit_in_one_loop(looped, x, y, 32, shuffle=False)
then = max(
    float(abs(a - b).max()) for a, b in zip(usual.get_weights(), looped.get_weights())
)
in_other_order = fit_in_one_loop(shuffled, x, y, 32, epochs=3)
print(json.dumps([told, losses, apart, then, in_other_order]))
"""


@pytest.mark.slow
def test_the_weights_and_losses_are_those_of_fit(tmp_path):
    code = CODE.replace("FOLDER", repr(str(ROOT / "examples" / "training")))
    told, losses, apart, then, in_other_order = inside("jax", tmp_path, code)
    assert losses == pytest.approx(told, rel=1e-5)
    assert apart < 1e-6 and then < 1e-6
    assert in_other_order != losses
    assert in_other_order[-1] < in_other_order[0]
