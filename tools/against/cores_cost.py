"""A model that predicts more slowly where it has several cores, by ``CORES_COST_PERCENT`` %.

On Keras's NumPy backend layers run as Python, and small products use one core. So half of the cores
are better by that share, and without it they make no difference.
"""

import os
import time

import keras

SHARE = float(os.environ.get("CORES_COST_PERCENT", "0")) / 100
SEVERAL = len(os.sched_getaffinity(0)) > 1


class CostlyCores(keras.layers.Dense):
    """A dense layer that waits after its work."""

    def call(self, inputs):
        """Compute, then wait."""
        began = time.perf_counter()
        result = super().call(inputs)
        now = time.perf_counter()
        end = now + SEVERAL * SHARE * (now - began)
        while now < end:
            now = time.perf_counter()
        return result


def build():
    """Return the model, compiled."""
    layers = [CostlyCores(32, activation="relu") for _ in range(8)]
    model = keras.Sequential([keras.Input((32,)), *layers])
    model.compile("sgd", "mse")
    return model
