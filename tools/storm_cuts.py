"""The kinds of cuts: how a run is interrupted, and with which exit codes it may then end."""

import contextlib
import random
import signal
import time
from collections.abc import Callable

import psutil

from storm_checks import TIDY_SECONDS
from storm_run import BackgroundRun, Folders

# Returns whether the run was cut.
Cut = Callable[[Folders, BackgroundRun, random.Random], bool]
STOP_SECONDS = 3.0
INTERRUPTED = 130


def _workers(run: BackgroundRun) -> list[psutil.Process]:
    deadline = time.monotonic() + TIDY_SECONDS
    while time.monotonic() < deadline and run.process.poll() is None:
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(run.process.pid).children()
            found = [child for child in children if "aebench.bench.worker" in child.cmdline()]
            if found:
                return found
        time.sleep(0.05)
    return []


def _signalled(number: int) -> Cut:
    def send(folders: Folders, run: BackgroundRun, moments: random.Random) -> bool:
        run.process.send_signal(number)
        return True

    return send


def _kill_worker(folders: Folders, run: BackgroundRun, moments: random.Random) -> bool:
    workers = _workers(run)
    with contextlib.suppress(psutil.Error):
        if workers:
            moments.choice(workers).kill()
    return bool(workers)


def _stop_parent(folders: Folders, run: BackgroundRun, moments: random.Random) -> bool:
    return _stop(psutil.Process(run.process.pid))


def _stop_worker(folders: Folders, run: BackgroundRun, moments: random.Random) -> bool:
    workers = _workers(run)
    return bool(workers) and _stop(moments.choice(workers))


def _stop(process: psutil.Process) -> bool:
    try:
        process.suspend()
        time.sleep(STOP_SECONDS)
        process.resume()
    except psutil.Error:
        return False
    return True


def _fill(folders: Folders, run: BackgroundRun, moments: random.Random) -> bool:
    with contextlib.suppress(OSError), (folders.disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    return True


def _hang_up(folders: Folders, run: BackgroundRun, moments: random.Random) -> bool:
    run.hang_up()
    return True


KINDS: dict[str, Cut] = {
    "kill parent": _signalled(signal.SIGKILL),
    "kill worker": _kill_worker,
    "SIGINT": _signalled(signal.SIGINT),
    "SIGTERM": _signalled(signal.SIGTERM),
    "SIGHUP": _signalled(signal.SIGHUP),
    "stop parent": _stop_parent,
    "stop worker": _stop_worker,
    "full disk": _fill,
    "stdout closed": _hang_up,
    "terminal gone": _hang_up,
}
# The exit codes that a cut allows; other cuts allow 0 and 1. A signal that comes before the run
# begins ends the command with the signal's own code.
CODES: dict[str, tuple[int, ...]] = {
    "kill parent": (-signal.SIGKILL,),
    "SIGINT": (INTERRUPTED, 0),
    "SIGTERM": (INTERRUPTED, -signal.SIGTERM, 0),
    "SIGHUP": (INTERRUPTED, -signal.SIGHUP, 0),
    "terminal gone": (INTERRUPTED, -signal.SIGHUP, 0),
    # 2: the disk was full before the record was begun.
    "full disk": (0, 1, 2),
    "no cut": (0,),
}
