"""Import frameworks in fresh processes, where each could import others."""

import json
import subprocess
import sys

import pytest

from aebench import backends
from aebench.backends import workers
from helpers.inside import inside
from helpers.paths import CLEAN, ROOT

CODE = """
import json, os, sys
from aebench.bench.worker.framework import import_framework

import_framework(sys.argv[1])
held = sorted(sys.modules)
import jax, matplotlib.pyplot, pandas  # a model's file may use them afterwards
print(json.dumps(held), flush=True)
os._exit(0)
"""


def held_after_import(name, tmp_path):
    environment = workers.environment(name, tmp_path)
    keras_backend = {"KERAS_BACKEND": backends.load(name).KERAS_BACKEND}
    done = subprocess.run(
        [sys.executable, "-c", CODE, name],
        capture_output=True,
        text=True,
        check=True,
        env={**CLEAN, **environment, **keras_backend, "PYTHONPATH": str(ROOT / "src")},
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("jax", "keras"),
        ("tensorflow", "keras"),
        ("torch", "keras"),
        ("openvino", "keras"),
        ("native-tensorflow", "tensorflow"),
    ],
)
def test_a_worker_holds_its_own_framework_alone(name, module, tmp_path):
    held = held_after_import(name, tmp_path)
    assert module in held
    known = {"jax", "tensorflow", "torch", "openvino", "matplotlib", "pandas", "IPython"}
    assert held & known == {backends.backend_name(name)}


SEEDED = """
import keras, random, sys
from aebench.bench.worker.framework import seed_random

def drawn():
    return random.random(), np.random.random(), float(keras.random.uniform(()))

seed_random(7)
mine = drawn()
held = "tensorflow" in sys.modules
keras.utils.set_random_seed(7)
# The import of TensorFlow, after Python's seed, may draw.
keras.utils.set_random_seed(7)
print(json.dumps([held, mine == drawn(), "tensorflow" in sys.modules]))
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_seeding_imports_no_other_framework_and_draws_the_same(backend, tmp_path):
    held, same, held_by_keras = inside(backend, tmp_path, f"import json, numpy as np\n{SEEDED}")
    assert (held, same) == (False, True)
    assert held_by_keras  # else this needs no function of our own


def test_what_a_backend_requires_is_not_kept_from_it(tmp_path):
    assert "jax" in held_after_import("numpy", tmp_path)
