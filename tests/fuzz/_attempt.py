"""Goes through a case, and counts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from fuzz._commands import Commands
from fuzz._promise import Fault, Step, faults
from fuzz._scene import Scene


class Case(Protocol):
    """What a strategy draws."""

    def lay(self, scene: Scene) -> Iterable[Step]:
        """Put files into a scene; tell what is called then."""


@dataclass
class Counts:
    """What went through."""

    examples: int = 0
    codes: Counter[int | None] = field(default_factory=Counter)
    longest_seconds: float = 0.0
    peak_bytes: int = 0


class Broken(AssertionError):  # noqa: N818
    """Promises that a case broke."""

    def __init__(self, found: list[Fault], step: Step) -> None:
        super().__init__("; ".join(f"{each.kind}: {each.text}" for each in found))
        self.faults = found
        self.step = step


def attempt(case: Case, commands: Commands, counts: Counts) -> None:
    """Lay a case out, and call.

    Raises
    ------
    Broken
        At the first step that broke a promise.
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
