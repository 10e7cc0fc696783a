"""End the workers if the parent dies, even by ``kill -9``.

The guard is one small process per run: ``PYTHON -m aebench.bench.campaign.guard FOLDER``. It reads
the process ids of workers from its standard input and sleeps. If its input ends without a goodbye,
the parent is gone. Then it kills those workers and all their children, and removes the run's folder
of temporary files.
"""

import contextlib
import os
import shutil
import signal
import sys
import time

import psutil

GOODBYE = "."
_TIDYING_SECONDS = 5.0


def kill_tree(pid: int) -> None:
    """Kill a worker, its children and its process group at once.

    Parameters
    ----------
    pid : int
        The worker's process id, which is its process group's id too. The worker may be dead.
    """
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def main() -> None:
    """Read which workers live; when the parent is gone, kill them and remove its folder."""
    workers: set[int] = set()
    for line in sys.stdin:
        if line.strip() == GOODBYE:
            return
        sign, pid = line[0], int(line[1:])
        if sign == "+":
            workers.add(pid)
        else:
            workers.discard(pid)
    for pid in workers:
        kill_tree(pid)
    _remove(sys.argv[1])


def _remove(folder: str) -> None:
    """Remove a folder, again and again for up to 5 s.

    Processes that were just killed may still write into it.
    """
    deadline = time.monotonic() + _TIDYING_SECONDS
    while os.path.lexists(folder) and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
