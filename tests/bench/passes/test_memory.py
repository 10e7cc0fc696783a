import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aebench.bench.campaign.fleet import Fleet
from aebench.bench.campaign.memory_sampler import Curve, sampling
from aebench.bench.models.autoencoder import parse
from aebench.bench.plan.model_info import describe_model
from aebench.bench.protocol.messages.footprint import FootprintJob
from aebench.bench.protocol.model_description import ModelDescription
from aebench.bench.protocol.samples import SampleSource
from aebench.bench.system import proc_memory
from aebench.reports.journal import load
from aebench.reports.record import MemoryCurve, MemoryPhase, MemorySteps, Phase
from aebench.reports.summary import summarise
from aebench.reports.summary.memory import needs
from aebench.reports.tables import memory as tables
from helpers import sample
from helpers.paths import ROOT
from helpers.running import Run, interpreter

pytestmark = pytest.mark.skipif(not proc_memory.exact_peaks(), reason="no exact peaks here")

# A worker that allocates memory: it keeps some, and holds some for five milliseconds.
TAKES = """
import types
planted = types.ModuleType("aebench.bench.worker.passes.footprint")
sys.modules["aebench.bench.worker.passes.footprint"] = planted

def work(channel, job):
    from aebench.bench.protocol.messages.coding import encode
    from aebench.bench.protocol.messages.cold_start import PhaseMemory
    from aebench.bench.system import proc_memory
    kept = []

    def take():
        block = bytearray(job.train_samples)
        block[::4096] = b"x" * len(block[::4096])
        return block

    def briefly():
        block = take()
        time.sleep(0.005)

    for phase in (lambda: None, lambda: kept.append(take()), briefly):
        row = {**proc_memory.measured(phase, True), **proc_memory.shares()}
        channel.send(encode(PhaseMemory("", **row)))

planted.work = work
"""


@pytest.mark.parametrize("mebibytes", [64, 256, 512])
def test_what_a_worker_takes_is_reported_within_a_hundredth(tmp_path, mebibytes):
    python = interpreter(tmp_path / "takes", python=TAKES)
    size = mebibytes * 2**20
    fleet = Fleet(tmp_path, 60)
    try:
        nowhere, model = SampleSource("", ""), ModelDescription("", "", "", {}, "")
        job = FootprintJob(
            "jax", "aebench.backends.jax", {}, model, 0, 0, nowhere, nowhere, 1, "", nowhere, size
        )
        worker = fleet.start("jax", job, python)
        before, kept, brief = (vars(worker.phase()) for _ in range(3))
    finally:
        fleet.close()
    ends = ("resident_bytes", "proportional_bytes", "private_bytes", "anonymous_bytes")
    for figure in (*ends, "peak_bytes"):
        assert kept[figure] - before[figure] == pytest.approx(size, rel=0.01), figure
    # Memory that is freed after five milliseconds is in the peak, and in no other figure.
    assert brief["peak_bytes"] - kept["resident_bytes"] == pytest.approx(size, rel=0.01)
    assert brief["resident_bytes"] - kept["resident_bytes"] < 0.01 * size


HOLDS = """
import time
print(flush=True)
input()
block = bytearray(2**28)
block[::4096] = b"x" * len(block[::4096])
time.sleep(1)
del block
print(flush=True)
input()
"""


def test_a_peak_of_anonymous_memory_is_sampled_from_outside():
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        before = proc_memory.anonymous_bytes(process.pid)
        with sampling(process.pid) as curve:
            process.stdin.write("\n")
            process.stdin.flush()
            process.stdout.readline()
            after, ended = proc_memory.anonymous_bytes(process.pid), curve.now()
        process.communicate("\n")
    assert after - before < 2**20
    taken = curve.highest_anonymous_bytes(0.0, after) - before
    assert taken == pytest.approx(2**28, rel=0.01)
    # What was before a phase isn't its peak, and a system without such figures has none.
    assert curve.highest_anonymous_bytes(ended, after) < before + 2**20
    assert curve.highest_anonymous_bytes(0.0, None) is None
    assert Curve(0.0).highest_anonymous_bytes(0.0, after) is None


