import io
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from rich.console import Console

from aebench.bench.system import doctor
from aebench.bench.system.doctor import (
    clock,
    environment,
    machine_states,
    memory,
    neighbours,
    processor,
    sampling,
)
from aebench.bench.system.doctor.finding import Finding
from aebench.bench.system.doctor.sampling import Sample
from helpers.paths import ROOT

CPU = "sys/devices/system/cpu"
CLOCK = "sys/devices/system/clocksource/clocksource0/current_clocksource"
GIB = 2**30
QUIET = Sample(
    load=0.1,
    busy_cores=0.01,
    busiest="sh (process 7)",
    busiest_cores=0.01,
    steal_share=0.0,
    available_bytes=8 * GIB,
    swapped_bytes=0,
)
NAMES = [
    "load",
    "other processes",
    "steal",
    "virtual machine",
    "states",
    "governor",
    "turbo",
    "SMT",
    "affinity",
    "processor limit",
    "memory",
    "swap",
    "memory limit",
    "memory peaks",
    "clock",
    "clock source",
    "accelerators",
    "environment",
]
FILES_READ = (
    "proc/cpuinfo",
    "proc/self/cgroup",
    f"{CPU}/cpu0/cpufreq/scaling_governor",
    f"{CPU}/cpu0/topology/thread_siblings_list",
    f"{CPU}/intel_pstate/no_turbo",
    f"{CPU}/cpufreq/boost",
    f"{CPU}/smt/active",
    CLOCK,
    "sys/fs/cgroup/cpu.max",
    "sys/fs/cgroup/memory.max",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us",
    "sys/fs/cgroup/cpu/cpu.cfs_period_us",
    "sys/fs/cgroup/memory/memory.limit_in_bytes",
)


@pytest.fixture
def tree(tmp_path):
    """Return a function that writes files to a root folder, given their texts by path."""

    def make(files: dict[str, str]) -> Path:
        for name, text in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text + "\n")
        return tmp_path

    return make


def shown(*findings: Finding) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(doctor.render(findings))
    return console.file.getvalue()


def test_load():
    assert neighbours.load(QUIET, 2).ok
    busy = neighbours.load(replace(QUIET, load=1.7), 2)
    assert busy.ok is False
    assert "1.70" in busy.says
    assert neighbours.load(replace(QUIET, load=1.7), 64).ok  # low for 64 cores: a fortieth of them
    assert neighbours.load(Sample(), 2).ok is None


def test_other_processes():
    assert neighbours.other_processes(QUIET, 2).ok
    one = replace(QUIET, busy_cores=0.9, busiest="make (process 8)", busiest_cores=0.7)
    found = neighbours.other_processes(one, 2)
    assert found.ok is False
    for word in ("0.90", "make (process 8)", "0.70"):
        assert word in found.says
    # A busy neighbour is found by the busy cores alone, or by the busiest process alone.
    assert neighbours.other_processes(replace(one, busy_cores=None), 2).ok is False
    unseen = neighbours.other_processes(replace(one, busiest="", busiest_cores=0.0), 2)
    assert unseen.ok is False
    assert "no single one that can be seen" in unseen.says
    # A process that took only a fiftieth of the busy time isn't named.
    assert "make" not in neighbours.other_processes(replace(one, busiest_cores=0.02), 2).says
    assert neighbours.other_processes(Sample(), 2).ok is None


def test_steal_time():
    assert neighbours.steal_time(QUIET).ok
    found = neighbours.steal_time(replace(QUIET, steal_share=0.083))
    assert found.ok is False
    assert "8.3%" in found.says
    assert neighbours.steal_time(Sample()).ok is None


def controls(slow_from, longer, count=120, sd=0.08):
    """Return times of the machine controls, of which the streaming is longer from a moment on."""
    random = np.random.default_rng(4)
    streaming = 0.01 * np.exp(random.normal(0, sd, count))
    streaming[slow_from:] *= longer
    compute = 0.005 * np.exp(random.normal(0, 0.02, count))
    return {"compute": compute.tolist(), "streaming": streaming.tolist()}


def test_a_machine_with_two_states_is_named():
    found = machine_states.machine_states(controls(80, 1.4))
    assert found.ok is False and found.advice
    said = re.fullmatch(r"two: in (\d+)% of these seconds streaming took (\d+)% longer", found.says)
    assert 28 <= int(said[1]) <= 38 and 33 <= int(said[2]) <= 47


