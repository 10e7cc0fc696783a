"""Run a case, check the promises after every command, and count."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from fuzz._commands import Commands
from fuzz._promise import Fault, Step, faults
from fuzz._scene import Scene


class Case(Protocol):
    """Define what a strategy draws."""

    def lay(self, scene: Scene) -> Iterable[Step]:
        """Write the case's files to a scene, and return the commands to run."""


@dataclass
class Counts:
    """Count examples and exit codes, and keep the longest time and the highest memory."""

    examples: int = 0
    codes: Counter[int | None] = field(default_factory=Counter)
    longest_seconds: float = 0.0
    peak_bytes: int = 0


class Broken(AssertionError):  # noqa: N818
    """A case that broke promises: ``faults`` lists them, ``step`` is the command."""

    def __init__(self, found: list[Fault], step: Step) -> None:
        super().__init__("; ".join(f"{fault.kind}: {fault.text}" for fault in found))
        self.faults = found
        self.step = step


def attempt(case: Case, commands: Commands, counts: Counts) -> None:
    """Write a case's files to a new scene, and run its commands.

    Raises
    ------
    Broken
        At the first command that broke a promise.
    """
    with Scene(commands.cache) as scene:
        ours: set[str] = set()
        counts.examples += 1
        for step in case.lay(scene):
            before = scene.snapshot()
            outcome = commands.call(step.call)
            counts.codes[outcome.code] += 1
            counts.longest_seconds = max(counts.longest_seconds, outcome.seconds)
            counts.peak_bytes = max(counts.peak_bytes, outcome.peak_bytes)
            found = faults(step, outcome, scene.room, before, scene.snapshot(), ours)
            if found:
                raise Broken(found, step)
