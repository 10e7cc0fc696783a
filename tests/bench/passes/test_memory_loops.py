"""Test the memory pass's loops on real models, with planted leaks and without."""

import pytest

from aebench.bench.campaign.passes.memory import loop_fields
from aebench.bench.protocol.messages.coding import decode
from aebench.bench.protocol.messages.memory_loop import LoopEnd, LoopReading
from aebench.bench.system import proc_memory
from aebench.reports.journal import load
from aebench.reports.record import Failure, MemoryCurve, MemoryLoop, Resume
from aebench.reports.summary import summarise
from aebench.reports.summary.memory_loops import GROWS, row_of
from helpers.inside import inside
from helpers.running import Run, interpreter

pytestmark = [
    pytest.mark.skipif(not proc_memory.exact_peaks(), reason="no exact peaks here"),
    pytest.mark.slow,
]
REPEATS = 20
# Each kind leaves a mebibyte at every call of predict_on_batch, in the same process one by one.
KINDS = """
import ctypes, gc, json
import keras, numpy as np
from aebench import backends
from aebench.bench.models.autoencoder import parse
from aebench.bench.protocol.messages.memory_loop import LoopJob
from aebench.bench.protocol.samples import SampleSource
from aebench.bench.worker import memory_loops
from aebench.bench.worker.cold_start import ColdStart
from aebench.bench.worker.passes import memory_loop

SIZE, kept, cache = 2**20, [], []
native = ctypes.CDLL(None)
native.malloc.restype = ctypes.c_void_p

class Kept:
    def __init__(self, **fields):
        vars(self).update(fields, size=b"x" * SIZE)

def objects():
    kept.append(Kept())

def arrays():
    kept.append(keras.ops.ones((SIZE // 4,)))

def of_c():
    ctypes.memset(native.malloc(SIZE), 1, SIZE)

def cycles():
    made = Kept()
    made.itself = made

def saw_tooth():
    cache.append(b"x" * SIZE)
    if len(cache) == 7:
        cache.clear()

def nothing():
    pass

def leaky(self, x):
    planted()
    return on_batch(self, x)

class Sent(list):
    send = list.append

on_batch, keras.Model.predict_on_batch = keras.Model.predict_on_batch, leaky
pixels = np.random.default_rng(0).integers(0, 256, (256, 28, 28), np.uint8)
np.savez("FOLDER/data.npz", x=pixels)
np.save("FOLDER/x.npy", (pixels / 255).astype("float32"))
file, name = SampleSource(*["FOLDER/x.npy"] * 2), SampleSource("x", "x")
job = LoopJob(
    *("BACKEND", "aebench.backends.BACKEND", {}, parse("ae25").description, 1, 0, file, file),
    *(32, "FOLDER/data.npz", name, 256), loop="predict_on_batch", repeats=REPEATS,
)
start = ColdStart(job)
start.framework()
start.data()
planted = nothing
loop = memory_loops.prepared(start, job)
# Counting and collecting what is there already takes seconds, and shows nothing.
gc.freeze()
found = {}
for planted in (objects, arrays, of_c, cycles, saw_tooth, nothing):
    found[planted.__name__] = sent = Sent()
    memory_loop.watch(sent, backends.load("BACKEND"), loop, REPEATS)
    kept.clear(), cache.clear()
print(json.dumps(found))
"""
LEFT = {"objects", "arrays", "of_c"}


