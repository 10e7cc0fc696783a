"""The checks: functions of what they are given, files below a root or what was sampled.

A file that isn't there or can't be understood is never an error, since all this is advice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import backends
from bench.doctor.sampling import Sample
from bench.machine import is_telling

WORKER_BYTES = int(1.5 * 2**30)
WORKERS_AT_ONCE = 3
NEEDED_BYTES = WORKERS_AT_ONCE * WORKER_BYTES
MOST_RESOLUTION_SECONDS = 1e-6
MOST_STOLEN_SHARE = 0.01
MOST_SWAPPED_BYTES = 100 * 2**20

_CPU = "sys/devices/system/cpu"
_CLOCK = "sys/devices/system/clocksource/clocksource0/current_clocksource"
# Read without a call of the kernel: the first three on x86, then ARM, RISC-V, POWER and IBM Z.
_FAST_CLOCKS = {
    "tsc",
    "kvm-clock",
    "hyperv_clocksource_tsc_page",
    "arch_sys_counter",
    "riscv_clocksource",
    "timebase",
    "tod",
}
_UNLIMITED_BYTES = 2**60
_SHOWN_CHARACTERS = 40

# The first that matches a variable's name holds.
_EFFECTS = {
    r"(OMP|MKL|OPENBLAS|BLAS)_\w*(THREAD|DYNAMIC)\w*": "the threads of some backends only",
    r"(KMP|OMP)_\w+": "where OpenMP's threads run and how long they spin into the next one's turn",
    r"TF_NUM_\w+": "TensorFlow's threads only",
    r"TF_ENABLE_ONEDNN_OPTS": "which kernels TensorFlow uses",
    r"TF_\w+": "how TensorFlow computes",
    r"XLA_\w+": "what XLA compiles, JAX's programs above all",
    r"JAX_\w+": "how, and on what device, JAX computes",
    r"(PY)?TORCH_\w+": "how PyTorch computes",
    r"KERAS_\w+": "what Keras does",
    r"(CUDA|NVIDIA)_VISIBLE_DEVICES": "which GPUs the backends see",
    r"(CUDA|NVIDIA)_\w+": "how GPUs are used",
    r"MALLOC_\w+": "how memory is allocated, and so the footprint",
    r"\w+": "how matrices are multiplied",
}


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Parameters
    ----------
    name : str
        What was looked at.
    ok : bool or None
        None where it can't be told.
    says : str
        What was found, in a few words.
    advice : str
        What to do about it; empty if there is nothing to do.
    """

    name: str
    ok: bool | None
    says: str
    advice: str = ""


def load(seen: Sample, cores: int) -> Finding:
    """Look at the load average."""
    if seen.load is None:
        return Finding("load", None, "this system tells no load average")
    says = f"average of the last minute {seen.load:.2f}, on {cores} cores"
    if seen.load <= max(0.5, 0.05 * cores):
        return Finding("load", True, says)
    advice = "End what else runs and wait a minute: a run wants all cores to itself."
    return Finding("load", False, says, advice)


def other_processes(seen: Sample, cores: int) -> Finding:
    """Look at what the other processes did meanwhile."""
    name = "other processes"
    if seen.busy_cores is None and not seen.busiest:
        return Finding(name, None, "this system doesn't tell what they do")
    busy = max(seen.busy_cores or 0.0, seen.busiest_cores)
    says = f"they kept {busy:.2f} cores busy"
    if busy <= max(0.1, 0.02 * cores):
        return Finding(name, True, says)
    if seen.busiest_cores >= busy / 4:
        says += f"; the busiest was {seen.busiest} with {seen.busiest_cores:.2f}"
    else:
        says += "; no single one that can be seen from here"
    return Finding(name, False, says, "Stop them: what they take is missing in the throughputs.")


def stolen_time(seen: Sample) -> Finding:
    """Look at what the hypervisor gave to others meanwhile."""
    name = "stolen time"
    if seen.stolen_share is None:
        return Finding(name, None, "this system doesn't count what a hypervisor takes")
    says = f"the hypervisor took {seen.stolen_share:.1%} of the cores' time"
    if seen.stolen_share <= MOST_STOLEN_SHARE:
        return Finding(name, True, says)
    advice = (
        "Other virtual machines use these cores too: measure at a quieter hour or on a machine "
        "of your own. Trust the comparisons more than the throughputs."
    )
    return Finding(name, False, says, advice)


def virtual_machine(root: Path = Path("/")) -> Finding:
    """Look for a hypervisor."""
    name = "virtual machine"
    flags = re.search(r"^flags\s*:(.*)$", _read(root / "proc/cpuinfo"), re.MULTILINE)
    if not flags:
        return Finding(name, None, "the processor's flags aren't told here")
    if "hypervisor" not in flags[1].split():
        return Finding(name, True, "none: the processor names no hypervisor")
    advice = (
        "Neighbours may take time and caches unseen. Compare within a run rather than between "
        "runs, and prefer --preset standard: it measures in five fresh sets of processes."
    )
    return Finding(name, False, "this is one: the processor's flags name a hypervisor", advice)


