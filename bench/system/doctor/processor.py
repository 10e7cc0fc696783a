"""Checks of the cores: how fast, how whole, and how many of them a run may use."""

import re
from pathlib import Path

from aebench.bench.system.doctor.finding import Finding
from aebench.bench.system.doctor.system import control_groups, number, read

_CPU = "sys/devices/system/cpu"


def governor(root: Path = Path("/")) -> Finding:
    """Look at who sets the cores' frequency."""
    files = (root / _CPU).glob("cpu[0-9]*/cpufreq/scaling_governor")
    found = [word for file in files if (word := read(file))]
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
        found = read(root / _CPU / file)
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
    found = read(root / _CPU / "smt/active")
    if found == "0":
        return Finding(name, True, "off, or the processor has none: a core is a core")
    if found != "1":
        return Finding(name, None, "the system doesn't tell whether cores come in halves")
    siblings = (
        number(re.split("[,-]", read(file))[0])
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
    groups = control_groups(root, "cpu")
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


def _quota(group: Path) -> float | None:
    """Read how many cores' time a control group may use."""
    words = read(group / "cpu.max").split() or [
        read(group / "cpu.cfs_quota_us"),
        read(group / "cpu.cfs_period_us"),
    ]
    quota, period = (number(word) for word in (*words, "", "")[:2])
    return quota / period if quota and period and quota > 0 and period > 0 else None