@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_each_kind_of_leak_is_found_on_each_backend_and_none_where_there_is_none(backend, tmp_path):
    code = KINDS.replace("REPEATS", str(REPEATS))
    code = code.replace("BACKEND", backend).replace("FOLDER", str(tmp_path))
    rows = {}
    for kind, sent in inside(backend, tmp_path, code).items():
        for watched in (sent[: REPEATS + 1], sent[REPEATS + 1 :]):
            readings = [decode(LoopReading, each) for each in watched[:-1]]
            end = decode(LoopEnd, watched[-1])
            fields = {**vars(end), **loop_fields(readings, end)}
            kept = {name: fields[name] for name in MemoryLoop.__struct_fields__ if name in fields}
            where = {"contender": backend, "model": "ae25", "launch": 0, "batch_size": 32}
            measured = MemoryLoop(**where, loop=kind, **kept)
            rows[kind, end.collecting] = row_of(backend, measured)
    growing = {kind for (kind, collecting), row in rows.items() if collecting and _grows(row)}
    assert growing == LEFT
    # Cycles are freed where garbage is collected, and only there.
    growing = {kind for (kind, collecting), row in rows.items() if not collecting and _grows(row)}
    # PyTorch's own calls leave garbage too, which may be enough for a verdict.
    assert growing - {"nothing"} == {*LEFT, "cycles"}
    # What is freed beside it may stay with the allocator.
    for kind in LEFT:
        assert rows[kind, True].growth_bytes.value == pytest.approx(2**20, rel=0.5), kind
    assert rows["objects", True].held["__main__.Kept"] == 1
    leaving = {kind for kind in (*LEFT, "saw_tooth", "nothing") if rows[kind, True].arrays >= 1}
    assert leaving == {"arrays"}
    # On the processor, JAX alone lists its arrays' bytes.
    by_framework = rows["arrays", True].allocated_growth_bytes
    assert (by_framework is not None) == (backend == "jax")
    if by_framework:
        assert by_framework.value == pytest.approx(2**20, rel=0.01)
        assert rows["of_c", True].allocated_growth_bytes.value < 2**16


def _grows(row):
    return row.verdict == GROWS


# predict keeps a mebibyte, and the loop of epochs fails as long as a file is there.
PLANTED = """
import keras

predict, made, kept = keras.Model.predict, keras.callbacks.LambdaCallback, []

def leaky(self, *given, **named):
    kept.append(bytearray(b"x" * 2**20))
    return predict(self, *given, **named)

def fail(**named):
    if os.path.exists("FAILING"):
        raise ValueError("not today")
    return made(**named)

keras.Model.predict, keras.callbacks.LambdaCallback = leaky, fail
"""


def test_a_leak_is_found_in_its_loop_alone_and_a_loop_that_failed_is_measured_later(tmp_path):
    failing = tmp_path / "failing"
    failing.touch()
    code = PLANTED.replace("FAILING", str(failing))
    contender = ("--contender", f"jax@{interpreter(tmp_path / 'planted', python=code)}")
    loops = ("--loop", "epochs", "predict", "--repeats", str(REPEATS))
    run = Run(tmp_path / "run", *contender, *loops, command="memory")
    assert run.end() == 1, run.output + run.errors
    before = load(run.folder)
    (failure,) = before.of(Failure)
    assert (failure.part, failure.reason) == ("epochs", "ValueError: not today")
    measured = before.of(MemoryLoop)
    assert [(each.loop, each.collecting) for each in measured] == [
        *(("predict", True), ("predict", False))
    ]
    said = " ".join(run.output.split())
    assert "Growth with what is repeated: ae50, batch 32" in said
    assert "epochs jax: ValueError: not today" in said
    # Resumed, the run measures the loop that is missing, and nothing else.
    failing.unlink()
    again = Run(run.folder, *contender, resume=True)
    assert again.end() == 0, again.output + again.errors
    after = load(run.folder)
    assert not after.of(Failure)
    assert after.of(MemoryCurve) == before.of(MemoryCurve)
    assert after.of(MemoryLoop)[:2] == measured
    (resumption,) = after.of(Resume)
    assert {each.part for each in resumption.kept} == {"", "predict"}
    assert {len(each.anonymous_bytes) for each in after.of(MemoryLoop)} == {REPEATS}
    rows = {(row.loop, row.collecting): row for row in summarise(after).memory_loops}
    assert list(rows) == [(loop, each) for loop in ("epochs", "predict") for each in (True, False)]
    assert rows["epochs", True].verdict != GROWS
    assert rows["predict", True].verdict == GROWS
    assert rows["predict", True].growth_bytes.value == pytest.approx(2**20, rel=0.3)
