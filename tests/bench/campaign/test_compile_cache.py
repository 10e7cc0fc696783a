"""Test contenders that keep what they compile: the next process finds it."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from aebench.bench.campaign.context import Context
from aebench.bench.campaign.passes import footprint
from aebench.bench.campaign.worker_environment import keeping_compiled, switching
from aebench.bench.plan.contenders import find
from aebench.bench.plan.settings import check
from aebench.reports.journal import load
from aebench.reports.record import Phase, WorkerInfo
from helpers.inside import inside
from helpers.running import LITTLE

TRAINED = """
import json
import os
import jax
import keras
import numpy as np

hits = []
jax.monitoring.register_event_listener(
    lambda name, **_: hits.append(name) if name.endswith("compilation_cache/cache_hits") else None
)
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
model.compile("sgd", "mse")
model.fit(np.ones((8, 4)), np.ones((8, 2)), verbose=0)
print(json.dumps([len(hits), len(os.listdir(os.environ["JAX_COMPILATION_CACHE_DIR"]))]))
"""


@pytest.mark.slow
def test_the_next_process_finds_what_jax_compiled(tmp_path):
    kept = keeping_compiled("jax", tmp_path / "kept")
    hits, files = inside("jax", tmp_path, TRAINED, **kept)
    assert hits == 0 and files > 0
    hits, _ = inside("jax", tmp_path, TRAINED, **kept)
    assert hits > 0


def test_a_setting_is_read_as_it_is_written():
    (jit,) = find(["torch:cache,jit"])
    assert (jit.name, jit.settings) == ("torch:jit,cache", {"jit": "on", "cache": "on"})
    check("torch", jit.settings)


def test_a_folder_of_its_own_is_filled_once_by_a_process_that_is_not_measured(tmp_path):
    started, stopped = [], []
    worker = SimpleNamespace(phase=lambda: None, answer=lambda kind: None)

    class Fleet:
        def start(self, backend, job, python, on_processor, cache):
            started.append((backend, cache))
            return worker

        stop = stopped.append

    context = Context(None, {}, tmp_path, Fleet(), None, None)
    jax, kept, other = find(["jax", "jax:cache", "jax:steps=2,cache"])
    one, two = (SimpleNamespace(model=SimpleNamespace(name=name)) for name in ("one", "two"))
    for contender, job in ((jax, one), (kept, one), (kept, one), (kept, two), (other, one)):
        footprint._fill_cache(context, contender, job)
    folders = [cache for _, cache in started]
    assert folders[0] == folders[1] == context.compile_cache(kept)
    assert folders[2] == context.compile_cache(other) != folders[0]
    assert stopped == [worker] * 3
    context.start(jax, one)
    assert started[-1] == ("jax", None)


def test_a_switch_is_added_to_the_flags_that_are_set(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--other=1")
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
    flags = switching("jax", "wide-vectors")["XLA_FLAGS"]
    assert flags == "--other=1 --xla_cpu_prefer_vector_width=512"
    assert switching("tensorflow", "no-onednn")["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert switching("jax", "") == {}


@pytest.mark.slow
def test_cold_starts_with_a_kept_cache_are_told_as_such(aebench, tmp_path):
    contender = "jax:cache,switch=wide-vectors"
    done = aebench("run", *LITTLE, "--contender", contender, "--pass", "footprint", "--out", "r")
    assert done.returncode == 0, done.stdout + done.stderr
    record = load(tmp_path / "r")
    phases = [(row.contender, row.phase) for row in record.of(Phase)]
    # The process that fills the cache leaves no row.
    assert len(phases) == len(set(phases))
    for row in record.of(WorkerInfo):
        assert row.contender == contender and row.settings["compile_cache"] == "kept"
        assert row.settings["XLA_FLAGS"] == "--xla_cpu_prefer_vector_width=512"
    assert "with cache, what an earlier process compiled is kept" in " ".join(
        aebench("show", "--detail", "r").stdout.split()
    )
    assert not list(Path(tmp_path).glob("compiled-*"))
