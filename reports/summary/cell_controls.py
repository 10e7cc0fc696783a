"""The A/A controls of one run in one cell: each launch has one, of another contender in turn."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property

import msgspec

from aebench.reports.comparison import launch_means
from aebench.reports.summary.cell_rounds import BlockKey, CellRounds, LaunchKey
from aebench.reports.summary.shared import ContenderView

_NAME = "A/A control"


class ControlLaunch(msgspec.Struct, frozen=True):
    """An A/A control in one launch.

    ``control`` and ``original`` are the names of the control and of the contender that it copies.
    ``ratio`` is the geometric mean of the ratios of their seconds in the launch's blocks.
    """

    control: str
    original: str
    launch: int
    ratio: float


class CellControls:
    """The A/A controls of one run in one cell, which give one result together.

    Parameters
    ----------
    rounds : CellRounds
        The cell's rounds.
    views : sequence of ContenderView
        The run's A/A controls.
    originals : sequence of str
        For each control, the shown name of the contender that it copies.
    name : str
        The name of their result.

    Attributes
    ----------
    rotate : bool
        Whether there are several controls. Records from before have one, which is a row like any
        other.
    """

    def __init__(
        self,
        rounds: CellRounds,
        views: Sequence[ContenderView],
        originals: Sequence[str],
        name: str,
    ) -> None:
        self._rounds = rounds
        self.views = views
        self.name = name
        self.rotate = len(views) > 1
        self._originals = originals

    @cached_property
    def _launches(self) -> list[tuple[LaunchKey, str, str]]:
        """List the launches in which a control was measured beside its original."""
        pairs = zip(self.views, self._originals, strict=True)
        return sorted(
            (at, view.name, original)
            for view, original in pairs
            for at in self._rounds.ratios(view.name, original)
        )

    @property
    def ratios(self) -> list[list[float]]:
        """Return for each launch the ratios of the control's seconds to those of its original."""
        return [self._rounds.ratios(control, of)[at] for at, control, of in self._launches]

    @property
    def means(self) -> list[float]:
        """Return for each launch the mean logarithm of these ratios."""
        return launch_means(self.ratios)

    @property
    def originals(self) -> list[str]:
        """Return the contenders that had a control, or all that should have had one."""
        return list(dict.fromkeys(original for *_, original in self._launches)) or [
            *self._originals
        ]

    @property
    def blocks(self) -> dict[BlockKey, float]:
        """Return the seconds per step of each block's control."""
        found = [self._rounds.blocks.get(view.name, {}) for view in self.views]
        return {place: seconds for each in found for place, seconds in each.items()}

    @property
    def described(self) -> list[ControlLaunch]:
        """Describe the controls launch by launch."""
        geometric = launch_means(self.ratios)
        return [
            ControlLaunch(control, original, at[1], math.exp(mean))
            for (at, control, original), mean in zip(self._launches, geometric, strict=True)
        ]

    @property
    def repeated_pairs(self) -> list[tuple[str, str]]:
        """List the controls that were measured in several launches, with their originals."""
        counts = Counter((control, original) for _, control, original in self._launches)
        return [pair for pair, launches in counts.items() if launches > 1]

    def failure(self, model: str) -> str:
        """Return the first reason why a control wasn't measured; empty if there is none.

        What a backend can't do is no reason: its control has no turn.
        """
        reasons = ((view.name, view.failure("speed", model)) for view in self.views)
        return next((f"{name}: {reason}" for name, reason in reasons if reason), "")


def by_name(
    rounds: CellRounds,
    views: Sequence[ContenderView],
    original: Callable[[ContenderView], str],
) -> dict[str, CellControls]:
    """Return the A/A controls of a cell, a group for each run, by the name of its result.

    Parameters
    ----------
    rounds : CellRounds
        The cell's rounds.
    views : sequence of ContenderView
        All contenders.
    original : callable
        Returns the shown name of the contender that a control copies; empty if there is none.
    """
    runs: dict[int, list[ContenderView]] = {}
    for view in views:
        if view.info.is_aa_control and original(view):
            runs.setdefault(view.run, []).append(view)
    found = {}
    for mine in runs.values():
        name = f"{_NAME} ({mine[0].source.header.name})" if len(runs) > 1 else _NAME
        name = name if len(mine) > 1 else mine[0].name
        found[name] = CellControls(rounds, mine, list(map(original, mine)), name)
    return found
