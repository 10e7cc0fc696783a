"""The command that compares two contenders, versions or checkouts, and says so by its exit code."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aebench.bench.cli.exit_codes import CODES, FAILURES, OK, UNDECIDED
from aebench.bench.cli.job_summary import note_in_job
from aebench.bench.cli.measure import Measurement
from aebench.bench.cli.options import Given
from aebench.bench.cli.report import summarise
from aebench.bench.errors import BadInputError
from aebench.bench.quoting import shortly

if TYPE_CHECKING:
    from aebench.reports.duel import Duel

_OF_DUEL = ("contenders", "versions", "checkouts")


def duel(given: Given) -> int:
    """Measure two contenders in shared blocks until it is decided, and judge the second.

    Raises
    ------
    BadInputError
        If the options don't name two contenders, or an environment can't be made.
    """
    both = list(given["contenders"])
    option, sides = _sides(given)
    packages: set[str] = set()
    # A dry run makes no environments: one contender stands for both.
    if sides and not given.get("dry_run"):
        made = with_environments(both[0], option == "--checkout", sides, bool(given.get("quiet")))
        both, packages = made
    options = {name: each for name, each in given.items() if name not in _OF_DUEL}
    outcome, judged = compared(both, packages, options, "duel")
    if outcome == "interrupted" or given.get("dry_run"):
        return CODES[outcome]
    if judged is None or judged.slower or judged.other:
        return FAILURES
    return UNDECIDED if judged.undecided else OK


def compared(
    both: Sequence[str], packages: set[str], options: Given, name: str
) -> tuple[str, "Duel | None"]:
    """Measure two contenders until it is decided, and print what came out.

    Parameters
    ----------
    both : sequence of str
        The contenders: what there is, and what is new.
    packages : set of str
        The packages in which their environments are meant to differ.
    options : dict
        Options of the measurement.
    name : str
        The word that follows the time in the name of a new folder.

    Returns
    -------
    str
        The outcome: ``complete``, ``failures`` or ``interrupted``.
    Duel or None
        The judgement; None after a dry run, an interruption, or if nothing can be judged.
    """
    asked = {"until": "decided"} | options | {"contender": [*both], "reference": both[0]}
    outcome, folder = Measurement(name, passes=("speed",)).measured(
        asked, screen=not options.get("quiet")
    )
    if not folder or outcome == "interrupted":
        return outcome, None
    return outcome, _judge(folder, both, packages)


def _sides(given: Given) -> tuple[str, list[str]]:
    """Return an option and its two versions or checkouts; none if two contenders are given."""
    asked = given["contenders"]
    chosen = [name for name in ("versions", "checkouts") if name in given]
    if len(chosen) > 1:
        raise BadInputError("--versions and --checkout contradict each other: leave one out.")
    if not chosen:
        if len(asked) == 2 and asked[0] != asked[1]:
            return "", []
        raise BadInputError(
            "a duel is of two contenders: give two, such as torch torch:jit, or one with "
            "--versions or --checkout."
        )
    option = {"versions": "--versions", "checkouts": "--checkout"}[chosen[0]]
    if len(asked) != 1 or "@" in asked[0]:
        raise BadInputError(f"{option} compares one contender with itself: give one, without @.")
    sides = list(given[chosen[0]])
    if len(sides) != 2 or sides[0] == sides[1]:
        raise BadInputError(f"{option} takes two that differ: what there is, then what is new.")
    return option, sides


def with_environments(
    contender: str, commits: bool, sides: Sequence[str], quiet: bool
) -> tuple[list[str], set[str]]:
    """Make an environment for each side.

    Parameters
    ----------
    contender : str
        The contender, without an interpreter.
    commits : bool
        Whether the sides are commits, not versions.
    sides : sequence of str
        What each environment is to hold.
    quiet : bool
        Whether nothing is printed.

    Returns
    -------
    list of str
        The contenders, with their interpreters.
    set of str
        The packages that were asked for.

    Raises
    ------
    BadInputError
        If an environment can't be made, or two are the same.
    """
    from aebench.bench.campaign import user_cache
    from aebench.bench.environments import checkouts, making, requirements
    from aebench.bench.plan.contender_texts import check_known
    from aebench.reports.terminal import new_console, plain

    backend = contender.partition(":")[0]
    check_known(backend)
    kept = user_cache.folder(os.environ, "environments")
    if kept is None:
        raise BadInputError(
            "environments are kept in the cache, and AEBENCH_CACHE is off: unset it, or give two "
            "contenders with interpreters of your own."
        )
    kept = kept.absolute()
    if not commits:
        wanted = [making.EnvironmentRequest(requirements.read(side)) for side in sides]
    else:
        wanted = [
            making.EnvironmentRequest(checkout=checkouts.export(side, kept / "sources"))
            for side in sides
        ]
    console = new_console()
    say = (lambda text: None) if quiet else (lambda text: console.print(plain(text, "dim")))
    pythons = [making.make(each, backend, kept, say) for each in wanted]
    if len(set(pythons)) < len(pythons):
        raise BadInputError(
            f"{' and '.join(map(shortly, sides))} are the same: give two that differ."
        )
    packages = set().union(*(each.packages for each in wanted))
    return [f"{contender}@{python}" for python in pythons], packages


def _judge(folder: Path, both: Sequence[str], packages: set[str]) -> "Duel | None":
    """Judge a record, and print the paragraph."""
    from aebench.bench.environments.making import installed
    from aebench.reports import duel as duels
    from aebench.reports.terminal import new_console, plain

    interpreters = [each.partition("@")[2] for each in both]
    further: list[str] = []
    if all(interpreters):
        base, new = map(installed, interpreters)
        further = duels.differences(base, new, packages)
    judged = duels.judge(summarise([folder]), further)
    if judged:
        new_console().print(plain(judged.paragraph), soft_wrap=True)
        note_in_job(judged.paragraph)
    return judged
