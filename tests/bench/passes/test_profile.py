"""Profile real trainings, and check the parts, the traces and the log of compilations."""

import gzip
import hashlib
import json
import re
from types import SimpleNamespace

import msgspec
import pytest

from aebench.backends import profilers
from aebench.backends.profilers import (
    ELEMENT_WISE,
    FUSED,
    LOSS,
    MATRIX_PRODUCT,
    OPTIMISER,
    OTHER,
    jax,
    xla,
)
from aebench.bench.worker.compile_log import _Call, _with_calls, cause
from aebench.reports.headline import profile as largest
from aebench.reports.journal import load
from aebench.reports.record import Compilation, Failure, Operation, Profile, TaskEnd
from aebench.reports.summary import ProfileRow, summarise
from aebench.reports.tables import profile
from aebench.reports.traces import trace_path
from helpers import sample
from helpers.running import Run, interpreter

PRODUCT = re.compile("^(aten::(add)?mm$|.*MatMul|dot|ynn_fusion .dot_general)")
PROFILE = ("--preset", "profile", "--pass", "profile")
ONE_LAYER = """
import keras

def build():
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    return model
"""


@pytest.mark.parametrize(
    ("batch", "before", "why"),
    [
        ((32, "float32"), [], "first call"),
        ((16, "float32"), [(32, "float32")], "new shape"),
        ((32, "uint8"), [(32, "float32")], "new type"),
        ((32, "float32"), [(32, "float32"), (16, "float32")], "unknown"),
    ],
)
def test_a_compilation_has_a_cause(batch, before, why):
    assert cause(batch, before) == why


MODULE = """
ENTRY %main (p: f32[]) -> f32[] {
  %copy.2 = f32[400,200]{1,0} copy(%state)
  %dot.9 = f32[4,7]{1,0} dot(%a, %b), metadata={op_name="jit(step)/transpose(jvp(decoder))/x"}
  %ynn_fusion.3 = f32[32,400]{1,0} fusion(%c), kind=kCustom, metadata={op_name="a/dot_general"}
  %max_fusion.4 = f32[32,400]{1,0} fusion(%c), kind=kLoop, metadata={op_name="jit(s)/dense/max"}
  %log_fusion = f32[32]{0} fusion(%c), metadata={op_name="jit(s)/jvp(compile_loss)/bce/log"}
  ROOT %sub_fusion.1 = (f32[], f32[4]{0}) fusion(%c), metadata={op_name="jit(s)/sgd/sub" id=2}
}
"""


@pytest.mark.parametrize(
    ("name", "operation", "category"),
    [
        ("copy.2", "copy", ELEMENT_WISE),
        ("dot.9", "dot (x)", MATRIX_PRODUCT),
        ("ynn_fusion.3", "ynn_fusion (dot_general)", MATRIX_PRODUCT),
        ("max_fusion.4", "max_fusion", FUSED),
        ("log_fusion", "log_fusion", LOSS),
        ("sub_fusion.1", "sub_fusion", OPTIMISER),
        ("unheard_of_fusion.7", "unheard_of_fusion", FUSED),
    ],
)
def test_xlas_names_are_read_with_what_they_were_made_of(name, operation, category):
    assert xla.kind(name, xla.instructions(MODULE), "sgd") == (operation, category)


@pytest.mark.parametrize(
    ("kernel", "operation", "category"),
    [
        ("sub_fusion_1", "sub_fusion", OPTIMISER),
        ("dot_9", "dot (x)", MATRIX_PRODUCT),
        ("gemm_fusion_dot_14", "gemm_fusion_dot_14", MATRIX_PRODUCT),
        ("memcpy32_post", "memcpy32_post", ELEMENT_WISE),
    ],
)
def test_kernels_of_a_cuda_graph_are_told_apart(kernel, operation, category):
    # An H100's trace: each kernel's span names the graph as its instruction.
    span = SimpleNamespace(name=kernel, stats=[("hlo_op", "command_buffer_1")])
    known = xla.instructions(MODULE)
    kernels = xla.kernels(known)
    assert jax._kind(span, "Stream #14(Compute)", known, kernels, ("sgd", {})) == (
        operation,
        category,
    )


