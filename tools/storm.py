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
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from storm_checks import damage, left, outcome
from storm_cuts import CODES, KINDS
from storm_run import BackgroundRun, Folders

ASKED = ("--data", "embedded", "--train-samples", "640", "--model", "ae200", "--epochs", "1")
ASKED += ("--backend", "jax", "--workload", "train")
ASKED += ("--pass", "speed", "footprint", "quality")
# A cut comes between these seconds after a run's start. Before 0.8 s Python itself is starting.
MOMENTS_SECONDS = (0.8, 12.0)
CUTS_IN_A_ROW = 5


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
        self.folders = Folders()
        self.out = out
        self.moments = moments
        self.times: Counter[str] = Counter()
        self.violated: Counter[str] = Counter()
        self.late = self.completed = self._kept = 0
        self._known = b""

    def run_whole(self, number: int, kills: int) -> None:
        """Start run ``number``, cut and resume it several times, and let it end.

        No more cuts are made when ``kills`` cuts have been made in total.
        """
        folder = self.folders.disk / f"run-{number}"
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
                self._violation("no cut", [f"the run isn't complete: {outcome(folder)}"], folder)
                break
        self.completed += 1
        shutil.rmtree(folder, ignore_errors=True)

    def _can(self, kind: str) -> bool:
        return self.folders.mounted or kind != "full disk"

    def _is_complete(self, folder: Path) -> bool:
        return outcome(folder) == "complete"

    def _once(self, kind: str, arguments: list[str], folder: Path) -> bool:
        """Start or resume a run, cut it if ``kind`` isn't empty, and check what is left.

        Returns
        -------
        bool
            Whether the run was cut; a cut can come after the run's end.
        """
        where = {"stdout closed": "pipe", "terminal gone": "terminal"}.get(kind, "file")
        run = BackgroundRun(self.folders, arguments, where)
        cut = False
        if kind:
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.process.wait(self.moments.uniform(*MOMENTS_SECONDS))
            cut = run.process.poll() is None and KINDS[kind](self.folders, run, self.moments)
            self.late += not cut
        path = folder / "record.jsonl"
        seen = path.read_bytes() if path.exists() else b""
        code = run.end()
        (self.folders.disk / "filler").unlink(missing_ok=True)
        name = kind if cut else "no cut"
        self.times[kind] += cut
        found = self._look(name, code, folder, seen, run.log)
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
            found += damage(path, content)
        if b"Traceback" in log.read_bytes():
            found.append("a traceback")
        return found + left(self.folders.scratch, folder)

    def _violation(self, kind: str, found: list[str], folder: Path) -> None:
        self.violated[kind] += 1
        self._kept += 1
        kept = self.out / f"{self._kept:02}-{kind.replace(' ', '-')}"
        kept.mkdir(parents=True, exist_ok=True)
        for source in (folder / "record.jsonl", self.folders.room / "log.txt"):
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--out", type=Path, default=Path("results") / "storm")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    storm = Storm(asked.out.resolve(), random.Random(asked.seed))
    if not storm.folders.mounted:
        print("full disk: skipped, since this process isn't allowed to mount a tmpfs")
    began = time.monotonic()
    number = 0
    with contextlib.closing(storm.folders), contextlib.suppress(KeyboardInterrupt):
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
