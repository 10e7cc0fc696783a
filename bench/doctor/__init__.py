"""What ``aebench doctor`` says: what could make this machine's numbers wrong, and what to do."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
from rich.console import Group, RenderableType
from rich.table import Table

from bench import memory
from bench.doctor import checks
from bench.doctor.sampling import SAMPLING_SECONDS, sample
from bench.machine import usable_cores
from reports.terminal import plain


def diagnose(root: Path = Path("/"), seconds: float = SAMPLING_SECONDS) -> list[checks.Finding]:
    """Make all checks.

    Parameters
    ----------
    root : Path
        What holds ``proc`` and ``sys``.
    seconds : float
        How long to watch the other processes.
    """
    seen = sample(seconds)
    cores = usable_cores()
    timer = time.get_clock_info("perf_counter")
    return [
        checks.load(seen, cores),
        checks.other_processes(seen, cores),
        checks.stolen_time(seen),
        checks.virtual_machine(root),
        checks.governor(root),
        checks.turbo(root),
        checks.smt(root),
        checks.affinity(cores if hasattr(os, "sched_getaffinity") else None, psutil.cpu_count()),
        checks.processor_limit(root, cores),
        checks.free_memory(seen),
        checks.swap(seen),
        checks.memory_limit(root),
        checks.memory_peaks(memory.exact_peaks()),
        checks.clock(timer.monotonic, timer.resolution),
        checks.clock_source(root),
        checks.variables(os.environ),
    ]


def render(findings: Sequence[checks.Finding]) -> RenderableType:
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


def summary(findings: Sequence[checks.Finding]) -> str:
    """Say in one sentence what all findings come to."""
    doubtful = sum(each.ok is False for each in findings)
    untold = sum(each.ok is None for each in findings)
    finders = f"{doubtful} of {len(findings)} checks" if doubtful else "No check"
    told = f"{finders} found something that can make the numbers wrong"
    return f"{told}; {untold} couldn't be made here (?)." if untold else f"{told}."
