"""Profiles of real trainings: parts, traces, and the ledger of what is compiled."""

import gzip
import hashlib
import json
import re

import pytest
from running import Run, interpreter

from backends.profilers import ELEMENT_WISE, FUSED, LOSS, MATRIX_PRODUCT, OPTIMISER, OTHER, xla
from bench.ledger import cause
from reports.journal import load
from reports.record import Compilation, Failure, Operation, Profile, UnitEnd
from reports.summary import summarise
from reports.traces import trace_path

PRODUCT = re.compile("^(aten::(add)?mm$|.*MatMul|dot|ynn_fusion .dot_general)")
PROFILE = ("--preset", "profile", "--pass", "profile")


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


@pytest.fixture(scope="module")
def profiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("profiled")
    run = Run(folder / "run", *PROFILE, "--report")
    assert run.end() == 0, run.output + run.errors
    return run


@pytest.mark.slow
def test_parts_add_up_and_little_is_left_over(profiled):
    record = load(profiled.folder)
    profiles = record.of(Profile)
    assert [each.contender for each in profiles] == ["jax", "tensorflow", "torch"]
    for profile in profiles:
        parts = [each for each in record.of(Operation) if each.contender == profile.contender]
        assert sum(part.seconds for part in parts) == pytest.approx(profile.traced_seconds)
        left = sum(part.seconds for part in parts if part.category == OTHER)
        assert left < 0.1 * profile.traced_seconds
        found = {part.category for part in parts}
        assert {MATRIX_PRODUCT, LOSS, OPTIMISER, "data", "Python and Keras"} <= found
        # Eight dense layers: forward, by weights, and by inputs save for the first one.
        calls = sum(part.calls for part in parts if PRODUCT.search(part.operation))
        # TensorFlow leaves out those that it holds for cheap.
        least = 0.6 if profile.contender == "tensorflow" else 1.0
        assert least * 23 * profile.steps <= calls <= 23 * profile.steps, profile.contender


@pytest.mark.slow
def test_each_trace_opens_and_is_what_the_record_says(profiled):
    record = load(profiled.folder)
    for profile in record.of(Profile):
        path = trace_path(profiled.folder, record.header, profile)
        content = path.read_bytes()
        assert hashlib.sha256(content).hexdigest() == profile.trace_sha256
        events = json.loads(gzip.decompress(content))["traceEvents"]
        spans = [each for each in events if each["ph"] == "X"]
        assert {"process_name", "thread_name"} <= {e["name"] for e in events if e["ph"] == "M"}
        assert all({"name", "cat", "pid", "tid", "ts", "dur"} <= each.keys() for each in spans)
        (mark,) = (each for each in spans if each["name"] == "aebench steps")
        assert mark["dur"] / 1e6 == pytest.approx(profile.traced_seconds, rel=1e-6)
        copied = trace_path(profiled.folder / "report" / "records", record.header, profile)
        assert copied.read_bytes() == content
        assert f"records/traces/{copied.name}" in (
            profiled.folder / "report" / "index.html"
        ).read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_ledger_tells_what_is_compiled_and_what_for(profiled):
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
        assert (stage, "train", 32, "first call") in told["jax"] & told["tensorflow"]
        assert (stage, "train", 16, "new shape") in told["jax"]
    assert not told["torch"]
    assert "unknown" not in {cause for rows in told.values() for *_, cause in rows}
    assert "jax compiled again for the last batch" in " ".join(profiled.output.split())
    (jax, *_) = summarise(record).profile
    assert jax.partial_seconds > 0


@pytest.mark.slow
def test_torch_compile_is_in_the_ledger(tmp_path):
    run = Run(tmp_path / "run", *PROFILE, "--backend", "torch:jit")
    assert run.end() == 0, run.output + run.errors
    record = load(run.folder)
    stages = {(each.stage, each.cause) for each in record.of(Compilation)}
    assert ("compile", "first call") in stages
    assert {each.category for each in record.of(Operation)} >= {FUSED}


@pytest.mark.slow
def test_a_profile_that_fails_is_a_row_and_the_others_go_on(tmp_path):
    broken = interpreter(
        tmp_path / "broken",
        python="""
        from backends.profilers import torch
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
    assert [each.unit.contender for each in record.of(UnitEnd)] == ["jax"]
    assert "torch: RuntimeError: no trace today" in " ".join(run.output.split())
