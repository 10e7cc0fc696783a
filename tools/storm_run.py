"""A run in the background, and the folders that the runs of a storm use."""

import contextlib
import fcntl
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The environment variable by which a run's processes are found again.
MARK = "AEBENCH_STORM"
# The limit for a whole run: on a busy machine blocks are repeated, and a run takes many minutes.
END_SECONDS = 900.0
DISK = "size=8m"


class Folders:
    """Make the temporary folders: one for everything, TMPDIR, and a small disk if allowed.

    ``mounted`` is whether the disk is one, which can be full; else it is an ordinary folder.
    """

    def __init__(self) -> None:
        self.room = Path(tempfile.mkdtemp(prefix="storm-"))
        self.scratch = self.room / "tmp"
        self.scratch.mkdir()
        self.disk = self.room / "disk"
        self.disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", DISK, "none", str(self.disk)]
        self.mounted = not subprocess.run(mount, capture_output=True, check=False).returncode

    def close(self) -> None:
        """Remove the folders."""
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.disk)], check=False)
        shutil.rmtree(self.room, ignore_errors=True)


class BackgroundRun:
    """Start a run in the background that writes to a file, a pipe or a terminal."""

    def __init__(self, folders: Folders, arguments: list[str], where: str) -> None:
        self.log = folders.room / "log.txt"
        self._held: int | None = None
        command = [sys.executable, "-m", "aebench", "run", *arguments]
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "TMPDIR": str(folders.scratch),
        }
        environment[MARK] = str(os.getpid())
        with self.log.open("wb") as log:
            if where == "pipe":
                self._held, theirs = os.pipe()
            elif where == "terminal":
                self._held, theirs = pty.openpty()
            else:
                theirs = os.dup(log.fileno())
            try:
                self.process = subprocess.Popen(
                    command,
                    stdin=theirs if where == "terminal" else subprocess.DEVNULL,
                    stdout=theirs,
                    stderr=theirs if where == "terminal" else log,
                    env=environment,
                    cwd=folders.room,
                    start_new_session=True,
                    preexec_fn=_take_terminal if where == "terminal" else None,
                )
            finally:
                os.close(theirs)
        if self._held is not None:
            self._reading = threading.Event()
            threading.Thread(target=self._drain, args=(self._held,), daemon=True).start()

    def _drain(self, held: int) -> None:
        """Copy the run's output into the log: a full pipe would make the run wait."""
        with contextlib.suppress(OSError), self.log.open("ab") as log:
            while not self._reading.is_set():
                # A blocking read would keep the pipe open when hang_up closes it.
                os.set_blocking(held, False)
                try:
                    text = os.read(held, 65536)
                except BlockingIOError:
                    time.sleep(0.02)
                    continue
                if not text:
                    return
                log.write(text)
                log.flush()

    def hang_up(self) -> None:
        """Close our end of the pipe or terminal that the run writes to."""
        if self._held is not None:
            self._reading.set()
            time.sleep(0.1)
            os.close(self._held)
            self._held = None

    def end(self) -> int | None:
        """Wait for the run's end; return its exit code, or None if it was killed as too slow."""
        try:
            return self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None
        finally:
            self.hang_up()


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