def governor(root: Path = Path("/")) -> Finding:
    """Look at who sets the cores' frequency."""
    files = (root / _CPU).glob("cpu[0-9]*/cpufreq/scaling_governor")
    found = [word for file in files if (word := _read(file))]
    if not found:
        return Finding("governor", None, "the system doesn't tell who sets the cores' frequency")
    if set(found) == {"performance"}:
        return Finding("governor", True, "performance")
    counts = ", ".join(f"{word} on {found.count(word)}" for word in sorted(set(found)))
    advice = (
        "The clock rises and falls with the load. Until the next start: echo performance | "
        f"sudo tee /{_CPU}/cpu*/cpufreq/scaling_governor"
    )
    return Finding("governor", False, f"{counts} of {len(found)} cores", advice)


def turbo(root: Path = Path("/")) -> Finding:
    """Look whether the clock may rise above what can be kept up."""
    for file, on in (("intel_pstate/no_turbo", "0"), ("cpufreq/boost", "1")):
        found = _read(root / _CPU / file)
        if found == on:
            advice = (
                "The clock falls as the chip gets warm or more cores work. For steadier numbers, "
                f"until the next start: echo {1 - int(on)} | sudo tee /{_CPU}/{file}"
            )
            return Finding("turbo", False, "on", advice)
        if found in ("0", "1"):
            return Finding("turbo", True, "off")
    return Finding("turbo", None, "the system doesn't tell whether it is on")


def smt(root: Path = Path("/")) -> Finding:
    """Look whether two of the cores are really one."""
    name = "SMT"
    found = _read(root / _CPU / "smt/active")
    if found == "0":
        return Finding(name, True, "off, or the processor has none: a core is a core")
    if found != "1":
        return Finding(name, None, "the system doesn't tell whether cores come in halves")
    siblings = (
        _number(re.split("[,-]", _read(file))[0])
        for file in (root / _CPU).glob("cpu[0-9]*/topology/thread_siblings_list")
    )
    firsts = ",".join(map(str, sorted({each for each in siblings if each is not None})))
    advice = (
        "How fast such a half is depends on what the other one does. Until the next start: "
        f"echo off | sudo tee /{_CPU}/smt/control"
    )
    if firsts:
        advice += f"; or use one half of each: taskset -c {firsts} aebench run"
    return Finding(name, False, "on: what counts as a core is half of one", advice)


def affinity(usable: int | None, cores: int | None) -> Finding:
    """Compare the cores that this process may use with all there are."""
    if usable is None or cores is None:
        return Finding("affinity", None, "this system can't keep a process to some of the cores")
    if usable >= cores:
        return Finding("affinity", True, f"a run may use all cores: {cores}")
    advice = (
        "If that isn't meant, start aebench without taskset or in a container with all cores. "
        "If it is, see to it that nothing else runs on these."
    )
    return Finding("affinity", False, f"a run may use {usable} of {cores} cores", advice)


def processor_limit(root: Path, cores: int) -> Finding:
    """Look for a limit on processor time in this process's control group and its parents."""
    name = "processor limit"
    groups = _groups(root, "cpu")
    if not groups:
        return Finding(name, None, "no control groups can be seen from here")
    limits = [quota for group in groups if (quota := _quota(group)) is not None]
    if not limits:
        return Finding(name, True, "none")
    says = f"a control group allows the time of {min(limits):g} cores"
    if min(limits) >= cores:
        return Finding(name, True, says)
    advice = (
        f"The backends see {cores} cores, start as many threads and are then halted for parts of "
        f"each tenth of a second. Lift the limit, or give --threads {max(1, int(min(limits)))}."
    )
    return Finding(name, False, says, advice)


def free_memory(seen: Sample) -> Finding:
    """Compare the available memory with what a run needs."""
    if seen.available_bytes is None:
        return Finding("memory", None, "this system doesn't tell what is available")
    says = f"{_gib(seen.available_bytes)} available; a run needs about {_gib(NEEDED_BYTES)}"
    if seen.available_bytes >= NEEDED_BYTES:
        return Finding("memory", True, says)
    return Finding("memory", False, says, f"{_why_needed()} Free some, or use fewer --backend.")


def swap(seen: Sample) -> Finding:
    """Look whether swap is in use."""
    if seen.swapped_bytes is None:
        return Finding("swap", None, "this system doesn't tell")
    says = f"{_gib(seen.swapped_bytes)} in use"
    if seen.swapped_bytes <= MOST_SWAPPED_BYTES:
        return Finding("swap", True, says)
    advice = (
        "Memory was short. What is swapped out counts in no footprint and stalls when it is "
        "needed: end what holds much memory, or turn swap off and on again (swapoff -a)."
    )
    return Finding("swap", False, says, advice)


