"""Test the memory pass's loops on real models, with planted leaks and without."""

import pytest

from aebench.bench.system import proc_memory
from aebench.reports.journal import load
from aebench.reports.record import Failure, MemoryLoop
from aebench.reports.summary import summarise
from aebench.reports.summary.memory_loops import GROWS
from helpers.running import Run, interpreter

pytestmark = [
    pytest.mark.skipif(not proc_memory.exact_peaks(), reason="no exact peaks here"),
    pytest.mark.slow,
]
# predict keeps a mebibyte, predict_on_batch makes a cycle of one, and saving fails.
PLANTED = """
import keras

class Kept:
    def __init__(self):
        self.itself, self.size = self, bytearray(2**20)
        self.size[::4096] = b"x" * 256

predict, on_batch, kept = keras.Model.predict, keras.Model.predict_on_batch, []

def leaky(self, *given, **named):
    kept.append(Kept())
    return predict(self, *given, **named)

def cyclic(self, x):
    Kept()
    return on_batch(self, x)

def fail(self, path):
    raise ValueError("not today")

keras.Model.predict, keras.Model.predict_on_batch, keras.Model.save = leaky, cyclic, fail
"""


def test_a_planted_leak_is_found_in_its_loop_alone_and_a_loop_may_fail(tmp_path):
    planted = interpreter(tmp_path / "planted", python=PLANTED)
    loops = ("--loop", "save", "epochs", "predict", "predict_on_batch", "--repeats", "20")
    run = Run(tmp_path / "run", "--contender", f"jax@{planted}", *loops, command="memory")
    assert run.end() == 1, run.output + run.errors
    record = load(run.folder)
    (failure,) = record.of(Failure)
    assert (failure.part, failure.reason) == ("save", "ValueError: not today")
    measured = record.of(MemoryLoop)
    assert [each.collecting for each in measured] == [True, False] * 3
    assert {len(each.anonymous_bytes) for each in measured} == {20}
    loops = summarise(record).memory_loops
    assert [row.loop for row in loops if row.failure] == ["save"]
    rows = {(row.loop, row.collecting): row for row in loops}
    assert rows["epochs", True].verdict != GROWS
    assert rows["predict", True].verdict == GROWS
    assert rows["predict", True].growth_bytes.value == pytest.approx(2**20, rel=0.3)
    assert rows["predict", True].held["sitecustomize.Kept"] == 1
    # Cycles are freed where garbage is collected, and only there.
    assert rows["predict_on_batch", True].verdict != GROWS
    assert rows["predict_on_batch", False].verdict == GROWS
    said = " ".join(run.output.split())
    assert "Growth with what is repeated: ae50, batch 32" in said
    assert "predict jax: a repeat left 1 sitecustomize.Kept on average." in said
    assert "save jax: ValueError: not today" in said
