"""Test that weights are drawn for nobody where given ones follow, and nothing else is changed."""

import pytest

from helpers.inside import inside

BODY = """
import json
import keras
from keras import layers
from aebench.bench.worker.initialisers import drawing_nothing


class Own(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.ops.ones(shape, dtype)


class Features(layers.Layer):
    def build(self, shape):
        # Drawn once for good: no weights of the model's.
        drawn = keras.initializers.RandomNormal(seed=1)((shape[-1], 3))
        self.drawn = keras.ops.convert_to_numpy(drawn)
        self.own = self.add_weight(shape=(2,), initializer=Own())

    def call(self, x):
        return keras.ops.matmul(x, self.drawn)


def made():
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [keras.Input((4, 5)), layers.LSTM(3), Features(), layers.Dense(2, use_bias=True)]
    )
    return model, model.layers[1]


def sizes(model):
    return [float(abs(keras.ops.convert_to_numpy(each)).max()) for each in model.weights]


usual, features = made()
with drawing_nothing():
    other, other_features = made()
again, _ = made()
same = all((a == b).all() for a, b in zip(usual.get_weights(), again.get_weights()))
print(
    json.dumps(
        {
            "usual": sizes(usual),
            "other": sizes(other),
            "shapes": [each.shape for each in usual.get_weights()]
            == [each.shape for each in other.get_weights()],
            "drawn": bool((features.drawn == other_features.drawn).all())
            and float(abs(features.drawn).max()) > 0,
            "same": same,
        }
    )
)
"""


@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_weights_that_layers_add_are_zeros_and_nothing_else_changes(backend, tmp_path):
    found = inside(backend, tmp_path, BODY)
    lstm = found["usual"][:3]
    assert min(lstm[0], lstm[1]) > 0
    # Kernels are zeros; what isn't random (the forget gate's bias, an own initialiser) stays.
    assert found["other"] == [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    assert found["shapes"] and found["drawn"] and found["same"]
