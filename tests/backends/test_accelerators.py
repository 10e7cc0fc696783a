"""Test what workers do on accelerators, with stubs in place of what no card is here for."""

import pytest

from aebench import backends
from aebench.backends import accelerators, workers
from helpers.inside import inside

SWITCHES = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}


@pytest.mark.parametrize("name", backends.measurable_names())
def test_no_worker_reserves_an_accelerators_memory_or_finds_old_caches(name, tmp_path):
    found = workers.environment(name, tmp_path)
    assert found.items() >= SWITCHES.items()
    # Keras imports JAX beside every backend, and TensorFlow at some calls.
    for cache in ("CUDA_CACHE_PATH", "JAX_COMPILATION_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR"):
        assert found[cache].startswith(str(tmp_path))
    assert found.items() >= backends.load(name).environment(tmp_path).items()


@pytest.mark.parametrize(
    ("asked", "capability", "override", "by_nvidia", "in_force"),
    [
        ("tf32", (8, 0), "", True, "tf32"),
        ("tf32", "9.0", "", True, "tf32"),
        ("float32", "9.0", "", True, "float32"),
        # Volta and Turing have no TF32, whatever the settings allow.
        ("tf32", (7, 0), "", True, "float32"),
        ("tf32", "7.5", "", True, "float32"),
        ("bfloat16", (7, 5), "", True, "bfloat16"),
        # NVIDIA's libraries follow the variable; XLA's own kernels don't.
        ("tf32", (9, 0), "0", True, "float32"),
        ("tf32", (9, 0), "0", False, "tf32"),
        ("float32", (9, 0), "1", True, "tf32"),
        ("float32", (7, 0), "1", True, "float32"),
        # What isn't known counts as the class that isn't ranked with float32.
        ("tf32", None, "", True, "tf32"),
        ("tf32", "gfx90a", "", True, "tf32"),
    ],
)
def test_tf32_is_a_class_where_the_card_has_it(
    asked, capability, override, by_nvidia, in_force, monkeypatch
):
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", override)
    assert accelerators.in_force(asked, capability, by_nvidia) == in_force


JAX = """
import json, jax
from types import SimpleNamespace
from aebench import backends
facts = backends.load("jax")
found = [facts.precision(None)]
card = SimpleNamespace(device_kind="card", compute_capability=CAPABILITY)
jax.default_backend, jax.devices = lambda: "gpu", lambda: [card]
for name in (None, "high", "highest", "F32_F32_F32", "TF32_TF32_F32", "BF16_BF16_F32",
             "BF16_BF16_F32_X3"):
    jax.config.update("jax_default_matmul_precision", name)
    found.append(facts.precision(None))
facts.full_float32()
found.append(facts.precision(None))
jax.live_arrays = lambda: [SimpleNamespace(nbytes=size) for size in (2, 3)]
for statistics in (None, {}, {"bytes_in_use": 1}, {"peak_bytes_in_use": 7}):
    card.memory_stats = lambda: statistics
    found += [facts.device_peak_bytes(), facts.allocated_bytes()]
print(json.dumps(found))
"""
# Each followed by the bytes in use, which are those of the arrays alive if nobody counts.
PEAKS = [None, 5, None, 5, None, 1, 7, 5]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("capability", "told"),
    [
        ("9.0", ["tf32", "tf32", "float32", "float32", "tf32", "bfloat16", "bf16_bf16_f32_x3"]),
        ("7.0", ["float32", "float32", "float32", "float32", "float32", "bfloat16"]),
    ],
)
def test_jax_tells_its_precision_and_its_peak_on_a_card(capability, told, tmp_path):
    found = inside("jax", tmp_path, JAX.replace("CAPABILITY", repr(capability)))
    assert found[0] == "float32"
    assert found[1 : 1 + len(told)] == told
    assert found[8:] == ["float32", *PEAKS]


@pytest.mark.slow
def test_jax_waits_for_all_devices_and_counts_on_the_first(tmp_path):
    told = inside(
        "jax",
        tmp_path,
        """
        import json, jax, jax.numpy as jnp
        from types import SimpleNamespace
        from aebench import backends
        facts = backends.load("jax")
        devices = jax.devices()
        arrays = [jax.device_put(jnp.ones((300, 300)), each) for each in devices]
        made = jax.jit(lambda x: jnp.linalg.matrix_power(x, 9))
        results = {str(number): made(each) for number, each in enumerate(arrays)}
        facts.wait(results)
        ready = [each.is_ready() for each in results.values()]
        stubs = [SimpleNamespace(memory_stats=lambda size=size: {"peak_bytes_in_use": size})
                 for size in (11, 22)]
        jax.devices = lambda: stubs
        print(json.dumps([len(devices), ready, facts.device_peak_bytes()]))
        """,
        XLA_FLAGS="--xla_force_host_platform_device_count=2",
    )
    assert told == [2, [True, True], 11]


TENSORFLOW = """
import json, tensorflow as tf
from aebench import backends
facts = backends.load("tensorflow")
found = [facts.precision(None), facts.device_peak_bytes(), facts.allocated_bytes()]
tf.config.list_physical_devices = lambda kind: ["card"]
experimental = tf.config.experimental
for capability in ((9, 0), (7, 0), None):
    details = {} if capability is None else {"compute_capability": capability}
    experimental.get_device_details = lambda card: details
    found.append(facts.precision(None))
facts.full_float32()
found.append(facts.precision(None))

def refuse(device):
    raise ValueError("Allocator stats not available for device")

for stub in (refuse, lambda device: {}, lambda device: {"peak": 7, "current": 5}):
    experimental.get_memory_info = stub
    found += [facts.device_peak_bytes(), facts.allocated_bytes()]
print(json.dumps(found))
"""


