"""Search for the first that is bad among many, by halves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum


class Answer(Enum):
    """What a comparison with the first says of another."""

    GOOD = "not slower"
    BAD = "slower"
    OPEN = "open"


@dataclass
class FirstBad:
    """Where the first bad one lies.

    Parameters
    ----------
    last_good, first_bad : int
        The first bad one lies after ``last_good``, and at ``first_bad`` at the latest.
    answers : dict of int to Answer
        What was asked, in its order.
    """

    last_good: int
    first_bad: int
    answers: dict[int, Answer] = field(default_factory=dict)

    @property
    def untold(self) -> list[int]:
        """Return those between that could be the first bad one too: no answer came for them."""
        return list(range(self.last_good + 1, self.first_bad))


def first_bad(count: int, ask: Callable[[int], Answer]) -> FirstBad | None:
    """Search ``count`` in order, of which the first is good; None unless the last is bad.

    Where no answer comes the neighbours are asked: the search ends with the fewest that are untold.

    Parameters
    ----------
    count : int
        How many there are, at least two.
    ask : callable
        Answers for one by its number; it is asked once at most for each.
    """
    found = FirstBad(0, count - 1)
    found.answers[count - 1] = ask(count - 1)
    if found.answers[count - 1] is not Answer.BAD:
        return None
    while left := [each for each in found.untold if each not in found.answers]:
        middle = left[(len(left) - 1) // 2]
        answer = found.answers[middle] = ask(middle)
        if answer is Answer.BAD:
            found.first_bad = middle
        elif answer is Answer.GOOD:
            found.last_good = middle
    return found
