"""The command that searches the settings of a contender for those that make it faster."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aebench.bench.cli.exit_codes import CODES, FAILURES, OK, UNDECIDED
from aebench.bench.cli.job_summary import note_in_job
from aebench.bench.cli.options import Given
from aebench.bench.errors import BadInputError
from aebench.bench.plan.parameters import RUN_AXES
from aebench.bench.quoting import shortly

if TYPE_CHECKING:
    from aebench.reports.tuning import RaceResult

DEFAULT_MINUTES = 10
_OF_TUNE = ("contender", "minutes", "out")
# The share of the time after which no further race begins, and that after which the comparison
# takes no further launch: the rest is for what changes results.
_RACING, _COMPARING = 0.5, 0.85
_INTERRUPTED = "Races aren't carried on: start tune again, with another --out."


def tune(given: Given) -> int:
    """Race settings against each other, compare the leader in fresh processes, and print that.

    Raises
    ------
    BadInputError
        If nothing can be tried, or an option is refused.
    """
    from aebench.bench.campaign.run_output import new_folder
    from aebench.bench.cli.races import Races
    from aebench.bench.plan.candidates import candidates
    from aebench.bench.system import machine
    from aebench.reports import tuning
    from aebench.reports.terminal import new_console, plain, render

    began = time.monotonic()
    options = _options(given)
    minutes: float = given.get("minutes", DEFAULT_MINUTES)
    if not 1 <= minutes <= 1440:
        raise BadInputError("--minutes must be from 1 to 1440.")
    cores = given.get("threads") or machine.usable_cores()
    tuned, *names = candidates(given["contender"], cores)
    folder = given.get("out") or new_folder("tune")
    if folder.exists() and not given.get("dry_run"):
        raise BadInputError(f"{folder} exists, and races aren't carried on: give another --out.")
    races = Races(tuned, folder, options)
    console = new_console()

    def left_seconds(share: float = 1.0) -> float:
        return share * 60 * minutes - (time.monotonic() - began)

    def interrupted(outcome: str) -> int:
        console.print(plain(_INTERRUPTED))
        return CODES[outcome]

    while True:
        outcome = races.run(names)
        if given.get("dry_run"):
            return CODES[outcome]
        if outcome == "interrupted":
            return interrupted(outcome)
        names = [each.contender for each in races.last if not each.left]
        # The next race has fewer contenders, and takes less time than the last.
        if len(names) < 2 or races.seconds > left_seconds(_RACING):
            break
    console.print(render([tuning.tried(races.last)]))
    found = tuned
    if names:
        outcome, text, code = races.confirm(names[0], left_seconds(_COMPARING))
        if outcome == "interrupted":
            return interrupted(outcome)
        found = names[0] if code == OK else tuned
    else:
        text, code = _without_leader(tuned, races.last)
    for line in text.splitlines():
        console.print(plain(line), soft_wrap=True)
    note_in_job(text)
    if code != FAILURES and races.seconds < left_seconds():
        outcome, table = races.changing_results(found)
        if table:
            console.print(render([table]))
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
