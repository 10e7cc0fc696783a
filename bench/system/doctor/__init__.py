"""What ``aebench doctor`` says: what could make this machine's numbers wrong, and what to do."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
from rich.console import Group, RenderableType
from rich.table import Table

from aebench.bench.system.doctor import clock, environment, memory, neighbours, processor
from aebench.bench.system.doctor.finding import Finding
from aebench.bench.system.doctor.sampling import SAMPLING_SECONDS, sample
from aebench.bench.system.machine import usable_cores
from aebench.bench.system.proc_memory import exact_peaks
from aebench.reports.terminal import plain


def diagnose(root: Path = Path("/"), seconds: float = SAMPLING_SECONDS) -> list[Finding]:
    """Make all checks.

    Parameters
    ----------
    root : Path
        What holds ``proc`` and ``sys``.
    seconds : float
        Time for which the other processes are watched.
    """
    seen = sample(seconds)
    cores = usable_cores()
    timer = time.get_clock_info("perf_counter")
    return [
        neighbours.load(seen, cores),
        neighbours.other_processes(seen, cores),
        neighbours.steal_time(seen),
        neighbours.virtual_machine(root),
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
        environment.variables(os.environ),
    ]


def render(findings: Sequence[Finding]) -> RenderableType:
    """Lay findings out: one line each, what to do beneath the doubtful ones, then a sentence."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column()
    for each in findings:
        mark, style = {True: (" ", ""), False: ("!", "yellow"), None: ("?", "dim")}[each.ok]
        grid.add_row(*(plain(text, style) for text in (mark, each.name, each.says)))
        if each.advice:
            grid.add_row("", "", plain(each.advice))
    return Group(grid, plain(), plain(summary(findings), "bold"))


def summary(findings: Sequence[Finding]) -> str:
    """Say in one sentence what all findings come to."""
    doubtful = sum(each.ok is False for each in findings)
    untold = sum(each.ok is None for each in findings)
    finders = f"{doubtful} of {len(findings)} checks" if doubtful else "No check"
    told = f"{finders} found something that can make the numbers wrong"
    return f"{told}; {untold} couldn't be made here (?)." if untold else f"{told}."
