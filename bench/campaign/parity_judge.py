"""Judge a contender's results by the runs in float64: which run is the oracle, and what differs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from aebench.bench.campaign.parity_parts import (
    CHECKS,
    Allowed,
    CheckPart,
    Results,
    RunResults,
    sensitivity,
    texts,
)
from aebench.bench.protocol import parity_results as names

# Both checks are about the weights after a step, and have one oracle.
_TOGETHER = {"step": ("step", "gradients"), "gradients": ("step", "gradients")}


class GeneralCheck(NamedTuple):
    """A check's part that is farthest beyond what is allowed, or nearest to it.

    ``oracle`` is the backend whose run in float64 is the oracle. If none can be told, it has the
    names of all that ran.
    """

    check: str
    difference: float
    tolerance: float
    where: str
    oracle: str


class Judge:
    """The float64 runs of a model, by which a contender's results are judged.

    Parameters
    ----------
    runs : mapping of str to RunResults
        The results in float64 by backend, at least one, in the order in which they are preferred.
    disturbed : sequence of RunResults
        The results in lower precision that hold changes by disturbances.
    """

    def __init__(self, runs: Mapping[str, RunResults], disturbed: Sequence[RunResults]) -> None:
        self._runs = runs
        self._sensitivity = sensitivity(disturbed)
        self._oracles: dict[str, str] = {}
        self._oracle_of_shapes = _chosen(runs, _same_shapes)
        # Models of different shapes can't be compared further: without an oracle nobody is.
        shapes = runs.get(self._oracle_of_shapes)
        self._alike = {
            name: run for name, run in runs.items() if shapes and _same_shapes(run, shapes)
        }

    def oracle(self, check: str) -> str:
        """Return the backend whose float64 run is a check's oracle; empty if none can be told.

        It is the first run with which at least half of the others agree.
        """
        if check not in self._oracles:
            runs = self._runs_with(check)
            self._oracles[check] = _chosen(
                runs,
                lambda one, other: all(
                    self._agree(each, one, other) for each in _TOGETHER.get(check, (check,))
                ),
            )
        return self._oracles[check]

    def missing(self, mine: Results) -> list[str]:
        """Return the checks that can't be made since a contender, and no other, has no result."""
        if not self._has_shapes_of_oracle(mine):
            return []
        return [
            check
            for check, (needed, _) in CHECKS.items()
            if needed not in mine and self._runs_with(check)
        ]

    def shapes(self, mine: Results) -> GeneralCheck:
        """Return how many weights have other shapes than the oracle's, and which is the first."""
        told = self._oracle_of_shapes
        oracle = self._runs[told or next(iter(self._runs))].results
        ours, wanted = texts(mine, names.SHAPES), texts(oracle, names.SHAPES)
        paths = max(texts(mine, names.WEIGHTS), texts(oracle, names.WEIGHTS), key=len)
        pairs = zip_longest(paths, ours, wanted)
        wrong = [path for path, one, other in pairs if one != other]
        where = wrong[0] if wrong else ""
        if told:
            return GeneralCheck("shapes", float(len(wrong)), 0.0, where, told)
        where = self._undecided(where, self._runs)
        return GeneralCheck("shapes", float(len(wrong) or 1), 0.0, where, ", ".join(self._runs))

    def checks(self, mine: RunResults) -> Iterator[GeneralCheck]:
        """Yield the checks of the results that a contender and a float64 run have, but the shapes.

        Parameters
        ----------
        mine : RunResults
            A contender's results, of the same shapes as the oracle's.
        """
        if not self._has_shapes_of_oracle(mine.results):
            return
        for check, (needed, _) in CHECKS.items():
            runs = self._runs_with(check)
            if needed not in mine.results or not runs:
                continue
            oracle = self.oracle(check)
            against = {oracle: runs[oracle]} if oracle else runs
            found = [self._worst(check, mine, run) for run in against.values()]
            parts = [part for part in found if part is not None]
            if not parts:
                continue
            worst = max(parts, key=lambda part: part.excess)
            where = worst.where if oracle else self._undecided(worst.where, runs)
            yield GeneralCheck(check, worst.difference, worst.tolerance, where, ", ".join(against))

    @staticmethod
    def _undecided(where: str, runs: Mapping[str, RunResults]) -> str:
        told = f"the float64 runs of {' and '.join(runs)} differ: which is right can't be told"
        return f"{where} ({told})" if where else told

    def _has_shapes_of_oracle(self, mine: Results) -> bool:
        return any(_same_shapes(RunResults(mine), run) for run in self._alike.values())

    def _runs_with(self, check: str) -> dict[str, RunResults]:
        return {name: run for name, run in self._alike.items() if CHECKS[check][0] in run.results}

    def _agree(self, check: str, one: RunResults, other: RunResults) -> bool:
        part = self._worst(check, one, other)
        return part is None or part.difference <= part.tolerance

    def _worst(self, check: str, mine: RunResults, oracle: RunResults) -> CheckPart | None:
        """Return the part that is farthest beyond what is allowed; None if there are no parts."""
        allowed = Allowed(self._sensitivity, max(mine.rounding, oracle.rounding))
        parts = CHECKS[check][1](mine.results, oracle.results, allowed)
        return max(parts, key=lambda part: part.excess, default=None)


def _chosen(runs: Mapping[str, RunResults], agree: Callable[[RunResults, RunResults], bool]) -> str:
    """Return the first run with which at least half of the others agree; empty if there is none."""
    for name, run in runs.items():
        others = [other for each, other in runs.items() if each != name]
        if 2 * sum(agree(other, run) for other in others) >= len(others):
            return name
    return ""


def _same_shapes(one: RunResults, other: RunResults) -> bool:
    return texts(one.results, names.SHAPES) == texts(other.results, names.SHAPES)
