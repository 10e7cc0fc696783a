"""Interrupt small runs at random moments, resume them, and check that nothing is lost.

Usage: python tools/storm.py [--kills 100] [--seed N] [--out FOLDER]

An interruption is called a cut. After every cut four rules are checked:

- The record can be read; at most its last line is damaged.
- All bytes of the record from before the cut are still there.
- The exit code is a documented one.
- 10 s later, no process, no temporary folder and no other file of the run is left.

A table lists how often every kind of cut was made, and how often it broke a rule. The exit code is
1 if a rule was broken.
"""

import argparse
import contextlib
import fcntl
import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))
from aebench.reports.journal import Record, RecordError, load

ROOT = Path(__file__).resolve().parent.parent
ASKED = ("--data", "embedded", "--train-samples", "640", "--model", "ae200", "--epochs", "1")
ASKED += ("--backend", "jax", "--workload", "train")
ASKED += ("--pass", "speed", "footprint", "quality")
MARK = "AEBENCH_STORM"
# A cut comes between these seconds after a run's start. Before 0.8 s Python itself is starting.
MOMENTS_SECONDS = (0.8, 12.0)
# The limit for a whole run: on a busy machine blocks are repeated, and a run takes many minutes.
END_SECONDS = 900.0
TIDY_SECONDS = 10.0
STOP_SECONDS = 3.0
CUTS_IN_A_ROW = 5
DISK = "size=8m"
INTERRUPTED = 130


class Going:
    """Start a run in the background that writes to a file, a pipe or a terminal."""

    def __init__(self, storm: "Storm", arguments: list[str], where: str) -> None:
        self.log = storm.room / "log.txt"
        self._held: int | None = None
        command = [sys.executable, "-m", "aebench", "run", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(storm.scratch)}
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
                    cwd=storm.room,
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


class Storm:
    """Start runs, cut them, and check what is left.

    Parameters
    ----------
    out : Path
        The folder for the records and outputs of runs that broke a rule.
    moments : random.Random
        Draws the kinds of cuts and their moments.
    """

    def __init__(self, out: Path, moments: random.Random) -> None:
        self.room = Path(tempfile.mkdtemp(prefix="storm-"))
        self.scratch = self.room / "tmp"
        self.scratch.mkdir()
        self.disk = self.room / "disk"
        self.disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", DISK, "none", str(self.disk)]
        self.mounted = not subprocess.run(mount, capture_output=True, check=False).returncode
        self.out = out
        self.moments = moments
        self.times: Counter[str] = Counter()
        self.violated: Counter[str] = Counter()
        self.late = self.completed = self._kept = 0
        self._known = b""

    def close(self) -> None:
        """Remove the temporary folders."""
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.disk)], check=False)
        shutil.rmtree(self.room, ignore_errors=True)

    def run_whole(self, number: int, kills: int) -> None:
        """Start run ``number``, cut and resume it several times, and let it end.

        No more cuts are made when ``kills`` cuts have been made in total.
        """
        folder = self.disk / f"run-{number}"
        self._known = b""
        cuts = 0
        while not self._is_complete(folder):
            kind = ""
            if cuts < CUTS_IN_A_ROW and self.times.total() < kills:
                kind = self.moments.choice([known for known in KINDS if self._can(known)])
            begun = (folder / "record.jsonl").exists()
            arguments = ["--resume", str(folder)] if begun else [*ASKED, "--out", str(folder)]
            cuts += self._once(kind, arguments, folder)
            if not kind and not self._is_complete(folder):
                self._violation("no cut", [f"the run isn't complete: {_outcome(folder)}"], folder)
                break
        self.completed += 1
        shutil.rmtree(folder, ignore_errors=True)

    def _can(self, kind: str) -> bool:
        return self.mounted or kind != "full disk"

    def _is_complete(self, folder: Path) -> bool:
        return _outcome(folder) == "complete"

    def _once(self, kind: str, arguments: list[str], folder: Path) -> bool:
        """Start or resume a run, cut it if ``kind`` isn't empty, and check what is left.

        Returns
        -------
        bool
            Whether the run was cut; a cut can come after the run's end.
        """
        where = {"stdout closed": "pipe", "terminal gone": "terminal"}.get(kind, "file")
        going = Going(self, arguments, where)
        cut = False
        if kind:
            with contextlib.suppress(subprocess.TimeoutExpired):
                going.process.wait(self.moments.uniform(*MOMENTS_SECONDS))
            cut = going.process.poll() is None and KINDS[kind](self, going)
            self.late += not cut
        path = folder / "record.jsonl"
        seen = path.read_bytes() if path.exists() else b""
        code = going.end()
        (self.disk / "filler").unlink(missing_ok=True)
        name = kind if cut else "no cut"
        self.times[kind] += cut
        found = self._look(name, code, folder, seen, going.log)
        if found:
            self._violation(name, found, folder)
        return cut

    def _look(self, kind: str, code: int | None, folder: Path, seen: bytes, log: Path) -> list[str]:
        """List the rules that the run broke, as sentences."""
        found = []
        if code not in CODES.get(kind, (0, 1)):
            found.append(f"exit code {code}" if code is not None else "it didn't end")
        path = folder / "record.jsonl"
        content = path.read_bytes() if path.exists() else b""
        for before in (self._known, seen):
            sound = before[: before.rfind(b"\n") + 1]
            if not content.startswith(sound):
                found.append(f"{len(sound):,} bytes were there before, and aren't any more")
        self._known = content
        if content:
            found += _damage(path, content)
        if b"Traceback" in log.read_bytes():
            found.append("a traceback")
        return found + _left(self.scratch, folder)

    def _violation(self, kind: str, found: list[str], folder: Path) -> None:
        self.violated[kind] += 1
        self._kept += 1
        kept = self.out / f"{self._kept:02}-{kind.replace(' ', '-')}"
        kept.mkdir(parents=True, exist_ok=True)
        for source in (folder / "record.jsonl", self.room / "log.txt"):
            if source.exists():
                shutil.copy(source, kept)
        print(f"violated after {kind}: {'; '.join(found)}\n  {kept}", flush=True)

    def table(self) -> str:
        """Return a table: how often every kind of cut was made, and how often it broke a rule."""
        lines = [f"{'cut':<18}{'times':>6}{'violations':>12}"]
        for kind in (*KINDS, "no cut"):
            times = str(self.times[kind]) if kind in KINDS else "–"
            times = "skipped" if not self._can(kind) else times
            lines.append(f"{kind:<18}{times:>6}{self.violated[kind]:>12}")
        return "\n".join(lines)


