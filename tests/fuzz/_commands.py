"""Start the zygote, send it calls, and receive their outcomes."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

from fuzz._calling import ROOT, Call, Outcome


class Commands:
    """Run commands in a zygote process, which is started when this is made."""

    def __init__(self) -> None:
        self._cache = tempfile.TemporaryDirectory(prefix="fuzz-cache-")
        self._start()

    @property
    def cache(self) -> str:
        """Return the folder for matplotlib's cache, which all calls share."""
        return self._cache.name

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fuzz._zygote", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env={
                    **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
                    "LANG": "C.UTF-8",
                    "MPLCONFIGDIR": self.cache,
                    "PYTHONPATH": os.pathsep.join(
                        (str(ROOT / "src"), str(Path(__file__).parent.parent))
                    ),
                    "PYTHONDONTWRITEBYTECODE": "1",
                    "OMP_NUM_THREADS": "1",
                    "OPENBLAS_NUM_THREADS": "1",
                },
            )
        self._connection = Connection(ours.detach())
        assert self._connection.recv() == "ready"

    def call(self, call: Call) -> Outcome:
        """Run a command, and return its outcome."""
        self._connection.send(call)
        outcome = self._connection.recv()
        assert isinstance(outcome, Outcome)
        return outcome

    def close(self) -> None:
        """End the zygote, and remove the cache."""
        self._connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()
        self._process.wait()
        self._cache.cleanup()