def test_where_the_system_shows_nothing_nothing_is_made_up(monkeypatch):
    for name in ("_STATUS", "_ROLLUP", "_CLEAR_REFS"):
        monkeypatch.setattr(proc_memory, name, proc_memory.Path("/nowhere/at/all"))
    assert set(proc_memory.shares().values()) == {None}
    assert (proc_memory.exact_peaks(), proc_memory.resident_bytes()) == (False, 0)
    row = proc_memory.measured(lambda: None, False)
    assert (row["resident_bytes"], row["peak_bytes"]) == (0, None)


WEIGH = ("--preset", "profile", "--pass", "memory")
LEAKS = """
from aebench.bench.worker import stepping
was, leaked = stepping.Stepper.clock, []

def clock(self):
    leaked.append(b"x" * 102400)
    return was(self)

stepping.Stepper.clock = clock
"""


@pytest.fixture(scope="module")
def weighed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weighed")
    run = Run(folder / "run", "--backend", "all", "--report", command="memory")
    assert run.end() == 0, run.output + run.errors
    return run


@pytest.mark.slow
def test_no_leak_is_found_where_there_is_none(weighed):
    rows = summarise(load(weighed.folder)).memory
    assert [row.contender for row in rows] == ["jax", "tensorflow", "torch"]
    assert not [row.contender for row in rows if row.grows]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_a_planted_leak_is_found(tmp_path, backend):
    leaking = interpreter(tmp_path / "leaking", python=LEAKS)
    run = Run(tmp_path / "run", *WEIGH, "--backend", f"{backend}@{leaking}")
    assert run.end() == 0, run.output + run.errors
    (row,) = summarise(load(run.folder)).memory
    assert row.grows
    assert row.growth_bytes.value == pytest.approx(102400, rel=0.5)
    assert "grows" in run.output


@pytest.mark.slow
def test_phases_follow_each_other_and_the_curve_holds_them(weighed):
    record = load(weighed.folder)
    for name in ("jax", "tensorflow", "torch"):
        phases = [each for each in record.of(MemoryPhase) if each.contender == name]
        assert [each.phase for each in phases] == [
            *("interpreter", "framework", "data", "build", "first step", "steady"),
            *("prediction", "after release"),
        ]
        assert all(each.exact and each.peak_bytes >= each.resident_bytes for each in phases)
        assert all(
            each.resident_bytes >= each.proportional_bytes >= each.private_bytes > 0
            for each in phases
        )
        assert all(each.resident_bytes >= each.anonymous_bytes > 0 for each in phases)
        assert all(
            1.01 * each.peak_bytes >= each.peak_anonymous_bytes >= each.anonymous_bytes
            for each in phases[1:]
        )
        ends = [each.ended_seconds for each in phases]
        assert ends == sorted(ends)
        (steps,) = (each for each in record.of(MemorySteps) if each.contender == name)
        assert len(steps.anonymous_bytes) == 200
        (curve,) = (each for each in record.of(MemoryCurve) if each.contender == name)
        assert not curve.reason
        assert curve.seconds == sorted(curve.seconds)
        # The parent's samples agree with what the worker says it holds.
        highest = max(each.proportional_bytes for each in phases)
        most = max(curve.proportional_bytes)
        assert 0.9 * highest < most < 1.01 * max(each.peak_bytes for each in phases)
    assert "memory-curve.svg" in (weighed.folder / "report" / "README.md").read_text()


@pytest.mark.slow
def test_a_cold_start_tells_anonymous_memory_by_phase(tmp_path):
    run = Run(tmp_path / "run", "--pass", "footprint", "--backend", "jax")
    assert run.end() == 0, run.output + run.errors
    phases = load(run.folder).of(Phase)
    assert len(phases) == 7
    assert all(each.resident_bytes >= each.proportional_bytes > 0 for each in phases)
    assert all(each.peak_bytes >= each.anonymous_bytes > 0 for each in phases)
    assert "anonymous" in run.output


