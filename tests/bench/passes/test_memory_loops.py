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
# predict keeps a mebibyte, loading keeps an object that holds one, which is a cycle of its own.
LEAKS = """
import keras

class Kept:
    def __init__(self):
        self.itself, self.size = self, bytearray(2**20)
        self.size[::4096] = b"x" * 256

predict, load, kept = keras.Model.predict, keras.models.load_model, []

def leaky_predict(self, *given, **named):
    kept.append(Kept())
    return predict(self, *given, **named)

def cyclic_load(*given, **named):
    Kept()
    return load(*given, **named)

keras.Model.predict, keras.models.load_model = leaky_predict, cyclic_load
"""


def test_a_planted_leak_is_found_in_its_loop_alone(tmp_path):
    leaky = interpreter(tmp_path / "leaky", python=LEAKS)
    loops = ("--loop", "epochs", "predict", "save", "--repeats", "20")
    run = Run(tmp_path / "run", "--contender", f"jax@{leaky}", *loops, command="memory")
    assert run.end() == 0, run.output + run.errors
    record = load(run.folder)
    assert record.outcome == "complete"
    measured = record.of(MemoryLoop)
    assert [each.collecting for each in measured] == [True, False] * 3
    assert {len(each.anonymous_bytes) for each in measured} == {20}
    rows = {(row.loop, row.collecting): row for row in summarise(record).memory_loops}
    assert rows["predict", True].verdict == GROWS
    assert rows["predict", True].growth_bytes.value == pytest.approx(2**20, rel=0.3)
    assert rows["predict", True].held["sitecustomize.Kept"] == 1
    assert rows["epochs", True].verdict != GROWS
    # Cycles are freed where garbage is collected, and only there.
    assert rows["save", True].verdict != GROWS
    assert rows["save", False].verdict == GROWS
    assert "Growth with what is repeated: ae50, batch 32" in run.output
    assert "each repeat leaves 1 sitecustomize.Kept." in run.output


def test_a_loop_that_fails_is_a_row_and_the_others_go_on(tmp_path):
    unsaved = interpreter(
        tmp_path / "unsaved",
        python="""
        import keras
        def save(self, path):
            raise ValueError("not today")
        keras.Model.save = save
        """,
    )
    loops = ("--loop", "save", "predict_on_batch", "--repeats", "20")
    run = Run(tmp_path / "run", "--contender", f"jax@{unsaved}", *loops, command="memory")
    assert run.end() == 1, run.output + run.errors
    record = load(run.folder)
    (failure,) = record.of(Failure)
    assert failure.reason == "loop save: ValueError: not today"
    assert [each.loop for each in record.of(MemoryLoop)] == ["predict_on_batch"] * 2