def memory_limit(root: Path = Path("/")) -> Finding:
    """Look for a limit on memory in this process's control group and its parents."""
    name = "memory limit"
    groups = _groups(root, "memory")
    if not groups:
        return Finding(name, None, "no control groups can be seen from here")
    files = ("memory.max", "memory.limit_in_bytes")
    found = [_number(_read(group / file)) for group in groups for file in files]
    limits = [each for each in found if each is not None and 0 <= each < _UNLIMITED_BYTES]
    if not limits:
        return Finding(name, True, "none")
    says = f"a control group allows {_gib(min(limits))}; a run needs about {_gib(NEEDED_BYTES)}"
    if min(limits) >= NEEDED_BYTES:
        return Finding(name, True, says)
    advice = f"{_why_needed()} Beyond the limit they are killed: raise it, or use fewer --backend."
    return Finding(name, False, says, advice)


def memory_peaks(exact: bool) -> Finding:
    """Tell how a run measures the peaks of memory here."""
    name = "memory peaks"
    if exact:
        return Finding(name, True, "exact: the kernel keeps them and resets them on request")
    says = "sampled: the kernel's own mark (/proc/self/clear_refs) can't be reset here"
    advice = (
        "The footprint misses peaks shorter than 20 ms. Exact ones need Linux, and a container "
        "that lets a process write that file."
    )
    return Finding(name, False, says, advice)


def clock(monotonic: bool, resolution_seconds: float) -> Finding:
    """Judge the clock that everything is timed with."""
    says = f"{'runs forward only' if monotonic else 'can be set back'}, "
    says += f"resolves {resolution_seconds * 1e9:,.3g} ns"
    if monotonic and resolution_seconds <= MOST_RESOLUTION_SECONDS:
        return Finding("clock", True, says)
    advice = "Short steps can't be timed with it: use another system or another build of Python."
    return Finding("clock", False, says, advice)


def clock_source(root: Path = Path("/")) -> Finding:
    """Look where the kernel takes the time from."""
    name = "clock source"
    found = _read(root / _CLOCK)
    if not found:
        return Finding(name, None, "the system doesn't tell where it takes the time from")
    if found in _FAST_CLOCKS:
        return Finding(name, True, found)
    advice = (
        "Each look at such a clock can take microseconds, and frameworks look often. If "
        f"available_clocksource beside it lists tsc: echo tsc | sudo tee /{_CLOCK}"
    )
    return Finding(name, False, f"{found}, which isn't known to be fast", advice)


def variables(environment: Mapping[str, str]) -> Finding:
    """Look for variables that change what the frameworks do."""
    name = "environment"
    ours = _set_by_aebench()
    found = {
        each: value
        for each, value in sorted(environment.items())
        if is_telling(each) and each not in ours
    }
    if not found:
        return Finding(name, True, "no variable is set that changes what the backends do")
    effects: dict[str, list[str]] = {}
    for each in found:
        effect = next(told for pattern, told in _EFFECTS.items() if re.fullmatch(pattern, each))
        effects.setdefault(effect, []).append(each)
    says = ", ".join(f"{each}={_short(value)}" for each, value in found.items())
    told = "; ".join(f"{effect} ({', '.join(names)})" for effect, names in effects.items())
    advice = (
        f"They can change {told}. Unless that is what you measure: "
        f"env {' '.join(f'-u {each}' for each in found)} aebench run. "
        "To use fewer cores, --threads holds for all backends alike."
    )
    return Finding(name, False, says, advice)


def _read(file: Path) -> str:
    """Read a small file; nothing if that can't be done."""
    try:
        return file.read_text(errors="replace").strip()
    except (OSError, ValueError):  # ValueError: a path with a null in it
        return ""


def _number(text: str) -> int | None:
    # No such file holds a longer number, and far longer ones fit no float.
    return int(text) if re.fullmatch(r"-?[0-9]{1,20}", text) else None


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / 2**30:.1f} GiB"


def _short(value: str) -> str:
    return value if len(value) <= _SHOWN_CHARACTERS else f"{value[: _SHOWN_CHARACTERS - 1]}…"


def _why_needed() -> str:
    return (
        f"The speed pass holds a worker per backend, {WORKERS_AT_ONCE} at once, with about "
        f"{_gib(WORKER_BYTES)} each."
    )


def _set_by_aebench() -> set[str]:
    """Name what each worker is given anyway, whatever the environment says."""
    given = (backends.load(name).environment(Path()) for name in backends.NAMES)
    return {"KERAS_BACKEND", "KERAS_HOME"}.union(*given)


def _groups(root: Path, controller: str) -> list[Path]:
    """List the folders of this process's control group and its parents, in versions 1 and 2."""
    mounts = root / "sys/fs/cgroup"
    if next(mounts.glob("*"), None) is None:
        return []
    groups: list[Path] = []
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        # A container may be told its path on the host, and be shown its own group as the top.
        names = [name for name in path.split("/") if name]
        places = (controllers, controller) if controllers else (".", "unified")
        for place in places:
            groups += (mounts.joinpath(place, *names[:depth]) for depth in range(len(names) + 1))
    return groups


def _quota(group: Path) -> float | None:
    """Read how many cores' time a control group may use."""
    words = _read(group / "cpu.max").split() or [
        _read(group / "cpu.cfs_quota_us"),
        _read(group / "cpu.cfs_period_us"),
    ]
    quota, period = (_number(word) for word in (*words, "", "")[:2])
    return quota / period if quota and period and quota > 0 and period > 0 else None
