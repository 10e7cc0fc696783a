"""The commands that measure.

Modules that are slow to import are imported inside functions: ``--help`` then takes under 1 s.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aebench.bench.cli import options
from aebench.bench.cli.exit_codes import CODES, FAILURES, OK, TOO_NOISY
from aebench.bench.cli.options import Given
from aebench.bench.cli.report import note_older, print_path, summarise, write_beside
from aebench.bench.errors import BadInputError
from aebench.bench.plan.presets import MARGIN_SYNTAX

if TYPE_CHECKING:
    from aebench.bench.cli.run_command import RunOptions
    from aebench.bench.plan.request import Request

# The fields of a request by the names of the command line's options.
_REQUEST_NAMES = {
    "contender": "backends",
    "model": "models",
    "workload": "workloads",
    "batch_size": "batch_sizes",
    "steps": "profile_steps",
    **{
        name: name
        for name in (
            *("preset", "passes", "launches", "blocks", "round_seconds", "epochs", "seeds"),
            *("train_samples", "threads", "reference", "baselines", "until", "sets", "vary"),
            *("rank_anyway", "loops", "repeats"),
        )
    },
}


@dataclass(frozen=True)
class Measurement:
    """The handler of a command that measures.

    Commands such as ``parity`` fix their passes; ``run`` takes them from the user or the preset.

    Parameters
    ----------
    name : str
        The word after the time in the name of a new folder; empty takes the preset's name.
    preset : str
        The preset, if the user gives none.
    passes : tuple of str
        The passes, if the user gives none; empty takes the preset's passes.
    finish : callable or None
        Returns the exit code of a complete run, from the record's folder.
    """

    name: str = ""
    preset: str = "quick"
    passes: tuple[str, ...] = ()
    finish: Callable[[Path], int] | None = None

    def __call__(self, given: Given) -> int:
        """Measure, and return the exit code."""
        outcome, folder = self.measured(given)
        if folder and self.finish and outcome == "complete":
            return self.finish(folder)
        return CODES[outcome]

    def measured(
        self, given: Given, command: Sequence[str] = (), screen: bool = True
    ) -> tuple[str, Path | None]:
        """Measure, and write the report or the study's file if one was asked for.

        Parameters
        ----------
        given : dict
            The options.
        command : sequence of str
            The words of a command line that gives them, for the record; empty takes those of this
            process, or of the study.
        screen : bool
            Whether the last screen is printed.

        Returns
        -------
        str
            The outcome: ``complete``, ``failures`` or ``interrupted``.
        Path or None
            The record's folder; None after a dry run.
        """
        from aebench.bench.cli import study
        from aebench.bench.cli.run_command import measure

        given, of_study = study.resolved(given)
        if "resume" in given:
            options.refuse_beside_resume(given)
        study.check_write(given)
        request = self.request(given)
        # A user who asks for this check alone wants it made.
        fresh = self.passes == ("parity",)
        asked = replace(
            run_options(given, fresh), command=tuple(command or of_study), screen=screen
        )
        outcome, folder = measure(request, self.name or request.preset, asked)
        if "write" in given:
            print_path("Study", study.write(given))
        silent = given.get("json", False) or (asked.quiet and not screen)
        if folder and given.get("report"):
            write_beside(folder, quiet=silent)
        elif folder and "resume" in given and not silent:
            note_older(folder)
        return outcome, folder

    def request(self, given: Given) -> "Request":
        """Return the request that the given options ask for."""
        from aebench.bench.plan.request import Request

        asked: dict[str, Any] = {"preset": self.preset, "passes": self.passes}
        for name, value in given.items():
            if name in _REQUEST_NAMES:
                several = name != "batch_size" or isinstance(value, list)
                asked[_REQUEST_NAMES[name]] = value if several else [value]
        different, same = _margins(given.get("margin", options.DEFAULT_MARGIN_PERCENT))
        return Request(**asked, different=different, same=same)


def _margins(percents: Sequence[float]) -> tuple[float, float]:
    """Return the margins of the verdicts as shares: one number is both."""
    if len(percents) > 2:
        raise BadInputError(f"--margin takes one number or two: {MARGIN_SYNTAX}.")
    return percents[0] / 100, percents[-1] / 100


def judge_parity(folder: Path) -> int:
    """Return the exit code of a parity check: failure if a contender computes another model."""
    return FAILURES if any(row.differs for row in summarise([folder]).parity) else OK


def selfcheck(given: Given) -> int:
    """Measure a backend and its controls, and print whether the verdicts are right.

    Raises
    ------
    BadInputError
        If an option is refused, or the record to resume is not a self-check's.
    """
    from aebench.bench.cli.run_command import measure
    from aebench.bench.plan import selfcheck
    from aebench.bench.plan.request import Request

    backend = given.get("contender")
    if "resume" in given:
        options.refuse_beside_resume(given)
        request = Request(
            backends=[backend] if backend else (),
            models=[given["model"]] if "model" in given else (),
        )
    else:
        request = selfcheck.request(
            backend,
            given.get("preset", "publish"),
            given.get("model", "ae400"),
            given.get("batch_size", 32),
        )
    outcome, folder = measure(request, "selfcheck", run_options(given))
    if not folder or outcome != "complete":
        return CODES[outcome]
    return _show_findings(folder)


def _show_findings(folder: Path) -> int:
    """Print the findings of a self-check, and return its exit code."""
    from aebench.reports.selfcheck import judge
    from aebench.reports.terminal import new_console, plain

    check = judge(summarise([folder]))
    if not check:
        raise BadInputError(f"{folder} is not a self-check's: use aebench run --resume for it.")
    console = new_console()
    for finding in check.findings:
        console.print(plain(finding, "bold" if finding is check.findings[-1] else ""))
    return OK if check.right else TOO_NOISY


def run_options(given: Given, fresh_parity: bool = False) -> "RunOptions":
    """Collect the given values of the options that all measuring commands share.

    Options that weren't given get their defaults.
    """
    from aebench.bench.cli.run_command import RunOptions

    return RunOptions(
        options.data(given),
        given.get("out"),
        given.get("resume"),
        given.get("time_limit", options.DEFAULT_TIME_LIMIT_SECONDS),
        given.get("dry_run", False),
        fresh_parity or given.get("fresh_parity", False),
        given.get("quiet", False),
        given.get("json", False),
    )
