"""Hold code that tests run inside a backend's process: it loads a model's file and trains it."""

# MODEL is a module's dotted name or the path of a file. PARAMETERS are keyword arguments of build.
LOAD = """
import importlib
import importlib.util
import json
import os
import sys
import time

import keras
import numpy as np
from keras import tree


def loaded(where):
    if not where.endswith(".py"):
        return importlib.import_module(where)
    spec = importlib.util.spec_from_file_location("model_file", where)
    module = importlib.util.module_from_spec(spec)
    sys.modules["model_file"] = module
    spec.loader.exec_module(module)
    return module


keras.utils.set_random_seed(0)
module = loaded(os.environ["MODEL"])
model = module.build(**json.loads(os.environ.get("PARAMETERS", "{}")))
"""

# Train in batches of 32 on the first SAMPLES samples, EPOCHS times; print what fit and the
# evaluations before and after it gave.
TRAIN = (
    LOAD
    + """
def drawn():
    generator = np.random.default_rng(0)
    x, y = (
        generator.normal(size=(1024, *shape[1:])).astype("float32")
        for shape in (model.input_shape, model.output_shape)
    )
    return (x, y), (x, y)


def weighted(x, y, weights=None):
    return {"x": x, "y": y} if weights is None else {"x": x, "y": y, "sample_weight": weights}


def evaluated():
    found = model.evaluate(**weighted(*test), batch_size=32, verbose=0, return_dict=True)
    return {name: float(value) for name, value in found.items()}


train, test = getattr(module, "data", drawn)()
samples = int(os.environ["SAMPLES"])
train = tuple(tree.map_structure(lambda array: array[:samples], part) for part in train)
before = evaluated()
fit = model.fit(
    **weighted(*train), batch_size=32, epochs=int(os.environ["EPOCHS"]), verbose=0
).history
print(json.dumps({"before": before, "after": evaluated(), "losses": fit["loss"]}))
"""
)

# Print the numbers of weights and of operations, and what inputs, targets and data are.
FACTS = (
    LOAD
    + """
def form(tensor):
    return f"{tuple(tensor.shape[1:])} {keras.backend.standardize_dtype(tensor.dtype)}"


def named(arrays):
    return arrays if isinstance(arrays, dict) else {"array": arrays}


def described(array):
    first = array[:32]
    return {
        "form": form(array),
        "samples": len(array),
        "least": float(array.min()),
        "most": float(array.max()),
        "finite": bool(np.isfinite(array).all()),
        "repeats": int(first.size - np.unique(first).size),
    }


def operations(layer):
    '''Multiply each kernel by the number of places at which it is applied.'''
    weights = sum(int(np.prod(w.shape)) for w in layer.weights if "kernel" in w.name)
    kind = type(layer).__name__
    if kind in ("Dense", "Conv2D"):
        return 2 * weights * int(np.prod(layer.output.shape[1:-1]))
    if kind == "Conv2DTranspose":
        return 2 * weights * int(np.prod(layer.input.shape[1:-1]))
    if kind == "LSTM":
        return 2 * weights * layer.input.shape[1]
    if kind == "MultiHeadAttention":
        length, width = layer.output.shape[1:]
        return 2 * weights * length + 2 * 2 * length * length * width
    assert not weights, kind
    return 0


inputs = {tensor.name: form(tensor) for tensor in model.inputs}
if len(inputs) == 1:
    inputs = {"array": form(model.inputs[0])}
begin = time.perf_counter()
parts = module.data()
seconds = time.perf_counter() - begin
again = module.data()
same = tree.map_structure(lambda one, other: bool((one == other).all()), parts, again)
print(
    json.dumps(
        {
            "weights": model.count_params(),
            "untrained": sum(int(np.prod(w.shape)) for w in model.non_trainable_weights),
            "operations": sum(operations(layer) for layer in model.layers),
            "inputs": inputs,
            "classes": model.output_shape[-1],
            "output": form(model.outputs[0]),
            "rows": max(getattr(layer, "input_dim", 0) for layer in model.layers),
            "x": [{n: described(a) for n, a in named(x).items()} for x, y in parts],
            "y": [described(y) for x, y in parts],
            "seconds": seconds,
            "same": all(tree.flatten(same)),
        }
    )
)
"""
)
