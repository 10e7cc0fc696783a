"""Check the processor's cores: their frequency, and how many of them a run may use."""

import re
from pathlib import Path

from aebench.bench.system.doctor.finding import Finding
from aebench.bench.system.doctor.system import control_groups, number, read

_CPU = "sys/devices/system/cpu"


def governor(root: Path = Path("/")) -> Finding:
    """Check that the cores' frequency governor is ``performance``."""
    files = (root / _CPU).glob("cpu[0-9]*/cpufreq/scaling_governor")
    found = [word for file in files if (word := read(file))]
    if not found:
        return Finding("governor", None, "the system doesn't show what sets the cores' frequency")
    if set(found) == {"performance"}:
        return Finding("governor", True, "performance")
    counts = ", ".join(f"{word} on {found.count(word)}" for word in sorted(set(found)))
    advice = (
        "The clock rises and falls with the load. Until the next start: echo performance | "
        f"sudo tee /{_CPU}/cpu*/cpufreq/scaling_governor"
    )
    return Finding("governor", False, f"{counts} of {len(found)} cores", advice)


def turbo(root: Path = Path("/")) -> Finding:
    """Check that turbo is off: it raises the clock, but only while the chip is cool."""
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
    return Finding("turbo", None, "the system doesn't show whether it is on")


def smt(root: Path = Path("/")) -> Finding:
    """Check that SMT is off: with SMT, two cores of the system share one real core."""
    name = "SMT"
    found = read(root / _CPU / "smt/active")
    if found == "0":
        return Finding(name, True, "off, or the processor has none: a core is a core")
    if found != "1":
        return Finding(name, None, "the system doesn't show whether it is on")
    siblings = (
        number(re.split("[,-]", read(file))[0])
        for file in (root / _CPU).glob("cpu[0-9]*/topology/thread_siblings_list")
    )
    firsts = ",".join(map(str, sorted({core for core in siblings if core is not None})))
    advice = (
        "The speed of such a half depends on the work of the other half. Until the next start: "
        f"echo off | sudo tee /{_CPU}/smt/control"
    )
    if firsts:
        advice += f"; or use one half of every core: taskset -c {firsts} aebench run"
    return Finding(name, False, "on: what the system counts as a core is half of one", advice)


def affinity(usable: int | None, cores: int | None) -> Finding:
    """Check that this process may use all cores of the machine."""
    if usable is None or cores is None:
        return Finding("affinity", None, "this system can't restrict a process to some cores")
    if usable >= cores:
        return Finding("affinity", True, f"a run may use all cores: {cores}")
    advice = (
        "If that isn't intended, start aebench without taskset or in a container with all cores. "
        "If it is, keep other processes off these cores."
    )
    return Finding("affinity", False, f"a run may use {usable} of {cores} cores", advice)


def processor_limit(root: Path, cores: int) -> Finding:
    """Check for a limit on processor time in this process's control group and its parents."""
    name = "processor limit"
    groups = control_groups(root, "cpu")
    if not groups:
        return Finding(name, None, "this process can't see its control group")
    limits = [quota for group in groups if (quota := _quota(group)) is not None]
    if not limits:
        return Finding(name, True, "none")
    says = f"a control group allows the time of {min(limits):g} cores"
    if min(limits) >= cores:
        return Finding(name, True, says)
    advice = (
        f"The backends see {cores} cores and start {cores} threads, which the kernel stops for a "
        f"part of every 0.1 s. Lift the limit, or give --threads {max(1, int(min(limits)))}."
    )
    return Finding(name, False, says, advice)


def _quota(group: Path) -> float | None:
    """Return the processor time that a control group may use, in cores; None if unlimited."""
    words = read(group / "cpu.max").split() or [
        read(group / "cpu.cfs_quota_us"),
        read(group / "cpu.cfs_period_us"),
    ]
    quota, period = (number(word) for word in (*words, "", "")[:2])
    return quota / period if quota and period and quota > 0 and period > 0 else None
