"""Measure for a second how busy the machine is."""

import contextlib
import os
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psutil

from aebench.bench.system.processor import CORE_ERRORS, core_seconds, spent

SAMPLING_SECONDS = 1.0


@dataclass(frozen=True)
class Sample:
    """How busy the machine was. A value that the system doesn't show is None.

    Parameters
    ----------
    load : float, optional
        The load average of the last minute.
    busy_cores : float, optional
        Number of cores that other processes kept busy.
    busiest : str
        Name of the busiest other process.
    busiest_cores : float
        Number of cores that the busiest other process kept busy.
    steal_share : float, optional
        The share of all cores' time that the hypervisor gave to other virtual machines.
    available_bytes, swapped_bytes : int, optional
        Memory that is available without swapping, and swap in use.
    """

    load: float | None = None
    busy_cores: float | None = None
    busiest: str = ""
    busiest_cores: float = 0.0
    steal_share: float | None = None
    available_bytes: int | None = None
    swapped_bytes: int | None = None


def sample(seconds: float = SAMPLING_SECONDS) -> Sample:
    """Watch the machine for some seconds, and return what it was doing.

    Parameters
    ----------
    seconds : float
        How long the machine is watched.
    """
    before = core_seconds()
    mine_before, began = time.process_time(), time.perf_counter()
    processes = list(_others())
    time.sleep(seconds)
    cores = spent(before, core_seconds())
    mine, passed = time.process_time() - mine_before, time.perf_counter() - began
    busy_cores = steal_share = None
    if cores:
        busy_cores = max(0.0, cores.busy - mine) / passed
        steal_share = None if cores.steal is None else cores.steal / cores.total
    busiest, busiest_cores = _busiest(processes)
    load_1min = available = swapped = None
    with contextlib.suppress(*CORE_ERRORS, AttributeError):
        load_1min = os.getloadavg()[0]
    with contextlib.suppress(*CORE_ERRORS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        available = int(psutil.virtual_memory().available)
        swapped = int(psutil.swap_memory().used)
    return Sample(load_1min, busy_cores, busiest, busiest_cores, steal_share, available, swapped)


def _others() -> Iterator[psutil.Process]:
    """Yield the other processes; from here on psutil counts the processor time of each."""
    with contextlib.suppress(*CORE_ERRORS):
        for process in psutil.process_iter():
            with contextlib.suppress(*CORE_ERRORS):
                if process.pid != os.getpid():
                    process.cpu_percent()
                    yield process


def _busiest(processes: Iterable[psutil.Process]) -> tuple[str, float]:
    """Return the name of the busiest of some processes, and how many cores it kept busy."""
    busiest, most = "", 0.0
    for process in processes:
        with contextlib.suppress(*CORE_ERRORS):
            cores = process.cpu_percent() / 100
            if cores > most:
                busiest, most = f"{process.name()} (process {process.pid})", cores
    return busiest, most
