"""Check for other processes and virtual machines that use the same processor."""

import re
from pathlib import Path

from aebench.bench.system.doctor.finding import Finding
from aebench.bench.system.doctor.sampling import Sample
from aebench.bench.system.doctor.system import read

MOST_STEAL_SHARE = 0.01


def load(seen: Sample, cores: int) -> Finding:
    """Check that the load average of the last minute is low."""
    if seen.load is None:
        return Finding("load", None, "this system shows no load average")
    says = f"average of the last minute {seen.load:.2f}, on {cores} cores"
    if seen.load <= max(0.5, 0.05 * cores):
        return Finding("load", True, says)
    advice = "End what else runs and wait a minute: a run wants all cores to itself."
    return Finding("load", False, says, advice)


def other_processes(seen: Sample, cores: int) -> Finding:
    """Check that the other processes were idle while they were watched."""
    name = "other processes"
    if seen.busy_cores is None and not seen.busiest:
        return Finding(name, None, "this system doesn't show what they do")
    busy = max(seen.busy_cores or 0.0, seen.busiest_cores)
    says = f"they kept {busy:.2f} cores busy"
    if busy <= max(0.1, 0.02 * cores):
        return Finding(name, True, says)
    if seen.busiest_cores >= busy / 4:
        says += f"; the busiest was {seen.busiest} with {seen.busiest_cores:.2f}"
    else:
        says += "; no single one that can be seen from here"
    return Finding(name, False, says, "Stop them: they take time from the measured processes.")


def steal_time(seen: Sample) -> Finding:
    """Check that the hypervisor gave no time of the cores to other virtual machines."""
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
    """Check whether this is a virtual machine."""
    name = "virtual machine"
    flags = re.search(r"^flags\s*:(.*)$", read(root / "proc/cpuinfo"), re.MULTILINE)
    if not flags:
        return Finding(name, None, "this system doesn't show the processor's flags")
    if "hypervisor" not in flags[1].split():
        return Finding(name, True, "none: the processor names no hypervisor")
    advice = (
        "Other virtual machines may use its cores and caches, and that can't be seen. Compare "
        "within a run rather than between runs, and prefer --preset standard: it measures in five "
        "fresh sets of processes."
    )
    return Finding(name, False, "this is one: the processor's flags name a hypervisor", advice)
