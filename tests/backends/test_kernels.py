"""Test how kernels of accelerators are read, by names and by made-up traces of their form."""

import json
from types import SimpleNamespace

import pytest

from aebench.backends.profilers import (
    CONVOLUTION,
    DATA,
    ELEMENT_WISE,
    FUSED,
    LOSS,
    MATRIX_PRODUCT,
    OPTIMISER,
    RECURRENT,
    WINDOW,
    kernel,
    kernel_name,
    measured_lines,
    torch,
    xla,
)
from aebench.bench.worker.attribution import attribute
from helpers.inside import inside

# Names as NVIDIA's libraries, PyTorch, XLA and Triton give them.
NAMES = {
    "nvjet_sm90_tst_384x8_64x4_2x1_v_bz_TNT": MATRIX_PRODUCT,
    "nvjet_tst_64x8_64x16_1x4_h_bz_splitK_bias_TNT": MATRIX_PRODUCT,
    "ampere_sgemm_64x32_sliced1x4_tn": MATRIX_PRODUCT,
    "sm80_xmma_gemm_f32f32_tf32f32_f32_tn_n_tilesize32x32x64": MATRIX_PRODUCT,
    "void cublasLt::splitKreduce_kernel<32, 16, int, float, float>": MATRIX_PRODUCT,
    "void gemv2T_kernel_val<int, int, float, float, float, 128, 16>": MATRIX_PRODUCT,
    "void internal::gemvx::kernel<int, int, float, float, float>": MATRIX_PRODUCT,
    "void cutlass::Kernel2<cutlass_80_tensorop_s1688gemm_64x64>": MATRIX_PRODUCT,
    "gemm_fusion_dot_14": MATRIX_PRODUCT,
    "Memcpy HtoD (Pageable -> Device)": DATA,
    "Memset (Device)": DATA,
    "triton_poi_fused_relu_0": FUSED,
    "loop_add_fusion": FUSED,
    "loop_convert_fusion": FUSED,
    "sm80_xmma_fprop_implicit_gemm_tf32f32_nhwc": CONVOLUTION,
    "void at::native::vectorized_elementwise_kernel<4, at::native::AUnaryFunctor>": ELEMENT_WISE,
    "void at::native::multi_tensor_apply_kernel<at::native::TensorListMetadata>": ELEMENT_WISE,
}


@pytest.mark.parametrize(("name", "category"), NAMES.items())
def test_kernels_are_told_by_their_names(name, category):
    assert kernel(name) == category


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("loop_add_fusion", "loop_add_fusion"),
        (
            "sm80_xmma_gemm_f32f32_f32f32_f32_tn_n_tilesize32x32x8_stage3_execute_kernel__5x_cublas",
            "sm80_xmma_gemm_f32f32_f32f32_f32_tn_n",
        ),
        (
            "void cutlass::Kernel2<cutlass_80_simt_sgemm_64x64_8x5_tn_align1>"
            "(cutlass_80_simt_sgemm_64x64_8x5_tn_align1::Params)",
            "Kernel2 (cutlass_80_simt_sgemm_64x64_8x5_tn_align1)",
        ),
        (
            "void cublasLt::splitKreduce_kernel<32, 16, int, float>(cublasLt::cublasSplitKParams)",
            "splitKreduce_kernel",
        ),
        (
            "void at::native::reduce_kernel<128, 4, at::native::ReduceOp<float, at::native::"
            "func_wrapper_t<float, at::native::sum_functor<float, float, float>::operator()"
            "(at::TensorIterator&)::{lambda(float, float)#1}>, unsigned int, float, 4, 4> >",
            "reduce_kernel (sum_functor)",
        ),
        (
            "void at::native::(anonymous namespace)::multi_tensor_apply_kernel<at::native::"
            "(anonymous namespace)::TensorListMetadata<2>, at::native::(anonymous namespace)::"
            "BinaryOpListAlphaFunctor<float, 2, 2, 0>, std::plus<float>, float>",
            "multi_tensor_apply_kernel (BinaryOpListAlphaFunctor)",
        ),
        (
            "void at::native::vectorized_elementwise_kernel<4, at::native::(anonymous namespace)::"
            "launch_clamp_scalar(at::TensorIteratorBase&)::{lambda()#1}, std::array<char*, 2ul> >",
            "vectorized_elementwise_kernel (launch_clamp_scalar)",
        ),
    ],
)
def test_tables_call_a_kernel_by_a_short_name(name, told):
    assert kernel_name(name) == told


def test_xla_knows_the_libraries_kernels_of_a_graph():
    for name, category in NAMES.items():
        if category == MATRIX_PRODUCT:
            assert xla.kind(name, {}, "sgd")[1] == MATRIX_PRODUCT


def test_lines_that_are_derived_from_streams_are_left_out():
    def holding(*names):
        return SimpleNamespace(lines=[SimpleNamespace(name=name) for name in names])

    card = holding(
        "XLA Modules", "Stream #13(Compute)", "XLA Ops", "Steps", "Stream #14(MemcpyH2D)"
    )
    assert [line.name for line in measured_lines(card)] == [
        *("Stream #13(Compute)", "Stream #14(MemcpyH2D)")
    ]
    # Other planes have other lines, and all of them count.
    assert len(measured_lines(holding("python", "tf_XLAEigen"))) == 2


def line(name: str, *events: tuple[int, int, int]) -> str:
    """Return a line of an xplane as text; an event has a name's number, begin and length in ns."""
    stat = 'stats { metadata_id: 1 str_value: "command_buffer" }'
    found = [
        f"events {{ metadata_id: {number} offset_ps: {begin}000 duration_ps: {length}000 {stat} }}"
        for number, begin, length in events
    ]
    return f'lines {{ name: "{name}" {" ".join(found)} }}'


