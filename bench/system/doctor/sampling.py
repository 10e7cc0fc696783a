"""What the machine is doing, watched for a second."""

import contextlib
import os
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psutil

from aebench.bench.system.processor import UNTOLD, core_seconds, spent

SAMPLING_SECONDS = 1.0


@dataclass(frozen=True)
class Sample:
    """What the machine was doing; None where the system doesn't tell.

    Parameters
    ----------
    load : float, optional
        The load average of the last minute.
    busy_cores : float, optional
        Cores that were busy with other processes, as a number.
    busiest : str
        The busiest other process.
    busiest_cores : float
        Cores that the process kept busy, as a number.
    steal_share : float, optional
        The share of all cores' time that the hypervisor gave to others.
    available_bytes, swapped_bytes : int, optional
        Memory that can be had without swapping, and swap in use.
    """

    load: float | None = None
    busy_cores: float | None = None
    busiest: str = ""
    busiest_cores: float = 0.0
    steal_share: float | None = None
    available_bytes: int | None = None
    swapped_bytes: int | None = None


def sample(seconds: float = SAMPLING_SECONDS) -> Sample:
    """Watch the machine for a while.

    Parameters
    ----------
    seconds : float
        Length of the sample.
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
    with contextlib.suppress(*UNTOLD, AttributeError):
        load_1min = os.getloadavg()[0]
    with contextlib.suppress(*UNTOLD), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        available = int(psutil.virtual_memory().available)
        swapped = int(psutil.swap_memory().used)
    return Sample(load_1min, busy_cores, busiest, busiest_cores, steal_share, available, swapped)


def _others() -> Iterator[psutil.Process]:
    """Start to watch the other processes."""
    with contextlib.suppress(*UNTOLD):
        for process in psutil.process_iter():
            with contextlib.suppress(*UNTOLD):
                if process.pid != os.getpid():
                    process.cpu_percent()
                    yield process


def _busiest(processes: Iterable[psutil.Process]) -> tuple[str, float]:
    """Name the process that worked most since it was watched, and the cores that it took."""
    busiest, most = "", 0.0
    for process in processes:
        with contextlib.suppress(*UNTOLD):
            cores = process.cpu_percent() / 100
            if cores > most:
                busiest, most = f"{process.name()} (process {process.pid})", cores
    return busiest, most
