"""Checks of what else uses the machine."""

import re
from pathlib import Path

from aebench.bench.system.doctor.finding import Finding
from aebench.bench.system.doctor.sampling import Sample
from aebench.bench.system.doctor.system import read

MOST_STEAL_SHARE = 0.01


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


def steal_time(seen: Sample) -> Finding:
    """Look at what the hypervisor gave to others meanwhile."""
    name = "steal"
    if seen.steal_share is None:
        return Finding(name, None, "this system doesn't count what a hypervisor takes")
    says = f"the hypervisor took {seen.steal_share:.1%} of the cores' time"
    if seen.steal_share <= MOST_STEAL_SHARE:
        return Finding(name, True, says)
    advice = (
        "Other virtual machines use these cores too: measure at a quieter hour or on a machine "
        "of your own. Trust the comparisons more than the throughputs."
    )
    return Finding(name, False, says, advice)


def virtual_machine(root: Path = Path("/")) -> Finding:
    """Look for a hypervisor."""
    name = "virtual machine"
    flags = re.search(r"^flags\s*:(.*)$", read(root / "proc/cpuinfo"), re.MULTILINE)
    if not flags:
        return Finding(name, None, "the processor's flags aren't told here")
    if "hypervisor" not in flags[1].split():
        return Finding(name, True, "none: the processor names no hypervisor")
    advice = (
        "Neighbours may take time and caches unseen. Compare within a run rather than between "
        "runs, and prefer --preset standard: it measures in five fresh sets of processes."
    )
    return Finding(name, False, "this is one: the processor's flags name a hypervisor", advice)