def test_a_machine_with_one_state_is_calm_whatever_its_noise():
    found = machine_states.machine_states(controls(120, 1.0))
    assert found.ok
    assert re.fullmatch(r"one in these seconds; SD of compute .*% and streaming .*%", found.says)
    # A moment or two that took long are no state.
    assert machine_states.machine_states(controls(117, 3.0)).ok


def test_controls_that_were_timed_too_few_times_tell_nothing():
    assert machine_states.machine_states(controls(9, 2.0, 17)).ok is None
    assert machine_states.machine_states(machine_states.watch(0)).ok is None


def test_watching_times_both_controls():
    seen = machine_states.watch(0.3)
    assert len(seen["compute"]) == len(seen["streaming"]) > 0
    assert min(*seen["compute"], *seen["streaming"]) > 1e-5


def test_memory_and_swap():
    assert memory.free_memory(QUIET).ok
    short = memory.free_memory(replace(QUIET, available_bytes=4 * GIB))
    assert short.ok is False
    assert "4.0 GiB available" in short.says
    assert "4.5 GiB" in short.says
    assert "1.5 GiB" in short.advice
    assert memory.free_memory(Sample()).ok is None
    assert memory.swap(QUIET).ok
    assert memory.swap(replace(QUIET, swapped_bytes=GIB)).ok is False
    assert memory.swap(Sample()).ok is None


def test_a_sample_names_who_is_busy():
    code = "print(flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
            seen = sampling.sample(1.0)
        finally:
            process.kill()
    assert seen.busiest_cores > 0.1
    if seen.busy_cores is not None:
        assert seen.busy_cores > 0.1
    assert seen.available_bytes > 0
    assert neighbours.other_processes(seen, 2).ok is False


def test_a_sample_leaves_this_process_out(monkeypatch):
    def work(seconds):
        end = time.perf_counter() + 0.3
        while time.perf_counter() < end:
            pass

    monkeypatch.setattr(psutil, "process_iter", lambda: iter([psutil.Process()]))
    clocks = SimpleNamespace(
        process_time=time.process_time, perf_counter=time.perf_counter, sleep=work
    )
    monkeypatch.setattr(sampling, "time", clocks)
    assert sampling.sample().busiest == ""


def answers(*times: dict[str, float]):
    """Return a function that gives the next answer of psutil.cpu_times at every call."""
    return iter([SimpleNamespace(_asdict=lambda each=each: each) for each in times]).__next__


def test_a_sample_counts_what_is_busy_and_what_is_steal(monkeypatch):
    before = {"user": 5.0, "system": 1.0, "idle": 50.0, "iowait": 1.0, "steal": 3.0, "guest": 2.0}
    spent = {"user": 4.0, "system": 2.0, "idle": 1.0, "iowait": 1.0, "steal": 2.0, "guest": 3.0}
    after = {field: before[field] + spent[field] for field in before}
    monkeypatch.setattr(psutil, "cpu_times", answers(before, after))
    monkeypatch.setattr(psutil, "process_iter", lambda: iter(()))
    clocks = SimpleNamespace(
        process_time=iter((7.0, 7.5)).__next__,
        perf_counter=iter((3.0, 5.0)).__next__,
        sleep=lambda _: None,
    )
    monkeypatch.setattr(sampling, "time", clocks)
    seen = sampling.sample(0)
    assert seen.steal_share == pytest.approx(2 / 10)
    assert seen.busy_cores == pytest.approx((4 + 2 - 0.5) / 2)


def test_a_system_that_counts_nothing_or_no_steal_time(monkeypatch):
    nothing = {"user": 0.0, "idle": 0.0, "steal": 0.0}
    monkeypatch.setattr(psutil, "cpu_times", answers(nothing, nothing))
    seen = sampling.sample(0)
    assert (seen.busy_cores, seen.steal_share) == (None, None)
    monkeypatch.setattr(
        psutil, "cpu_times", answers({"user": 1.0, "idle": 1.0}, {"user": 1.0, "idle": 9.0})
    )
    seen = sampling.sample(0)
    assert seen.busy_cores == 0
    assert seen.steal_share is None


