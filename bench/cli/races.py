"""Measure the races between settings of a contender, each in a folder of its own."""

import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from aebench import backends
from aebench.backends import inputs
from aebench.bench.cli.exit_codes import FAILURES, OK, UNDECIDED
from aebench.bench.cli.measure import Measurement
from aebench.bench.cli.options import Given
from aebench.bench.cli.report import summarise
from aebench.bench.plan.candidates import with_settings
from aebench.bench.plan.presets import MOST_LAUNCHES
from aebench.bench.system import machine
from aebench.reports.journal import load
from aebench.reports.tables.shared import Table
from aebench.reports.tuning import RaceResult, changed, gain, race

# An interval needs two launches.
_RACE = {"launches": 2, "blocks": 4}
DEFAULT_BATCH_SIZE = 32
# What changes results is told for a batch so many times as large, and for this precision.
_LARGER_BATCH = 4
_LOWER_PRECISION = "mixed_bfloat16"


class Races:
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
        switches = backends.load(self._tuned.partition(":")[0]).SWITCHES
        lines += _exports(switches[settings["switch"]] if "switch" in settings else {})
        found = gain(summarise([out]), self._tuned, leader, settings, cores, lines)
        code = OK if found.shown else UNDECIDED
        return outcome, found.text, FAILURES if outcome == "failures" else code

    def changing_results(self, contender: str) -> tuple[str, Table | None]:
        """Measure a contender with a larger batch and a lower precision, which change its results.

        Returns
        -------
        outcome : str
            How the measurement ended.
        table : Table or None
            What was measured; None if nothing was.
        """
        coarse = with_settings(contender, f"precision={_LOWER_PRECISION}")
        batch_size = self._options.get("batch_size", DEFAULT_BATCH_SIZE)
        sizes = _RACE | {"batch_size": [batch_size, _LARGER_BATCH * batch_size]}
        names = [coarse] if coarse else []
        outcome, out = self._measured(names, "changing-results", ("speed",), sizes, contender)
        if out is None or outcome == "interrupted":
            return outcome, None
        return outcome, changed(summarise([out]).speed)

    def _measured(
        self,
        names: Sequence[str],
        name: str,
        passes: tuple[str, ...],
        sizes: Given,
        reference: str = "",
    ) -> tuple[str, Path | None]:
        asked = self._options | sizes | {"out": self._folder / name}
        first = reference or self._tuned
        asked |= {"contender": [first, *names], "reference": first}
        return Measurement("tune", passes=passes).measured(asked, screen=False)


def _exports(variables: Mapping[str, str]) -> list[str]:
    return [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
