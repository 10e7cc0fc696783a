"""Run a fuzzer for a long time, and collect the distinct faults that it finds.

Usage: python tools/fuzz.py INPUT [--minutes 60] [--seed N] [--out FOLDER]

INPUT is record, grammar, archives or command_line. Every batch of cases has its own seed, which is
printed. A fault is shrunk to a small case and written to FOLDER; the same fault is then only
counted. The exit code is 1 if there was a fault.
"""

import argparse
import contextlib
import pprint
import random
import re
import sys
import time
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
sys.path.insert(1, str(Path(__file__).parent.parent))
from hypothesis import HealthCheck, Phase, given, seed, settings

from fuzz import INPUTS, strategy
from fuzz._attempt import Broken, Case, Counts, attempt
from fuzz._commands import Commands

BATCH_EXAMPLES = 100
SHRINK_SECONDS = 90.0
PROGRESS_SECONDS = 300.0


class Hunt:
    """Try cases of one kind of input, and collect the distinct faults.

    Parameters
    ----------
    commands : Commands
        Runs the commands of a case.
    out : Path
        The folder to which faults are written.
    until : float
        The end of the hunt, on the monotonic clock.
    """

    def __init__(self, commands: Commands, out: Path, until: float) -> None:
        self.counts = Counts()
        self.faults: dict[str, int] = {}
        self._commands = commands
        self._out = out
        self._until = until
        self._wanted: tuple[str, float] | None = None
        self._smallest: tuple[Case, Broken] | None = None

    def batch(self, strategy: Any, number: int) -> None:
        """Try a batch of new cases; stop early at a new fault, and write it to a file.

        Parameters
        ----------
        strategy : hypothesis strategy
            Draws the cases.
        number : int
            The seed of the batch.
        """
        self._wanted = self._smallest = None

        @seed(number)
        @settings(
            max_examples=BATCH_EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
        )
        @given(strategy)
        def through(case: Case) -> None:
            self._through(case)

        # When the time for shrinking is over, Hypothesis can't replay its result and raises. The
        # smallest case that was seen is kept instead.
        with contextlib.suppress(Exception):
            through()
        if self._smallest:
            self._keep(*self._smallest)

    def _through(self, case: Case) -> None:
        now = time.monotonic()
        if self._wanted and now > self._wanted[1]:
            return
        if not self._wanted and now > self._until:
            return
        try:
            attempt(case, self._commands, self.counts)
        except Broken as broken:
            kind = broken.faults[0].kind
            if self._wanted is None and kind in self.faults:
                self.faults[kind] += 1
                return
            if self._wanted is None:
                self._wanted = (kind, now + SHRINK_SECONDS)
                self._smallest = (case, broken)
            if kind != self._wanted[0]:
                return
            self._smallest = (case, broken)
            # Raising makes Hypothesis shrink the case. Slow or large cases aren't raised, since
            # shrinking them takes too long.
            if not kind.startswith(("endless", "memory")):
                raise

    def _keep(self, case: Case, broken: Broken) -> None:
        kind = broken.faults[0].kind
        self.faults[kind] = self.faults.get(kind, 0) + 1
        name = re.sub(r"\W+", "-", kind)[:80].strip("-")
        path = self._out / f"{len(self.faults):02}-{name}.txt"
        call = broken.step.call
        text = f"{broken}\n\naebench {call.arguments!r}\n\n{call!r}\n\n{pprint.pformat(case)}\n"
        path.write_text(text, "utf-8", "backslashreplace")
        print(f"fault: {ascii(str(broken))[:400]}\n  {path}", flush=True)

    def summary(self) -> str:
        """Return the counts of examples, commands and faults as one line."""
        counts = self.counts
        return (
            f"{counts.examples:,} examples, {sum(counts.codes.values()):,} commands: "
            f"{counts.codes[0]:,} shown, {counts.codes[2]:,} refused; distinct faults: "
            f"{len(self.faults)}; longest {counts.longest_seconds:.1f} s, peak "
            f"{counts.peak_bytes // 2**20:,} MiB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("input", choices=INPUTS)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    # Archives with duplicate names and cases with long texts warn, and both are intended.
    warnings.simplefilter("ignore")
    out = asked.out or Path("results") / f"fuzz-{asked.input}"
    out.mkdir(parents=True, exist_ok=True)
    began = shown = time.monotonic()
    commands = Commands()
    hunt = Hunt(commands, out, began + 60 * asked.minutes)
    number = asked.seed
    print(f"{asked.input}: seed {asked.seed}, counted up by one each batch", flush=True)
    try:
        while time.monotonic() < began + 60 * asked.minutes:
            hunt.batch(strategy(asked.input), number)
            number += 1
            if time.monotonic() - shown > PROGRESS_SECONDS:
                shown = time.monotonic()
                print(
                    f"[{(shown - began) / 60:.0f} min] seed {number - 1}: {hunt.summary()}",
                    flush=True,
                )
    finally:
        commands.close()
    seconds = time.monotonic() - began
    print(f"{asked.input}: {seconds / 60:.1f} min, seeds {asked.seed} to {number - 1}")
    print(f"{hunt.summary()}, {hunt.counts.examples / seconds:.1f} examples/s")
    for kind, times in sorted(hunt.faults.items()):
        print(f"  {times:>6} × {kind!a}")
    sys.exit(1 if hunt.faults else 0)


if __name__ == "__main__":
    main()
