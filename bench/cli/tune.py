"""The command that searches the settings of a contender for those that make it faster."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aebench.backends import inputs
from aebench.bench.cli.exit_codes import CODES, FAILURES, OK, UNDECIDED
from aebench.bench.cli.job_summary import note_in_job
from aebench.bench.cli.measure import Measurement
from aebench.bench.cli.options import Given
from aebench.bench.cli.report import summarise
from aebench.bench.errors import BadInputError
from aebench.bench.plan.parameters import RUN_AXES
from aebench.bench.plan.presets import MOST_LAUNCHES
from aebench.bench.quoting import shortly

if TYPE_CHECKING:
    from aebench.reports.tuning import RaceResult

DEFAULT_MINUTES = 10
_OF_TUNE = ("contender", "minutes", "out")
# An interval needs two launches.
_RACE = {"launches": 2, "blocks": 4}
# The share of the time after which no further race begins: the comparison needs the rest.
_RACING = 0.5
_INTERRUPTED = "Races aren't carried on: start tune again, with another --out."


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

    began = time.monotonic()
    minutes, options = given.get("minutes", DEFAULT_MINUTES), _options(given)
    if not 1 <= minutes <= 1440:
        raise BadInputError("--minutes must be from 1 to 1440.")
    cores = given.get("threads") or machine.usable_cores()
    tuned, *names = candidates(given["contender"], cores)
    folder = given.get("out") or new_folder("tune")
    if folder.exists() and not given.get("dry_run"):
        raise BadInputError(f"{folder} exists, and races aren't carried on: give another --out.")
    races = _Races(tuned, folder, options)
    console = new_console()
    while True:
        outcome = races.run(names)
        if given.get("dry_run"):
            return CODES[outcome]
        if outcome == "interrupted":
            console.print(plain(_INTERRUPTED))
            return CODES[outcome]
        names = [each.contender for each in races.last if not each.left]
        # The next race has fewer contenders, and takes less time than the last.
        elapsed = time.monotonic() - began
        if len(names) < 2 or elapsed + races.seconds > _RACING * 60 * minutes:
            break
    console.print(render([tuning.tried(races.last)]))
    if names:
        outcome, text, code = races.confirm(names[0], 60 * minutes - elapsed)
        if outcome == "interrupted":
            console.print(plain(_INTERRUPTED))
            return CODES[outcome]
    else:
        text, code = _without_leader(tuned, races.last)
    for line in text.splitlines():
        console.print(plain(line), soft_wrap=True)
    note_in_job(text)
    return code


def _options(given: Given) -> Given:
    """Return the options of each measurement: of one model and workload.

    Raises
    ------
    BadInputError
        If there are several, or a parameter is one of the run's.
    """
    options = {"workload": ["train"], "model": ["ae400"]}
    options |= {name: each for name, each in given.items() if name not in _OF_TUNE}
    sets = given.get("sets", [])
    if (
        len(options["workload"]) > 1
        or len(options["model"]) > 1
        or any("," in each for each in sets)
    ):
        raise BadInputError("tune searches for one model and workload: give one of each.")
    of_run = [each for each in sets if each.partition("=")[0] in RUN_AXES]
    if of_run:
        raise BadInputError(
            f"--set {shortly(of_run[0])} isn't of the model: give --batch-size or --threads; steps "
            "in a call are what tune tries."
        )
    return options


def _without_leader(tuned: str, results: "Sequence[RaceResult]") -> tuple[str, int]:
    """Return the answer and the exit code where no candidate stayed in the race."""
    if not any(each.ratio for each in results):
        return f"Nothing could be compared with `{tuned}`: the table says why.", FAILURES
    if all(each.left.startswith("slower") for each in results):
        text = f"Nothing that was tried is faster than `{tuned}`: each is slower by its interval."
        return text, OK
    return f"Nothing that was tried is shown to be faster than `{tuned}`.", UNDECIDED


class _Races:
    """The races between the settings of one contender, each in a folder of its own.

    Parameters
    ----------
    tuned : str
        The contender that is tuned.
    folder : Path
        The folder of the records.
    options : dict
        Options of each measurement.
    """

    def __init__(self, tuned: str, folder: Path, options: Given) -> None:
        self._tuned = tuned
        self._folder = folder
        self._options = options
        self._count = 0
        # The last standing of each candidate, those who are in the race first.
        self.last: list[RaceResult] = []
        # How long the last race took.
        self.seconds = 0.0

    def run(self, names: Sequence[str]) -> str:
        """Run a race, and return its outcome; :attr:`last` says where its candidates stand."""
        from aebench.reports.tuning import RaceResult, race

        self._count += 1
        began = time.monotonic()
        outcome, out = self._measured(names, f"race-{self._count}", ("speed",), _RACE)
        self.seconds = time.monotonic() - began
        if out is None or outcome == "interrupted":
            return outcome
        cell = next(iter(summarise([out]).speed), None)
        if cell is not None and cell.reference == self._tuned:
            results = race(cell, names)
        else:
            missing = f"{self._tuned} itself wasn't measured: see {out}"
            results = [RaceResult(name, None, missing) for name in names]
        others = [each for each in self.last if each.contender not in names]
        self.last = [*results, *others]
        return outcome

    def confirm(self, leader: str, seconds: float) -> tuple[str, str, int]:
        """Compare the leader in fresh processes; return the outcome, the answer and the exit code.

        Parameters
        ----------
        leader : str
            The leader of the races.
        seconds : float
            The time that is left.
        """
        from aebench.bench.system import machine
        from aebench.reports.journal import load
        from aebench.reports.tuning import gain

        # A launch of two contenders takes less than one of a race, which had two launches.
        launches = min(MOST_LAUNCHES, max(3, int(seconds / (self.seconds / 2 + 1))))
        sizes = {"launches": launches, "blocks": _RACE["blocks"], "until": "decided"}
        # A longer start is paid back by training: in a call of predict it's no part.
        passes = ("speed", *(("footprint",) if self._options["workload"] == ["train"] else ()))
        outcome, out = self._measured([leader], "comparison", passes, sizes)
        if out is None or outcome == "interrupted":
            return outcome, "", FAILURES
        contenders = load(out).header.contenders
        settings = next(each.settings for each in contenders if each.name == leader)
        cores = machine.first_cores(int(settings.get("threads", 0)))
        trains = self._options["workload"] == ["train"]
        lines = inputs.load(settings["input"]).code(trains) if "input" in settings else []
        lines += [f"model.{'fit' if trains else 'predict'}(batches)"] if lines else []
        found = gain(summarise([out]), self._tuned, leader, settings, cores, lines)
        code = OK if found.shown else UNDECIDED
        return outcome, found.text, FAILURES if outcome == "failures" else code

    def _measured(
        self, names: Sequence[str], name: str, passes: tuple[str, ...], sizes: Given
    ) -> tuple[str, Path | None]:
        asked = self._options | sizes | {"out": self._folder / name}
        asked |= {"contender": [self._tuned, *names], "reference": self._tuned}
        return Measurement("tune", passes=passes).measured(asked, screen=False)
