"""Ends the workers if the parent dies without a word, ``kill -9`` included.

One small process per run, started as ``PYTHON -m bench.guard``. It reads the process ids of
workers from its standard input and sleeps; when that ends, because the parent closed it or is
gone, it kills those workers and all their children.
"""

import contextlib
import os
import signal
import sys

import psutil


def kill_tree(pid: int) -> None:
    """Kill a worker, its children and its process group at once.

    Parameters
    ----------
    pid : int
        Of a worker, the leader of a process group of its own; it may be dead already.
    """
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def main() -> None:
    """Keep the set of living workers; when the parent is gone, kill them."""
    workers: set[int] = set()
    for line in sys.stdin:
        sign, pid = line[0], int(line[1:])
        if sign == "+":
            workers.add(pid)
        else:
            workers.discard(pid)
    for pid in workers:
        kill_tree(pid)


if __name__ == "__main__":
    main()
