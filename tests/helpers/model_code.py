"""Hold code that tests run inside a backend's process: it loads models' files and trains them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers.inside import inside

# JOBS is a list of dictionaries. "model" is a module's dotted name or the path of a file,
# "parameters" are keyword arguments of build. A line of JSON is printed: the list of what each
# job found. One process does many jobs, since most of its time is its start.
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


def print_all(job):
    found = []
    for each in json.loads(os.environ["JOBS"]):
        keras.utils.clear_session()
        keras.utils.set_random_seed(0)
        module = loaded(each["model"])
        model = module.build(**each.get("parameters", {}))
        found.append(job(module, model, each))
    print(json.dumps(found))
"""

# Train in batches of 32 on the first "samples" samples, "epochs" times; give what fit gave, and the
# evaluations on 256 samples before and after it.
TRAIN = (
    LOAD
    + """
def drawn(model):
    generator = np.random.default_rng(0)
    x, y = (
        generator.normal(size=(1024, *shape[1:])).astype("float32")
        for shape in (model.input_shape, model.output_shape)
    )
    return (x, y), (x, y)


def weighted(x, y, weights=None):
    return {"x": x, "y": y} if weights is None else {"x": x, "y": y, "sample_weight": weights}


def evaluated(model, test):
    found = model.evaluate(**weighted(*test), batch_size=32, verbose=0, return_dict=True)
    return {name: float(value) for name, value in found.items()}


def trained(module, model, job):
    train, test = module.data() if hasattr(module, "data") else drawn(model)
    epochs = job["epochs"]
    train, test = (
        tuple(tree.map_structure(lambda array: array[:count], part) for part in parts)
        for parts, count in ((train, job["samples"]), (test, 256))
    )
    before = evaluated(model, test)
    fit = model.fit(**weighted(*train), batch_size=32, epochs=epochs, verbose=0)
    losses = fit.history["loss"]
    return {"before": before, "after": evaluated(model, test), "losses": losses}


print_all(trained)
"""
)

# Give the numbers of weights and of operations, and what inputs, targets and data are.
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
        "subnormal": int(((array != 0) & (abs(array) < np.finfo(np.float32).tiny)).sum()),
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


def facts(module, model, job):
    inputs = {tensor.name: form(tensor) for tensor in model.inputs}
    if len(inputs) == 1:
        inputs = {"array": form(model.inputs[0])}
    begin = time.perf_counter()
    parts = module.data()
    seconds = time.perf_counter() - begin
    again = module.data()
    same = tree.map_structure(lambda one, other: bool((one == other).all()), parts, again)
    return {
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


print_all(facts)
"""
)


def found(backend: str, scratch: Path, code: str, jobs: Sequence[dict[str, Any]]) -> list[Any]:
    """Run code of this file in a process with a backend; return what each job found."""
    return list(inside(backend, scratch, code, JOBS=json.dumps(list(jobs))))