@pytest.fixture(scope="module")
def profiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("profiled")
    run = Run(folder / "run", "--backend", "all", "--report", command="profile")
    assert run.end() == 0, run.output + run.errors
    return run


@pytest.mark.slow
def test_parts_add_up_and_little_is_left_over(profiled):
    record = load(profiled.folder)
    profiles = record.of(Profile)
    assert [each.contender for each in profiles] == ["jax", "tensorflow", "torch"]
    for one in profiles:
        parts = [each for each in record.of(Operation) if each.contender == one.contender]
        assert sum(part.seconds for part in parts) == pytest.approx(one.traced_seconds)
        left = sum(part.seconds for part in parts if part.category == OTHER)
        assert left < 0.1 * one.traced_seconds
        found = {part.category for part in parts}
        assert {MATRIX_PRODUCT, LOSS, OPTIMISER, "data", "Python and Keras"} <= found
        # Three products per dense layer (forward, weights' and inputs' gradients), but two for the
        # first.
        calls = sum(part.calls for part in parts if PRODUCT.search(part.operation))
        # TensorFlow doesn't trace products that it takes to be cheap.
        least = 0.6 if one.contender == "tensorflow" else 1.0
        assert least * 11 * one.steps <= calls <= 11 * one.steps, one.contender


@pytest.mark.slow
def test_each_trace_opens_and_is_what_the_record_says(profiled):
    record = load(profiled.folder)
    for one in record.of(Profile):
        path = trace_path(profiled.folder, record.header, one)
        content = path.read_bytes()
        assert hashlib.sha256(content).hexdigest() == one.trace_sha256
        events = json.loads(gzip.decompress(content))["traceEvents"]
        spans = [each for each in events if each["ph"] == "X"]
        assert {"process_name", "thread_name"} <= {e["name"] for e in events if e["ph"] == "M"}
        assert all({"name", "cat", "pid", "tid", "ts", "dur"} <= each.keys() for each in spans)
        (mark,) = (each for each in spans if each["name"] == "aebench steps")
        assert mark["dur"] / 1e6 == pytest.approx(one.traced_seconds, rel=1e-6)
        copied = trace_path(profiled.folder / "report" / "records", record.header, one)
        assert copied.read_bytes() == content
        assert f"records/traces/{copied.name}" in (
            profiled.folder / "report" / "index.html"
        ).read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_compile_log_tells_what_is_compiled_and_what_for(profiled):
    record = load(profiled.folder)
    told = {
        name: {
            (each.stage, each.workload, each.samples, each.cause)
            for each in record.of(Compilation)
            if each.contender == name
        }
        for name in ("jax", "tensorflow", "torch")
    }
    for stage in ("trace", "compile"):
        assert (stage, "train", 32, "first call") in told["jax"]
        assert (stage, "train", 16, "new shape") in told["jax"]
    assert ("compile", "predict", 32, "first call") in told["jax"]
    for stage in ("trace", "build"):
        assert (stage, "train", 32, "first call") in told["tensorflow"]
    assert not told["torch"]
    assert "unknown" not in {cause for rows in told.values() for *_, cause in rows}
    assert "a last batch that isn't full costs jax" in " ".join(profiled.output.split())
    (jax, *_) = summarise(record).profile
    assert jax.partial_seconds > 0


@pytest.mark.slow
def test_torch_compile_is_in_the_compile_log(aebench, tmp_path):
    # The compiler takes seconds for each operation, less without vector instructions.
    (tmp_path / "one_layer.py").write_text(ONE_LAYER)
    model = ("--model", "one_layer.py", "--train-samples", "640")
    soon = {"ATEN_CPU_CAPABILITY": "default"}
    one = ("--workload", "train", "--batch-size", "32")
    run = aebench("run", *model, *PROFILE, *one, "--backend", "torch:jit", "--out", "run", **soon)
    assert run.returncode == 0, run.stdout + run.stderr
    record = load(tmp_path / "run")
    stages = {(each.stage, each.workload, each.cause) for each in record.of(Compilation)}
    assert ("compile", "train", "first call") in stages
    # Predicting wasn't asked for.
    assert {workload for _, workload, _ in stages} == {"train"}
    assert {each.category for each in record.of(Operation)} >= {FUSED}


