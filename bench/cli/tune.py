"""The command that searches the settings of a contender for those that make it faster."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aebench.bench.cli.exit_codes import CODES, FAILURES, OK, UNDECIDED
from aebench.bench.cli.job_summary import note_in_job
from aebench.bench.cli.measure import Measurement
from aebench.bench.cli.options import Given
from aebench.bench.cli.report import summarise
from aebench.bench.errors import BadInputError
from aebench.bench.plan.presets import MOST_LAUNCHES

if TYPE_CHECKING:
    from aebench.reports.tuning import RaceResult

DEFAULT_MINUTES = 10
_OF_TUNE = ("contender", "minutes", "out")
# An interval needs two launches.
_RACE = {"launches": 2, "blocks": 4}
# The share of the time after which no further race begins: the comparison needs the rest.
_RACING = 0.5


def tune(given: Given) -> int:
    """Race settings against each other, compare the leader in fresh processes, and print that.

    Raises
    ------
    BadInputError
        If nothing can be tried, or an option is refused.
    """
    from aebench.bench.campaign.run_output import new_folder
    from aebench.bench.plan.candidates import candidates
    from aebench.bench.system import machine
    from aebench.reports import tuning
    from aebench.reports.terminal import new_console, plain, render

    began, contender = time.monotonic(), given["contender"]
    minutes = given.get("minutes", DEFAULT_MINUTES)
    if not 1 <= minutes <= 1440:
        raise BadInputError("--minutes must be from 1 to 1440.")
    cores = given.get("threads") or machine.usable_cores()
    names = candidates(contender, cores)
    folder = given.get("out") or new_folder("tune")
    options = {"workload": ["train"], "model": ["ae400"], "batch_size": 32}
    options |= {name: each for name, each in given.items() if name not in _OF_TUNE}
    several = any("," in each for each in given.get("sets", []))
    if len(options["workload"]) > 1 or len(options["model"]) > 1 or several:
        raise BadInputError("tune searches for one model and workload: give one of each.")
    races = _Races(contender, folder, options)
    while True:
        outcome, results = races.run(names)
        if outcome == "interrupted" or given.get("dry_run"):
            return CODES[outcome]
        names = [each.contender for each in results if not each.left]
        # The next race has fewer contenders, and takes less time than the last.
        elapsed = time.monotonic() - began
        if len(names) < 2 or elapsed + races.seconds > _RACING * 60 * minutes:
            break
    console = new_console()
    console.print(render([tuning.tried(races.last)]))
    if not names:
        text, code = f"Nothing that was tried makes `{contender}` faster.", OK
        if not any(each.ratio for each in races.last):
            text = f"Nothing could be compared with `{contender}`: the table says why."
            code = FAILURES
    else:
        outcome, text, code = races.confirm(names[0], 60 * minutes - elapsed, cores)
        if outcome == "interrupted":
            return CODES[outcome]
    console.print(plain(text), soft_wrap=True)
    note_in_job(text)
    return code


class _Races:
    """The races between the settings of one contender, each in a folder of its own.

    Parameters
    ----------
    contender : str
        The contender that is tuned.
    folder : Path
        The folder of the records.
    options : dict
        Options of each measurement.
    """

    def __init__(self, contender: str, folder: Path, options: Given) -> None:
        self._contender = contender
        self._folder = folder
        self._options = options
        self._count = 0
        # The last standing of each candidate, those who are in the race first.
        self.last: list[RaceResult] = []
        # How long the last race took.
        self.seconds = 0.0

    def run(self, names: Sequence[str]) -> "tuple[str, list[RaceResult]]":
        """Run a race, and return its outcome and where its candidates stand."""
        from aebench.reports.tuning import race

        self._count += 1
        began = time.monotonic()
        outcome, out = self._measured(names, f"race-{self._count}", ("speed",), _RACE)
        self.seconds = time.monotonic() - began
        if out is None or outcome == "interrupted":
            return outcome, []
        cells = summarise([out]).speed
        if not cells:
            raise BadInputError(f"{self._contender} wasn't measured: see {out}.")
        results = race(cells[0], names)
        self.last = [*results, *(each for each in self.last if each.contender not in names)]
        return outcome, results

    def confirm(self, leader: str, seconds: float, cores: int) -> tuple[str, str, int]:
        """Compare the leader in fresh processes; return the outcome, the answer and the exit code.

        Parameters
        ----------
        leader : str
            The leader of the races.
        seconds : float
            The time that is left.
        cores : int
            Number of cores that the contenders have.
        """
        from aebench.reports.journal import load
        from aebench.reports.tuning import gain

        # A launch of two contenders takes no longer than half a race of at least as many.
        launches = min(MOST_LAUNCHES, max(3, int(seconds / (self.seconds / 2 + 1))))
        sizes = {"launches": launches, "until": "decided"}
        outcome, out = self._measured([leader], "comparison", ("speed", "footprint"), sizes)
        if out is None or outcome == "interrupted":
            return outcome, "", FAILURES
        header = load(out).header
        settings = next(each.settings for each in header.contenders if each.name == leader)
        found = gain(summarise([out]), settings, cores)
        if found is None:
            return outcome, f"{leader} wasn't measured: see {out}.", FAILURES
        return outcome, found.text, UNDECIDED if found.outcome == "open" else OK

    def _measured(
        self, names: Sequence[str], name: str, passes: tuple[str, ...], sizes: Given
    ) -> tuple[str, Path | None]:
        asked = self._options | sizes | {"out": self._folder / name}
        asked |= {"contender": [self._contender, *names], "reference": self._contender}
        return Measurement("tune", passes=passes).measured(asked, screen=False)