def test_a_sample_without_proc(monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError("/proc/stat")

    for name in ("cpu_times", "process_iter", "virtual_memory", "swap_memory"):
        monkeypatch.setattr(psutil, name, missing)
    monkeypatch.delattr(os, "getloadavg")
    assert sampling.sample(0) == Sample()


@pytest.mark.parametrize(
    ("cpuinfo", "ok"),
    [
        ("processor : 0\nflags\t\t: fpu vme hypervisor lahf_lm", False),
        ("processor : 0\nflags\t\t: fpu vme lahf_lm\nbugs : hypervisor", True),
        ("Features : fp asimd", None),
    ],
)
def test_virtual_machine(tree, cpuinfo, ok):
    assert neighbours.virtual_machine(tree({"proc/cpuinfo": cpuinfo})).ok is ok


def test_governor(tree):
    names = [f"{CPU}/cpu{core}/cpufreq/scaling_governor" for core in range(12)]
    root = tree(dict.fromkeys(names, "performance"))
    assert processor.governor(root).ok
    tree({names[11]: "powersave", names[10]: "powersave"})
    found = processor.governor(root)
    assert found.ok is False
    assert found.says == "performance on 10, powersave on 2 of 12 cores"
    assert "scaling_governor" in found.advice


@pytest.mark.parametrize(
    ("files", "ok", "advice"),
    [
        ({"intel_pstate/no_turbo": "0"}, False, "echo 1 | "),
        ({"intel_pstate/no_turbo": "1"}, True, ""),
        ({"cpufreq/boost": "1"}, False, "echo 0 | "),
        ({"cpufreq/boost": "0"}, True, ""),
        ({"intel_pstate/no_turbo": "?", "cpufreq/boost": "1"}, False, "cpufreq/boost"),
        ({"cpufreq/boost": "?"}, None, ""),
    ],
)
def test_turbo(tree, files, ok, advice):
    found = processor.turbo(tree({f"{CPU}/{name}": text for name, text in files.items()}))
    assert found.ok is ok
    assert advice in found.advice


def test_smt(tree):
    root = tree({f"{CPU}/smt/active": "0"})
    assert processor.smt(root).ok
    tree({f"{CPU}/smt/active": "1"})
    found = processor.smt(root)
    assert found.ok is False
    assert "taskset" not in found.advice
    pairs = {0: "0-1", 1: "0-1", 2: "2,3", 3: "2,3", 10: "10-11", 11: "10-11"}
    tree({f"{CPU}/cpu{core}/topology/thread_siblings_list": pairs[core] for core in pairs})
    assert "taskset -c 0,2,10 " in processor.smt(root).advice


def test_affinity():
    assert processor.affinity(8, 8).ok
    found = processor.affinity(2, 8)
    assert found.ok is False
    assert "2 of 8" in found.says
    assert processor.affinity(None, 8).ok is None
    assert processor.affinity(2, None).ok is None


# cgroups v2 alone, v2 beside v1, and v1 alone. A parent group has the limit.
CPU_LIMITS = [
    ("0::/a/b", {"a/b/cpu.max": "max 100000", "a/cpu.max": "150000 100000"}),
    ("0::/a/b", {"unified/a/b/cpu.max": "150000 100000"}),
    ("0::/../on/the/host", {"cpu.max": "150000 100000"}),
    (
        "4:cpu,cpuacct:/a/b",
        {
            "cpu,cpuacct/a/b/cpu.cfs_quota_us": "-1",
            "cpu,cpuacct/a/b/cpu.cfs_period_us": "100000",
            "cpu,cpuacct/a/cpu.cfs_quota_us": "75000",
            "cpu,cpuacct/a/cpu.cfs_period_us": "50000",
        },
    ),
    (
        "4:cpuacct,cpu:/on/the/host",
        {"cpu/cpu.cfs_quota_us": "150000", "cpu/cpu.cfs_period_us": "100000"},
    ),
]


@pytest.mark.parametrize(("told", "files"), CPU_LIMITS)
def test_a_limit_on_processor_time(tree, told, files):
    files = {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    root = tree({"proc/self/cgroup": told, **files})
    found = processor.processor_limit(root, 2)
    assert found.ok is False
    assert "1.5 cores" in found.says
    assert "--threads 1" in found.advice
    assert processor.processor_limit(root, 1).ok


@pytest.mark.parametrize(
    ("told", "files"),
    [
        ("0::/", {"cgroup.procs": ""}),
        ("0::/a", {"a/cpu.max": "max 100000", "b/cpu.max": "100 100000"}),
        ("0::/../a", {"a/cpu.max": "100 100000"}),  # another group's limit, which doesn't count
        ("3:cpu:/", {"cpu/cpu.cfs_quota_us": "9" * 400, "cpu/cpu.cfs_period_us": "1"}),
        ("3:cpu:/", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}),
        ("3:cpuset:/a", {"cpuset/a/cpu.cfs_quota_us": "1", "cpuset/a/cpu.cfs_period_us": "9"}),
    ],
)
def test_no_limit_on_processor_time(tree, told, files):
    files = {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    root = tree({"proc/self/cgroup": f"1:name=systemd:/\n{told}", **files})
    found = processor.processor_limit(root, 2)
    if told.startswith("3:cpuset"):
        assert found.ok is None
    else:
        assert (found.ok, found.says) == (True, "none")


@pytest.mark.parametrize(
    ("told", "files", "ok", "says"),
    [
        ("0::/a/b", {"a/b/memory.max": "max", "a/memory.max": f"{2 * GIB}"}, False, "2.0 GiB"),
        ("0::/a", {"a/memory.max": f"{9 * GIB}", "memory.max": f"{6 * GIB}"}, True, "6.0 GiB"),
        ("0::/a", {"a/memory.max": "max"}, True, "none"),
        ("7:memory:/a", {"memory/a/memory.limit_in_bytes": f"{3 * GIB}"}, False, "3.0 GiB"),
        ("7:memory:/a", {"memory/a/memory.limit_in_bytes": f"{2**63 - 4096}"}, True, "none"),
    ],
)
def test_a_limit_on_memory(tree, told, files, ok, says):
    files = {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    found = memory.memory_limit(tree({"proc/self/cgroup": told, **files}))
    assert found.ok is ok
    assert says in found.says


def test_memory_peaks():
    assert memory.memory_peaks(True).ok
    assert memory.memory_peaks(False).ok is False


def test_clock():
    assert clock.clock(True, 1e-9).ok
    assert clock.clock(True, 1e-6).ok
    assert clock.clock(True, 1e-3).ok is False
    found = clock.clock(False, 1e-9)
    assert found.ok is False
    assert "set back" in found.says


@pytest.mark.parametrize(
    ("source", "ok"),
    [
        ("tsc", True),
        ("kvm-clock", True),
        ("hyperv_clocksource_tsc_page", True),
        ("arch_sys_counter", True),
        ("hpet", False),
        ("acpi_pm", False),
    ],
)
def test_clock_source(tree, source, ok):
    found = clock.clock_source(tree({CLOCK: source}))
    assert found.ok is ok
    assert source in found.says


@pytest.mark.parametrize(
    ("name", "effect"),
    [
        ("OMP_NUM_THREADS", "threads of some backends"),
        ("MKL_NUM_THREADS", "threads of some backends"),
        ("OPENBLAS_NUM_THREADS", "threads of some backends"),
        ("KMP_BLOCKTIME", "spin"),
        ("OMP_WAIT_POLICY", "spin"),
        ("TF_NUM_INTRAOP_THREADS", "TensorFlow's threads"),
        ("TF_ENABLE_ONEDNN_OPTS", "kernels"),
        ("TF_DETERMINISTIC_OPS", "how TensorFlow"),
        ("XLA_FLAGS", "XLA compiles"),
        ("JAX_PLATFORMS", "device"),
        ("PYTORCH_CUDA_ALLOC_CONF", "PyTorch"),
        ("CUDA_VISIBLE_DEVICES", "which GPUs"),
        ("CUDA_LAUNCH_BLOCKING", "how GPUs"),
        ("KERAS_NNX_ENABLED", "what Keras does"),
        ("MALLOC_ARENA_MAX", "footprint"),
        ("MKL_CBWR", "matrices"),
    ],
)
def test_variables(name, effect):
    found = environment.variables({name: "some", "HOME": "/root"})
    assert found.ok is False
    assert found.says == f"{name}=some"
    assert effect in found.advice
    assert f"({name})" in found.advice
    assert f"env -u {name} aebench" in found.advice


@pytest.mark.parametrize(
    "name",
    [
        "HOME",
        "TF_CLI_CONFIG_FILE",
        "TF_VAR_region",
        "NVIDIA_REQUIRE_CUDA",
        "KERAS_BACKEND",
        "KERAS_HOME",
        "TF_CPP_MIN_LOG_LEVEL",
        "XLA_PYTHON_CLIENT_PREALLOCATE",
    ],
)
def test_variables_that_change_nothing(name):
    assert environment.variables({name: "some"}).ok


def test_long_values_are_cut_and_like_effects_said_once():
    found = environment.variables(
        {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "XLA_FLAGS": "x" * 99}
    )
    assert "some backends only (MKL_NUM_THREADS, OMP_NUM_THREADS)" in found.advice
    assert "x…" in found.says
    assert "x" * 50 not in found.says


ROOTED = (
    neighbours.virtual_machine,
    processor.governor,
    processor.turbo,
    processor.smt,
    clock.clock_source,
    memory.memory_limit,
    lambda root: processor.processor_limit(root, 2),
)


@pytest.mark.parametrize("check", ROOTED)
def test_missing_files_are_said_plainly(tmp_path, check):
    found = check(tmp_path)
    assert found.ok is None
    assert found.says
    assert not found.advice


@pytest.mark.parametrize("rubbish", [b"", b"\xff\xfe\x00", b"-1 -1 -1", b"0::/\x00", b"9" * 400])
def test_rubbish_raises_nothing(tmp_path, rubbish):
    for name in FILES_READ:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(rubbish)
    for each in doctor.diagnose(tmp_path, seconds=0, control_seconds=0):
        assert each.says


def test_folders_instead_of_files_and_a_file_instead_of_a_root(tmp_path):
    for name in FILES_READ:
        (tmp_path / name).mkdir(parents=True)
    file = tmp_path / "file"
    file.write_text("")
    for root in (tmp_path, file):
        for check in ROOTED:
            assert check(root).ok in (None, True)


def test_rendering(tree):
    calm = Finding("load", True, "fine")
    doubtful = Finding("swap", False, "in use", "Do something about it. " * 10)
    untold = Finding("turbo", None, "not told")
    text = shown(calm, doubtful, untold)
    lines = text.splitlines()
    assert lines[0].rstrip() == "  load  fine"
    assert lines[1].rstrip() == "! swap  in use"
    assert lines[2].startswith("        Do something")
    assert any(line.rstrip() == "? turbo not told" for line in lines)
    assert max(map(len, lines)) <= 100
    assert lines[-1].startswith("1 of 3 checks found something")
    assert "1 couldn't be made here" in lines[-1]
    assert shown(calm).splitlines()[-1].startswith("No check found")


def test_no_markup_and_no_escape_of_a_process_reaches_the_terminal():
    evil = replace(QUIET, busy_cores=2.0, busiest="[red]x[/] \x1b[2J", busiest_cores=2.0)
    text = shown(neighbours.other_processes(evil, 2))
    assert "[red]x[/]" in text
    assert "\x1b" not in text


def test_what_is_fine_takes_one_line(tree):
    root = tree(
        {
            "proc/cpuinfo": "flags : fpu",
            "proc/self/cgroup": "0::/a",
            "sys/fs/cgroup/a/cpu.max": "6400000 100000",
            "sys/fs/cgroup/a/memory.max": f"{512 * GIB}",
            f"{CPU}/cpu0/cpufreq/scaling_governor": "performance",
            f"{CPU}/cpufreq/boost": "0",
            f"{CPU}/smt/active": "0",
            CLOCK: "hyperv_clocksource_tsc_page",
        }
    )
    seen = replace(QUIET, available_bytes=512 * GIB)
    findings = [
        *(check(root) for check in ROOTED[:-1]),
        processor.processor_limit(root, 64),
        neighbours.load(seen, 64),
        neighbours.other_processes(seen, 64),
        neighbours.steal_time(seen),
        machine_states.machine_states(controls(120, 1.0)),
        processor.affinity(64, 64),
        memory.free_memory(seen),
        memory.swap(seen),
        memory.memory_peaks(True),
        clock.clock(True, 1e-9),
        environment.variables({}),
    ]
    assert all(each.ok for each in findings)
    assert len(shown(*findings).splitlines()) == len(findings) + 2


def test_the_command(aebench):
    done = aebench("doctor", OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    *lines, _, last = done.stdout.splitlines()
    assert [name for line in lines if (name := line[2:17].strip())] == NAMES
    assert "OMP_NUM_THREADS=1" in done.stdout
    assert max(map(len, lines)) <= 100
    assert f"of {len(NAMES)} checks found something" in last
    assert "usage: aebench doctor" in aebench("doctor", "--help").stdout


def test_it_needs_no_framework():
    code = (
        "from aebench.bench.system import doctor; doctor.diagnose(seconds=0, control_seconds=0); "
        "import sys; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not set(done.stdout.split()) & {"keras", "jax", "torch", "tensorflow"}
