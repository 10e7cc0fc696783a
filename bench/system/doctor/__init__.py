"""Find what could make this machine's numbers wrong, with advice: ``aebench doctor``."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
from rich.console import Group, RenderableType
from rich.table import Table

from aebench.bench.system.doctor import (
    accelerator,
    clock,
    environment,
    machine_states,
    memory,
    neighbours,
    processor,
)
from aebench.bench.system.doctor.finding import Finding
from aebench.bench.system.doctor.sampling import SAMPLING_SECONDS, sample
from aebench.bench.system.machine import usable_cores
from aebench.bench.system.proc_memory import exact_peaks
from aebench.reports.terminal import plain


def diagnose(
    root: Path = Path("/"),
    seconds: float = SAMPLING_SECONDS,
    control_seconds: float = machine_states.WATCHING_SECONDS,
) -> list[Finding]:
    """Run all checks of the machine.

    Parameters
    ----------
    root : Path
        The folder that holds ``proc`` and ``sys``.
    seconds : float
        How long the other processes are watched.
    control_seconds : float
        How long the machine controls are timed, after that.
    """
    seen = sample(seconds)
    cores = usable_cores()
    timer = time.get_clock_info("perf_counter")
    return [
        neighbours.load(seen, cores),
        neighbours.other_processes(seen, cores),
        neighbours.steal_time(seen),
        neighbours.virtual_machine(root),
        machine_states.machine_states(machine_states.watch(control_seconds)),
        processor.governor(root),
        processor.turbo(root),
        processor.smt(root),
        processor.affinity(cores if hasattr(os, "sched_getaffinity") else None, psutil.cpu_count()),
        processor.processor_limit(root, cores),
        memory.free_memory(seen),
        memory.swap(seen),
        memory.memory_limit(root),
        memory.memory_peaks(exact_peaks()),
        clock.clock(timer.monotonic, timer.resolution),
        clock.clock_source(root),
        accelerator.accelerator(),
        environment.variables(os.environ),
    ]


def render(findings: Sequence[Finding]) -> RenderableType:
    """Lay findings out: a line per finding, its advice beneath it, and a summary at the end."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column()
    for finding in findings:
        mark, style = {True: (" ", ""), False: ("!", "yellow"), None: ("?", "dim")}[finding.ok]
        grid.add_row(*(plain(text, style) for text in (mark, finding.name, finding.says)))
        if finding.advice:
            grid.add_row("", "", plain(finding.advice))
    return Group(grid, plain(), plain(summary(findings), "bold"))


def summary(findings: Sequence[Finding]) -> str:
    """Return a sentence with the number of checks that found something, or couldn't be made."""
    doubtful = sum(finding.ok is False for finding in findings)
    unknown = sum(finding.ok is None for finding in findings)
    finders = f"{doubtful} of {len(findings)} checks" if doubtful else "No check"
    sentence = f"{finders} found something that can make the numbers wrong"
    return f"{sentence}; {unknown} couldn't be made here (?)." if unknown else f"{sentence}."