@pytest.mark.slow
def test_a_profile_that_fails_is_a_row_and_the_others_go_on(tmp_path):
    broken = interpreter(
        tmp_path / "broken",
        python="""
        from aebench.backends.profilers import torch
        def fail(*arguments):
            raise RuntimeError("no trace today")
        torch.spans = fail
        """,
    )
    run = Run(tmp_path / "run", *PROFILE, "--backend", "jax", f"torch@{broken}")
    assert run.end() == 1, run.output + run.errors
    record = load(run.folder)
    (failure,) = record.of(Failure)
    assert (failure.contender, failure.reason) == ("torch", "RuntimeError: no trace today")
    assert [each.task.contender for each in record.of(TaskEnd)] == ["jax"]
    assert "torch: RuntimeError: no trace today" in " ".join(run.output.split())


def a_row(record, **changes):
    record.events = [
        msgspec.structs.replace(each, **changes) if isinstance(each, Profile) else each
        for each in record.events
    ]
    return record


def test_tables_are_by_model_and_batch_and_warn(summary):
    titles = [table.title for table in profile(summary)]
    assert titles[0] == "Where the time goes: ae400, training, batch 32"
    other = a_row(sample.make(), batch_size=500)
    other.header = msgspec.structs.replace(other.header, created="2026-01-02T00:00:00+00:00")
    two = summarise(sample.make(), other)
    firsts = [each.title for each in profile(two) if each.title.startswith("Where")]
    assert [title.rpartition(" ")[2] for title in firsts] == ["32", "500"]
    notes = " ".join(profile(summary)[0].notes)
    assert "Tracing made jax's step 1.50 times as long" in notes
    assert "jax's optimiser can't be told from the other operations" in notes
    calm = summarise(a_row(sample.make(), clocked_seconds=[0.041]))
    assert "Tracing made jax" not in " ".join(profile(calm)[0].notes)


def test_shares_of_steps_that_were_disturbed_are_not_in_the_answer():
    noisy = summarise(a_row(sample.make(), clocked_seconds=[0.05, 0.06, 0.13]))
    assert "jax's steps took very different times" in " ".join(profile(noisy)[0].notes)
    assert not [each for each in largest(noisy.profile) if "largest part" in each]
    assert [each for each in largest(summarise(sample.make()).profile) if "largest part" in each]


def test_what_failed_everywhere_is_told(summary):
    failed = [
        ProfileRow(row.contender, row.model, row.batch_size, failure="no trace today")
        for row in summary.profile
    ]
    found = profile(msgspec.structs.replace(summary, profile=failed))
    assert [table.title for table in found] == [
        "Where the time goes: ae400, training, batch 32",
        "What is compiled when: ae400, batch 32",
    ]
    for table in found:
        assert "jax: no trace today" in table.notes
        assert {entry for row in table.rows for entry in row[1:]} == {"–"}


@pytest.fixture
def summary():
    return summarise(sample.make())


# Two full calls and a smaller one; the first takes ten times as long as the others.
CALLS = [_Call((32, "f"), 0.0, 1.0), _Call((32, "f"), 1.0, 1.1), _Call((16, "f"), 2.0, 2.5)]


def compile_log(found, compiles):
    rows = _with_calls("train", CALLS, found, compiles)
    return [(row.stage, row.samples, row.cause, row.seconds) for row in rows]


def test_a_framework_that_tells_only_of_tracing_compiles_in_the_rest_of_the_call():
    traced = found("trace", 0.3, 0.4)
    assert compile_log([traced], False) == [
        ("trace", 32, "first call", 0.3),
        ("build", 32, "first call", pytest.approx(0.6)),
    ]
    # A compiler compiles for a new shape too, even if nothing is traced again.
    assert compile_log([traced], True)[2:] == [("compile", 16, "new shape", pytest.approx(0.4))]


def test_a_framework_that_tells_of_compiling_is_believed():
    both = [found("trace", 0.3, 0.4), found("compile", 0.4, 0.9)]
    assert [row[:2] for row in compile_log(both, True)] == [("trace", 32), ("compile", 32)]
    assert compile_log([], False) == []
    broken = [found("graph break", 0.0, 9.0, "a print")]
    assert compile_log(broken, False) == [("graph break", 32, "a print", 0.0)]


def found(stage, seconds, ended, why=""):
    return profilers.CompilationEvent(stage, "", seconds, ended, why)
