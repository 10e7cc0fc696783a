"""Measure models that users give without Keras too: they are gated like any other contender."""

import json

import pytest

from helpers.running import FEW, ONE_SIZE

FILE = """
import keras
from keras import layers


def build(units=8, rate=0.1):
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(units, activation="relu"), layers.Dense(1)]
    )
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    return model


class native_torch:
    def __init__(self, weights, units=8, rate=0.1):
        import torch

        self.torch = torch
        self.arrays = [torch.tensor(each, requires_grad=True) for each in weights]
        self.optimizer = torch.optim.SGD(self.arrays, lr=rate)

    def predict(self, x):
        one, two, three, four = self.arrays
        with self.torch.no_grad():
            return self.torch.relu(x @ one + two) @ three + four

    def forward(self, x):
        one, two, three, four = self.arrays
        return self.torch.relu(x @ one + two) @ three + four

    def loss(self, x, y):
        return ((self.forward(x) - y) ** 2).mean()

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.loss(x, y)
        loss.backward()
        self.optimizer.step()
        return loss

    def weights(self):
        return self.arrays


def native_jax(weights, units=8, rate=0.1):
    import jax
    import jax.numpy as jnp

    def outputs(arrays, x):
        one, two, three, four = arrays
        return jax.nn.relu(x @ one + two) @ three + four

    def loss_of(arrays, x, y):
        return jnp.mean((outputs(arrays, x) - y) ** 2)

    @jax.jit
    def update(arrays, x, y):
        loss, slopes = jax.value_and_grad(loss_of)(arrays, x, y)
        return [array - rate * slope for array, slope in zip(arrays, slopes)], loss

    class Made:
        def __init__(self):
            self.arrays = [jnp.asarray(each) for each in weights]
            self.outputs = jax.jit(outputs)

        def predict(self, x):
            return self.outputs(self.arrays, x)

        def loss(self, x, y):
            return loss_of(self.arrays, x, y)

        def step(self, x, y):
            self.arrays, loss = update(self.arrays, x, y)
            return loss

        def weights(self):
            return self.arrays

    return Made()
"""
SIZES = (*ONE_SIZE, *FEW, "--pass", "speed", "--out", "r")


@pytest.mark.slow
def test_a_model_without_keras_is_gated_and_measured(aebench, tmp_path):
    (tmp_path / "mine.py").write_text(FILE)
    done = aebench(
        *("run", "--model", "mine.py", "--baselines", "--workload", "train"),
        *("--contender", "torch", *SIZES),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shown = json.loads(aebench("show", "r", "--json").stdout)
    (cell,) = shown["speed"]
    rows = {row["contender"]: row for row in cell["rows"]}
    assert rows["torch"]["of_native"]["value"] > 0
    assert rows["native-torch"]["rounds"] == 2
    # The model is a chain of dense layers: its matrix products are known.
    assert rows["torch"]["of_limit"]["value"] > 0


@pytest.mark.slow
def test_the_gate_finds_another_step_in_what_is_without_keras(aebench, tmp_path):
    (tmp_path / "mine.py").write_text(FILE)
    done = aebench(
        *("parity", "--model", "mine.py", "--set", "rate=0.1,0.2", "--out", "p"),
        *("--contender", "jax", "native-jax"),
    )
    assert done.returncode == 1, done.stdout + done.stderr
    shown = json.loads(aebench("show", "p", "--json").stdout)
    parity = {(row["model"], row["contender"]): row for row in shown["parity"]}
    assert parity["mine rate=0.1", "native-jax"]["differs"] == ""
    # The Keras model ignores this rate: the step is another one, and the outputs are the same.
    other = parity["mine rate=0.2", "native-jax"]
    assert "step" in other["differs"] and other["same_in"] == ["predict"]


@pytest.mark.slow
def test_what_lacks_a_method_is_a_row_with_the_reason(aebench, tmp_path):
    (tmp_path / "mine.py").write_text(
        FILE.replace(
            "def loss(self, x, y):\n        return ((", "def other(self, x, y):\n        return (("
        )
    )
    done = aebench(
        *("parity", "--model", "mine.py", "--contender", "torch", "native-torch", "--out", "p"),
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "what native_torch returns has no loss()" in " ".join(done.stdout.split())
