"""Check the clock with which all measurements are timed."""

from pathlib import Path

from aebench.bench.system.doctor.finding import Finding
from aebench.bench.system.doctor.system import read

MOST_RESOLUTION_SECONDS = 1e-6
_CLOCK = "sys/devices/system/clocksource/clocksource0/current_clocksource"
# Clocks that are read without a system call: three of x86, then ARM, RISC-V, POWER and IBM Z.
_FAST_CLOCKS = {
    "tsc",
    "kvm-clock",
    "hyperv_clocksource_tsc_page",
    "arch_sys_counter",
    "riscv_clocksource",
    "timebase",
    "tod",
}


def clock(monotonic: bool, resolution_seconds: float) -> Finding:
    """Check that the clock never runs backwards, and that its resolution is 1 µs or finer."""
    says = f"{'runs forward only' if monotonic else 'can be set back'}, "
    says += f"resolves {resolution_seconds * 1e9:,.3g} ns"
    if monotonic and resolution_seconds <= MOST_RESOLUTION_SECONDS:
        return Finding("clock", True, says)
    advice = "Short steps can't be timed with it: use another system or another build of Python."
    return Finding("clock", False, says, advice)


def clock_source(root: Path = Path("/")) -> Finding:
    """Check that the kernel's clock source can be read without a system call."""
    name = "clock source"
    found = read(root / _CLOCK)
    if not found:
        return Finding(name, None, "the system doesn't show where it takes the time from")
    if found in _FAST_CLOCKS:
        return Finding(name, True, found)
    advice = (
        "Reading such a clock can take microseconds, and frameworks read it often. If the file "
        f"available_clocksource in the same folder lists tsc: echo tsc | sudo tee /{_CLOCK}"
    )
    return Finding(name, False, f"{found}, which isn't known to be fast", advice)
