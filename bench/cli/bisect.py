"""The command that searches versions or commits for the first that is slower."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aebench.bench.cli.duel import compared, with_environments
from aebench.bench.cli.exit_codes import FAILURES, OK, UNDECIDED
from aebench.bench.cli.options import Given
from aebench.bench.environments import checkouts, releases
from aebench.bench.environments.search import Answer, FirstBad, first_bad
from aebench.bench.errors import BadInputError
from aebench.reports.formatting import listed

if TYPE_CHECKING:
    from rich.console import Console

_OF_BISECT = ("contender", "good", "bad", "out")


def bisect(given: Given) -> int:
    """Compare versions or commits with a good one, by halves, and tell the first that is slower.

    Raises
    ------
    BadInputError
        If there are no versions or commits between which to search.
    """
    from aebench.bench.campaign.run_output import new_folder
    from aebench.reports.terminal import new_console, plain

    commits = "@" in given["good"]
    among = (checkouts if commits else releases).between(given["good"], given["bad"])
    if len(among) < 2:
        raise BadInputError("--good and --bad are the same: give what is fast, then what is slow.")
    options = {name: each for name, each in given.items() if name not in _OF_BISECT}
    folder = given.get("out") or new_folder("bisect")
    console = new_console()
    steps = _Steps(given["contender"], among, commits, folder, options, console)
    kind = "commits" if commits else "versions"
    console.print(plain(f"{len(among)} {kind}: {among[0]} to {among[-1]}"), soft_wrap=True)
    found = first_bad(len(among), steps.ask)
    console.print(plain(_conclusion(found, among, steps.ratios), "bold"), soft_wrap=True)
    if found is None:
        return UNDECIDED if steps.last is Answer.OPEN else FAILURES
    return UNDECIDED if found.untold else OK


class _Steps:
    """The duels of a search, each of the first version or commit with another.

    Parameters
    ----------
    contender : str
        The contender, without an interpreter.
    among : list of str
        All versions or commits.
    commits : bool
        Whether they are commits.
    folder : Path
        The folder of the records.
    options : dict
        Options of each duel.
    console : Console
        Where it is said what can't be installed.
    """

    def __init__(
        self,
        contender: str,
        among: list[str],
        commits: bool,
        folder: Path,
        options: Given,
        console: "Console",
    ) -> None:
        self._contender = contender
        self._among = among
        self._commits = commits
        self._folder = folder
        self._options = options
        self._console = console
        self._count = 0
        self.last = Answer.OPEN
        # The ratios of each that was compared, by its number.
        self.ratios: dict[int, list[str]] = {}

    def ask(self, number: int) -> Answer:
        """Compare one with the first, and return whether it is slower."""
        from aebench.reports.terminal import plain

        self._count += 1
        sides = [self._among[0], self._among[number]]
        quiet = bool(self._options.get("quiet"))
        try:
            both, packages = with_environments(self._contender, self._commits, sides, quiet)
        except BadInputError as error:
            if number == len(self._among) - 1:
                raise
            # A version that can't be installed here is no answer; its neighbours may be one.
            self._console.print(plain(f"{sides[1]}: {error}", "yellow"), soft_wrap=True)
            return Answer.OPEN
        out = self._folder / f"{self._count}-{Path(both[1]).parent.parent.name}"
        outcome, judged = compared(both, packages, self._options | {"out": out}, "bisect")
        if outcome == "interrupted":
            raise KeyboardInterrupt
        self.ratios[number] = judged.ratios if judged else []
        if judged is None or judged.other or (judged.undecided and not judged.slower):
            self.last = Answer.OPEN
        else:
            self.last = Answer.BAD if judged.slower else Answer.GOOD
        return self.last


def _conclusion(
    found: FirstBad | None, among: Sequence[str], ratios: Mapping[int, Sequence[str]]
) -> str:
    """Return the first that is slower, and what was asked, with the ratios and their intervals."""
    if found is None:
        return f"{among[-1]} isn't shown to be slower than {among[0]}: there is nothing to search."
    path = "; ".join(
        f"{among[number]} {answer.value}"
        + (f" (× {listed(ratios[number])})" if ratios.get(number) else "")
        for number, answer in found.answers.items()
    )
    last, first = among[found.last_good], among[found.first_bad]
    between = ""
    if found.untold:
        untold = [among[number] for number in found.untold]
        between = f", unless it is {' or '.join(untold)}, of which nothing is shown"
    same = f" {last} isn't slower than {among[0]}." if found.last_good else ""
    return f"First slower: {first}{between}.{same} Path: {path}."
