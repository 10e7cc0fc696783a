"""End the workers if the parent dies, even by ``kill -9``.

The guard is one small process per run: ``PYTHON -m aebench.bench.campaign.guard FOLDER``. It reads
the process ids of workers from its standard input and sleeps. If the input ends without a goodbye,
the parent has died. The guard then kills the workers and all their children, and removes the run's
folder of temporary files.
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
        The worker's process id, which is also the id of its process group. The worker may be dead.
    """
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def main() -> None:
    """Read the ids of started and ended workers; if the parent dies, kill the remaining workers.

    The folder of temporary files is then removed too. After a goodbye nothing is done.
    """
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
    """Remove a folder; try again for up to 5 s while the folder still exists.

    Processes that were just killed may still write into the folder.
    """
    deadline = time.monotonic() + _TIDYING_SECONDS
    while os.path.lexists(folder) and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