@pytest.mark.slow
def test_tensorflow_tells_its_precision_and_its_peak_on_a_card(tmp_path):
    assert inside("tensorflow", tmp_path, TENSORFLOW) == [
        *("float32", None, None),
        *("tf32", "float32", "tf32"),
        *("float32", None, None, None, None, 7, 5),
    ]


TORCH = """
import json, os, torch
from types import SimpleNamespace
from aebench import backends
from aebench.backends import accelerators
facts = backends.load("torch")
found = [facts.precision(None)]
torch.set_float32_matmul_precision("high")
found.append(facts.precision(None))
torch.set_float32_matmul_precision("medium")
found.append(facts.precision(None))
torch.set_float32_matmul_precision("highest")
torch.cuda.is_available = lambda: True
torch.cuda.get_device_capability = lambda: (9, 0)
torch.cuda.max_memory_allocated, torch.cuda.memory_allocated = lambda: 7, lambda: 5
found += [facts.precision(None), facts.device_peak_bytes(), facts.allocated_bytes()]
torch.backends.cuda.matmul.allow_tf32 = True
found.append(facts.precision(None))
facts.full_float32()
found += [facts.precision(None), torch.backends.cudnn.allow_tf32]
# With PyTorch's newer switch its older question is an error.
torch.backends.cuda.matmul.fp32_precision = "tf32"
found.append(facts.precision(None))
torch.cuda.get_device_capability = lambda: (7, 0)
found.append(facts.precision(None))
facts.full_float32()
found.append(torch.backends.cuda.matmul.fp32_precision)
# Convolutions and recurrent layers have switches of their own.
class Conv2D: pass
class LSTM: pass
class Dense: pass
torch.cuda.get_device_capability = lambda: (9, 0)
models = [SimpleNamespace(layers=[Dense(), kind()]) for kind in (Dense, Conv2D, LSTM)]
for layer in (layer for model in models for layer in model.layers):
    layer.name = type(layer).__name__
found.append([facts.precision(model) for model in models])
torch.backends.cudnn.allow_tf32 = True
found.append([facts.precision(model) for model in models])
# Keras computes on Apple's GPU where there is one, unless it is told not to.
torch.cuda.is_available = lambda: False
torch.backends.mps.is_available = lambda: True
found.append([facts.settings()["platform"], facts.full_float64()])
os.environ |= accelerators.HIDDEN
found.append([facts.settings()["platform"], facts.full_float64()])
print(json.dumps(found))
"""


@pytest.mark.slow
def test_torch_tells_its_precision_and_its_peak_on_a_card(tmp_path):
    assert inside("torch", tmp_path, TORCH) == [
        # On a processor alone.
        *("float32", "float32", "bfloat16"),
        *("float32", 7, 5),
        *("tf32", "float32", False),
        *("tf32", "float32", "ieee"),
        ["float32", "float32", "float32"],
        ["float32", "tf32", "tf32"],
        ["mps", "PyTorch has no float64 on Apple's GPUs"],
        ["cpu", ""],
    ]


@pytest.mark.slow
def test_gemm_multiplies_in_float32_in_all_libraries(tmp_path):
    told = inside(
        "jax",
        tmp_path,
        """
        import json, jax, torch
        import tensorflow as tf
        from aebench.backends.native import gemm
        gemm.Limit([(8, 4), (4, 8)], 2, "train")
        allowed = tf.config.experimental.tensor_float_32_execution_enabled()
        print(json.dumps([
            jax.config.jax_default_matmul_precision, torch.get_float32_matmul_precision(), allowed
        ]))
        """,
        TORCH_ALLOW_TF32_CUBLAS_OVERRIDE="1",
    )
    assert told == ["highest", "highest", False]


@pytest.mark.slow
def test_a_baseline_multiplies_in_float32_if_asked(tmp_path):
    told = inside(
        "torch",
        tmp_path,
        """
        import json, torch
        from aebench.bench.models.autoencoder import parse
        from aebench.bench.protocol.messages.parity import ParityJob
        from aebench.bench.protocol.messages.speed import SpeedJob
        from aebench.bench.protocol.samples import SampleSource
        from aebench.bench.worker.baseline_rounds import Networks
        from aebench.bench.models.loading import load
        from aebench.bench.worker.parity_baseline import NativeContenderModel
        nowhere = SampleSource("", "")
        found = []
        for settings in ({}, {"precision": "float32"}):
            torch.set_float32_matmul_precision("high")
            model = parse("ae25").description
            fields = ("native-torch", "", settings, model, 0, 0, nowhere, nowhere)
            Networks(None, SpeedJob(*fields, {}), load(model))
            found.append(torch.get_float32_matmul_precision())
            torch.set_float32_matmul_precision("high")
            NativeContenderModel(load(model), ParityJob(*fields))
            found.append(torch.get_float32_matmul_precision())
        print(json.dumps(found))
        """,
    )
    assert told == ["high", "high", "highest", "highest"]