@pytest.mark.slow
def test_without_the_sampler_the_row_says_why(tmp_path):
    hidden = tmp_path / "hidden"
    (hidden / "memory_profiler").mkdir(parents=True)
    (hidden / "memory_profiler" / "__init__.py").write_text("raise ImportError('not for you')")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "aebench", "memory", "--data", "embedded", "--backend", "jax"),
            *("--train-samples", "640", "--model", "ae50", "-o", str(tmp_path / "run")),
        ],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": f"{hidden}:{ROOT / 'src'}", "HOME": str(tmp_path)},
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "memory-profiler can't be used here: not for you" in " ".join(done.stdout.split())


def test_what_training_needs_is_arithmetic(weighed_by_hand):
    (row, *_) = weighed_by_hand.memory
    # 842,009 parameters. The layers' outputs are 784 + 400 + 200 + 100 + 50 + 25 + 50 + 100 + 200 +
    # 400 + 784 = 3,093 numbers for every one of 32 images.
    assert (row.needs.weights, row.needs.gradients, row.needs.optimiser) == (3368036, 3368036, 0)
    assert row.needs.activations == 4 * 32 * 3093
    dropped = describe_model(parse("ae400-dropout"))
    assert needs(dropped, 32).activations == 4 * 32 * (3093 + 400 + 200)


@pytest.fixture
def weighed_by_hand():
    return summarise(sample.make())


def test_tables_say_what_grows(weighed_by_hand):
    found = {table.title: table for table in tables(weighed_by_hand)}
    grown = {row[0]: row[3] for row in found["Growth with the steps"].rows}
    assert grown == {
        "ae400 jax": "stays within 16 KiB",
        "ae400 torch": "grows",
        "ae400 tensorflow": "–",
    }


def test_tables_say_what_phases_add_and_what_is_kept(weighed_by_hand):
    (row, *_) = weighed_by_hand.memory
    # The peak is 5 MiB above the memory at the phase's end; the memory before is subtracted.
    assert row.added_bytes == {
        "build": 25 * 2**20,
        "first step": 35 * 2**20,
        "steady": 15 * 2**20,
    }
    assert row.kept_bytes == 50 * 2**20


def test_growth_is_per_step_where_a_call_runs_several():
    made = sample.make()
    made.events = [
        msgspec.structs.replace(each, steps_between=4) if isinstance(each, MemorySteps) else each
        for each in made.events
    ]
    row = next(row for row in summarise(made).memory if row.contender == "torch")
    assert row.steps == 800
    assert row.growth_bytes.value == pytest.approx(102400 / 4)


def test_without_the_systems_word_on_growth_phases_are_shown_still(weighed_by_hand):
    made = sample.make()
    made.events = [
        msgspec.structs.replace(each, anonymous_bytes=[]) if isinstance(each, MemorySteps) else each
        for each in made.events
    ]
    shown = tables(summarise(made))
    assert len(shown) == len(tables(weighed_by_hand))
    assert [row[3] for row in shown[-1].rows] == ["unknown", "unknown", "–"]
    assert "does not report a process's anonymous memory" in " ".join(shown[-1].notes)


def test_without_the_workers_own_word_on_shared_pages_none_is_made_up():
    made = sample.make()
    made.events = [
        msgspec.structs.replace(each, proportional_bytes=None, private_bytes=None)
        if isinstance(each, MemoryPhase)
        else each
        for each in made.events
    ]
    notes = " ".join(tables(summarise(made))[0].notes)
    assert "it counts shared pages in part" in notes and "up to" not in notes
    assert "does not report proportional and private memory" in notes


@given(st.lists(st.integers(0, 2**40), max_size=9000))
def test_a_long_curve_is_thinned_and_keeps_its_highest_sample(sizes):
    curve = Curve(0.0, [float(each) for each in range(len(sizes))], sizes)
    kept = curve.event_fields()
    assert len(kept["seconds"]) == len(kept["proportional_bytes"]) <= 2000
    assert max(kept["proportional_bytes"], default=0) == max(sizes, default=0)
    assert kept["seconds"] == sorted(kept["seconds"])
