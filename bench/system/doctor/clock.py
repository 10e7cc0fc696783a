"""Checks of the clock that everything is timed with."""

from pathlib import Path

from aebench.bench.system.doctor.finding import Finding
from aebench.bench.system.doctor.system import read

MOST_RESOLUTION_SECONDS = 1e-6
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
    found = read(root / _CLOCK)
    if not found:
        return Finding(name, None, "the system doesn't tell where it takes the time from")
    if found in _FAST_CLOCKS:
        return Finding(name, True, found)
    advice = (
        "Each look at such a clock can take microseconds, and frameworks look often. If "
        f"available_clocksource beside it lists tsc: echo tsc | sudo tee /{_CLOCK}"
    )
    return Finding(name, False, f"{found}, which isn't known to be fast", advice)
