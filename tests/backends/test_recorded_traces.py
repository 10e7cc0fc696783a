"""Read traces that were recorded on an NVIDIA H200: two training steps of a small model.

The model is a convolution, a batch normalisation, an LSTM and a dense layer, with Adam and a sparse
cross-entropy (Keras 3.15.1, PyTorch 2.11.0, JAX 0.11.2). PyTorch's trace keeps the fields that are
read; JAX's has the text of the compiled step beside it.
"""

import gzip
import json
from collections import defaultdict
from pathlib import Path

import pytest

from aebench.backends.profilers import (
    CONVOLUTION,
    DATA,
    FUSED,
    LOSS,
    MATRIX_PRODUCT,
    NORMALISATION,
    OPTIMISER,
    PYTHON,
    RECURRENT,
    WINDOW,
    torch,
)
from aebench.bench.worker.attribution import attribute
from helpers.inside import inside

TRACES = Path(__file__).with_name("traces")
OF_ALL = {CONVOLUTION, NORMALISATION, RECURRENT, MATRIX_PRODUCT, LOSS, OPTIMISER, DATA, PYTHON}


def test_kernels_of_torch_belong_to_layers_loss_and_optimiser(tmp_path):
    text = gzip.decompress((TRACES / "torch-h200.json.gz").read_bytes())
    (tmp_path / "trace.json").write_bytes(text)
    events = json.loads(text)["traceEvents"]
    parts = attribute(torch.spans(tmp_path, None))
    seconds, names = defaultdict(float), defaultdict(list)
    for part in parts:
        seconds[part.category] += part.seconds
        names[part.category].append(part.operation)
    assert seconds.keys() >= OF_ALL
    (window,) = (
        each for each in events if each["name"] == WINDOW and each["cat"] == "user_annotation"
    )
    assert sum(seconds.values()) == pytest.approx(window["dur"] / 1e6, rel=1e-6)
    # cuDNN runs the LSTM's kernels; without their start they would be products and sums.
    assert any(name.startswith("RNN_blockPersist") for name in names[RECURRENT])
    assert any("wgrad" in name for name in names[CONVOLUTION])
    assert any(name.startswith("multi_tensor_apply") for name in names[OPTIMISER])
    kernels = [each for each in events if each["cat"] in ("kernel", "gpu_memcpy", "gpu_memset")]
    told = {torch.kernel_name(each["name"]) for each in kernels}
    calls = sum(part.calls for part in parts if part.operation in told)
    assert calls == len(kernels)
    busy = sum(each["dur"] for each in kernels) / 1e6
    # Some kernels run beside the host's "next batch", and share their time with it.
    assert 0.9 * busy < sum(part.seconds for part in parts if part.operation in told) <= busy


READ = """
import gzip, json
from pathlib import Path
from types import SimpleNamespace
from aebench.backends.profilers import jax, xla
from aebench.bench.worker.attribution import attribute

traces, folder = Path(TRACES), Path(FOLDER)

def unpacked(name):
    return gzip.decompress((traces / name).read_bytes())

(folder / "t.xplane.pb").write_bytes(unpacked("jax-h200.xplane.pb.gz"))
text = unpacked("jax-h200-step.txt.gz").decode()
jax._instructions = lambda model: xla.instructions(text)
kinds = {"Conv2D": "conv2d", "BatchNormalization": "batch_normalization", "LSTM": "lstm"}
layers = [type(kind, (), {"name": name})() for kind, name in kinds.items()]
model = SimpleNamespace(optimizer=SimpleNamespace(name="adam"), layers=layers)
parts = attribute(jax.spans(folder, model))
print(json.dumps([[part.category, part.operation, part.calls] for part in parts]))
"""


def test_kernels_of_jax_belong_to_layers_loss_and_optimiser(tmp_path):
    body = READ.replace("TRACES", repr(str(TRACES))).replace("FOLDER", repr(str(tmp_path)))
    parts = inside("jax", tmp_path, body)
    assert {category for category, _, _ in parts} >= OF_ALL | {FUSED}
    calls = {(category, name): count for category, name, count in parts}
    # Two steps of ten time steps and more: the LSTM's gradient is one kernel for several.
    assert calls[RECURRENT, "rnn_bwd"] == 76
    assert calls[CONVOLUTION, "cudnn-conv-bw-filter (conv_general_dilated)"] == 4
    assert calls["element-wise", "memcpy32_post"] == 12