def _outcome(folder: Path) -> str:
    if not (folder / "record.jsonl").exists():
        return "not begun"
    try:
        return load(folder).outcome
    except RecordError as error:
        return str(error)


def _damage(path: Path, content: bytes) -> list[str]:
    try:
        record: Record = load(path)
    except RecordError as error:
        # Without a whole line, the cut came while the header was written. There is no record yet,
        # so this is no damage.
        return [] if b"\n" not in content else [str(error)]
    whole = content.endswith(b"\n")
    lines = content.count(b"\n")
    cut = not whole and f"line {lines + 1} is cut off" in record.damage
    return [record.damage] if record.damage and not cut else []


def _left(scratch: Path, folder: Path) -> list[str]:
    """List what a run leaves after 10 s: processes, temporary folders, files beside the record."""
    deadline = time.monotonic() + TIDY_SECONDS
    while True:
        found = [f"left in TMPDIR: {path.name}" for path in scratch.glob("aebench-*")]
        found += [f"still alive: {process}" for process in _alive()]
        if not found or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    for path in scratch.iterdir():
        shutil.rmtree(path, ignore_errors=True)
    beside = sorted(folder.iterdir()) if folder.exists() else []
    return found + [
        f"beside the record: {path.name}"
        for path in beside
        if path.name not in ("record.jsonl", "traces")
    ]


def _alive() -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get(MARK) == str(os.getpid())
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()[:4]))
        except psutil.Error:
            continue
    return found


def _workers(going: Going) -> list[psutil.Process]:
    deadline = time.monotonic() + TIDY_SECONDS
    while time.monotonic() < deadline and going.process.poll() is None:
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(going.process.pid).children()
            found = [child for child in children if "aebench.bench.worker" in child.cmdline()]
            if found:
                return found
        time.sleep(0.05)
    return []


def _signalled(number: int) -> Callable[[Storm, Going], bool]:
    def send(storm: Storm, going: Going) -> bool:
        going.process.send_signal(number)
        return True

    return send


def _kill_worker(storm: Storm, going: Going) -> bool:
    workers = _workers(going)
    with contextlib.suppress(psutil.Error):
        if workers:
            storm.moments.choice(workers).kill()
    return bool(workers)


def _stop_parent(storm: Storm, going: Going) -> bool:
    return _stop(psutil.Process(going.process.pid))


def _stop_worker(storm: Storm, going: Going) -> bool:
    workers = _workers(going)
    return bool(workers) and _stop(storm.moments.choice(workers))


def _stop(process: psutil.Process) -> bool:
    try:
        process.suspend()
        time.sleep(STOP_SECONDS)
        process.resume()
    except psutil.Error:
        return False
    return True


def _fill(storm: Storm, going: Going) -> bool:
    with contextlib.suppress(OSError), (storm.disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    return True


def _hang_up(storm: Storm, going: Going) -> bool:
    going.hang_up()
    return True


KINDS: dict[str, Callable[[Storm, Going], bool]] = {
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--out", type=Path, default=Path("results") / "storm")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    storm = Storm(asked.out.resolve(), random.Random(asked.seed))
    if not storm.mounted:
        print("full disk: skipped, since this process isn't allowed to mount a tmpfs")
    began = time.monotonic()
    number = 0
    with contextlib.closing(storm), contextlib.suppress(KeyboardInterrupt):
        while storm.times.total() < asked.kills:
            number += 1
            storm.run_whole(number, asked.kills)
            minutes = (time.monotonic() - began) / 60
            print(f"[{minutes:.0f} min] {storm.times.total()} cuts, {number} runs", flush=True)
    print(storm.table())
    print(f"{storm.times.total()} cuts of {storm.completed} runs; {storm.late} came after the end")
    sys.exit(1 if storm.violated else 0)


if __name__ == "__main__":
    main()
