"""Test that a worker names the lowest precision in which its model computes."""

from helpers.inside import inside

CODE = """
import json
import keras
from aebench import backends
from aebench.bench.worker.runtime_info import runtime_info

def precision(*policies, inner=False):
    layers = [keras.layers.Dense(2, dtype=policy) for policy in policies]
    if inner:
        layers = [keras.Sequential(layers)]
    model = keras.Sequential([keras.Input((2,)), *layers])
    return runtime_info(backends.load("torch"), model).settings["precision"]

found = {
    "plain": precision(None, "float32"),
    "one layer": precision("float32", "mixed_bfloat16"),
    "two layers": precision("mixed_float16", "bfloat16"),
    "inner": precision("float16", "float32", inner=True),
    "higher": precision("float64", "float32"),
}
keras.config.set_dtype_policy("mixed_float16")
found["policy"] = precision(None, "float32")
found["policy and layer"] = precision(None, "mixed_bfloat16")
print(json.dumps(found))
"""


def test_the_precision_is_that_of_the_layers_that_compute_coarsest(tmp_path):
    assert inside("torch", tmp_path, CODE) == {
        "plain": "float32",
        "one layer": "mixed_bfloat16",
        "two layers": "bfloat16",
        "inner": "float16",
        "higher": "float32",
        "policy": "mixed_float16",
        "policy and layer": "mixed_bfloat16",
    }