def plane(name: str, names: list[str], *lines: str) -> str:
    """Return an xplane as text, with the names of its events and of the one statistic."""
    known = [
        f'event_metadata {{ key: {key} value {{ id: {key} name: "{each}" }} }}'
        for key, each in enumerate(names, 1)
    ]
    stat = 'stat_metadata { key: 1 value { id: 1 name: "hlo_op" } }'
    return "\n".join([f'planes {{ name: "{name}"', *lines, *known, stat, "}"])


PRODUCT, SUM = "nvjet_sm90_tst_384x8_64x4_2x1_v_bz_TNT", "loop_add_fusion"
PLANES = plane(
    "/device:GPU:0",
    [PRODUCT, SUM, "custom-call.1", "jit_train_step"],
    line("Stream #13(Compute)", (1, 10, 30), (2, 50, 10)),
    line("XLA Ops", (3, 10, 30), (2, 50, 10)),
    line("XLA Modules", (4, 10, 50)),
)
HOST = f"""planes {{ name: "/host:CPU"
lines {{ name: "python" events {{ metadata_id: 1 offset_ps: 0 duration_ps: 100000 }} }}
event_metadata {{ key: 1 value {{ id: 1 name: "{WINDOW}" }} }} }}
"""
READ = """
import json
from pathlib import Path
from types import SimpleNamespace
import jax
from aebench.backends import profilers
from aebench.bench.worker.attribution import attribute
folder = Path(FOLDER)
text = (folder / "planes.txt").read_text()
(folder / "t.xplane.pb").write_bytes(jax.profiler.ProfileData.text_proto_to_serialized_xspace(text))
model = SimpleNamespace(optimizer=SimpleNamespace(name="sgd"))
parts = attribute(profilers.load(BACKEND).spans(folder, model))
print(json.dumps([[part.category, part.calls, part.seconds * 1e9] for part in parts]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
def test_a_kernel_of_an_xplane_counts_once(backend, tmp_path):
    (tmp_path / "planes.txt").write_text(HOST + PLANES)
    body = READ.replace("FOLDER", repr(str(tmp_path))).replace("BACKEND", repr(backend))
    found = {
        category: (calls, round(ns)) for category, calls, ns in inside(backend, tmp_path, body)
    }
    assert found.pop("matrix product") == (1, 30)
    assert found.pop("fused") == (1, 10)
    # The rest is the host's: 100 ns in all.
    assert sum(ns for _, ns in found.values()) == 60


def event(name, category, tid, begin, microseconds, **arguments):
    """Return an event of a chrome trace."""
    return {
        **{"ph": "X", "name": name, "cat": category, "pid": 0, "tid": tid},
        **{"ts": begin, "dur": microseconds, "args": arguments},
    }


def test_a_kernel_of_a_chrome_trace_counts_once(tmp_path):
    other = "void at::native::vectorized_elementwise_kernel<4, at::native::AUnaryFunctor>"
    copied = "Memcpy HtoD (Pageable -> Device)"

    events = [
        event(WINDOW, "user_annotation", 1, 0, 100),
        event("aten::addmm", "cpu_op", 1, 5, 10),
        event("cudaLaunchKernel", "cuda_runtime", 1, 7, 3),
        event(copied, "gpu_memcpy", 7, 10, 5),
        event(PRODUCT, "kernel", 7, 20, 30),
        event(other, "kernel", 7, 50, 10),
        # The host's spans, repeated for the card's stream.
        event(WINDOW, "gpu_user_annotation", 7, 0, 100),
    ]
    (tmp_path / "trace.json").write_text(json.dumps({"traceEvents": events}))
    parts = attribute(torch.spans(tmp_path, None))
    found = {part.category: (part.calls, round(part.seconds * 1e6)) for part in parts}
    assert found[MATRIX_PRODUCT] == (1, 30)
    assert found[ELEMENT_WISE] == (1, 10)
    assert found[DATA] == (1, 5)
    assert sum(microseconds for _, microseconds in found.values()) == 100


def test_a_kernel_belongs_where_the_host_started_it(tmp_path):
    def started(name, begin, number, category="kernel"):
        return [
            event("cudaLaunchKernel", "cuda_runtime", 1, begin, 1, correlation=number),
            event(name, category, 7, 100 + begin, 10, correlation=number),
        ]

    other = "void at::native::reduce_kernel<128, 4, at::native::sum_functor<float> >"
    events = [
        event(WINDOW, "user_annotation", 1, 0, 200),
        event("aebench loss", "user_annotation", 1, 10, 30),
        *started(other, 15, 1),
        *started("Memcpy DtoH (Device -> Pageable)", 30, 2, "gpu_memcpy"),
        event("aebench recurrent", "user_annotation", 1, 45, 15),
        *started(PRODUCT, 50, 3),
        event("aebench optimiser", "user_annotation", 1, 61, 15),
        *started(other, 65, 4),
        *started(PRODUCT, 80, 5),
    ]
    (tmp_path / "trace.json").write_text(json.dumps({"traceEvents": events}))
    parts = attribute(torch.spans(tmp_path, None))
    found = {part.category: (part.operation, round(part.seconds * 1e6)) for part in parts}
    assert found[LOSS] == found[OPTIMISER] == ("reduce_kernel (sum_functor)", 10)
    assert found[RECURRENT] == found[MATRIX_PRODUCT] == (PRODUCT, 10)
    assert found[DATA][1] == 10
