"""Rules by which a change fails: reading them, and judging changes by them."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from aebench.reports.changes.change import PARITY, QUANTITIES, TIME, Change
from aebench.reports.comparison import holm
from aebench.reports.formatting import percent

PASSED, FAILED, UNDECIDED = "passed", "failed", "undecided"
SYNTAX = (
    "QUANTITY, such as parity or time (beyond the noise floor), or QUANTITY > NUMBER %, or "
    "QUANTITY < -NUMBER %, with 'of PATTERN' after QUANTITY for some cells"
)
_LEVEL = 0.05
_RULE = re.compile(
    r"\s*(?P<quantity>[^\s<>]+)(?:\s+of\s+(?P<pattern>[^\s<>]+))?"
    r"\s*(?:(?P<sign>[<>])\s*(?P<number>[-+]?[\d.]+)\s*%?)?\s*"
)


class RuleError(ValueError):
    """A rule that can't be read, or that no change can be judged by."""


@dataclass(frozen=True)
class Rule:
    """A rule.

    Parameters
    ----------
    text : str
        The rule as it was given.
    quantity : str
        The quantity that it is about.
    pattern : str
        Which changes: a shell pattern of their keys.
    threshold : float or None
        The change, a share, beyond which it fails: below where it is negative. None for the noise
        floor, and for parity.
    """

    text: str
    quantity: str
    pattern: str = "*"
    threshold: float | None = None

    def concerns(self, change: Change) -> bool:
        """Return whether the rule is about a change."""
        return self.is_about(change.quantity, change.key)

    def is_about(self, quantity: str, key: str) -> bool:
        """Return whether the rule is about a quantity of a cell and contender, by their key."""
        return quantity == self.quantity and fnmatchcase(key, self.pattern)


@dataclass(frozen=True)
class Outcome:
    """What a rule says of a change.

    Parameters
    ----------
    rule : Rule
        The rule.
    change : Change
        The change.
    word : str
        ``passed``, ``failed`` or ``undecided``.
    reason : str
        Why, in words.
    """

    rule: Rule
    change: Change
    word: str
    reason: str = ""


def read(text: str) -> Rule:
    """Read a rule.

    Raises
    ------
    RuleError
        If it isn't one.
    """
    found = _RULE.fullmatch(text)
    if found is None:
        raise RuleError(f"{text!r} is no rule: give {SYNTAX}")
    quantity, pattern, sign, number = found.group("quantity", "pattern", "sign", "number")
    if quantity not in QUANTITIES:
        raise RuleError(f"{quantity!r} is no quantity: use {', '.join(QUANTITIES)}")
    if quantity == PARITY and sign:
        raise RuleError("parity has no number: leave out what follows it")
    if quantity not in (PARITY, TIME) and not sign:
        raise RuleError(f"{quantity} has no noise floor: give a number, such as {quantity} > 10 %")
    threshold = None
    if sign:
        try:
            threshold = float(number) / 100
        except ValueError:
            raise RuleError(f"{number!r} in {text!r} is not a number") from None
        if (sign == "<") != (threshold < 0) or not -1 < threshold < math.inf:
            raise RuleError(
                f"{text!r} can't be judged: write > 5 % for an increase and < -5 % for a decrease"
            )
    return Rule(text.strip(), quantity, pattern or "*", threshold)


def judge_all(rules: Sequence[Rule], changes: Sequence[Change]) -> list[Outcome]:
    """Judge changes by rules; false failures of all together happen in at most 5 % of runs.

    A change fails where its whole interval is beyond the threshold, by Holm's procedure over all
    that are judged. It passes where its whole 95 % interval is within. Otherwise it is undecided.

    Raises
    ------
    RuleError
        If a rule is about no change.
    """
    pairs: list[tuple[Rule, Change]] = []
    for rule in rules:
        mine = [change for change in changes if rule.concerns(change)]
        if not mine:
            known = ", ".join(dict.fromkeys(change.quantity for change in changes)) or "nothing"
            raise RuleError(
                f"{rule.text!r} is about nothing that both sides measured: there is {known}"
            )
        pairs += [(rule, change) for change in mine]
    p_values = [_p_value(*pair) for pair in pairs]
    return [
        _outcome(rule, change, failed)
        for (rule, change), failed in zip(pairs, holm(p_values, len(p_values), _LEVEL), strict=True)
    ]


def threshold_of(rule: Rule, change: Change) -> float | None:
    """Return the ratio beyond which a change fails; None if the noise floor isn't known."""
    share = change.noise_floor if rule.threshold is None else rule.threshold
    return None if share is None else 1 + share


def _p_value(rule: Rule, change: Change) -> float:
    """Return the p-value of the hypothesis that the true change is within the threshold."""
    limit = threshold_of(rule, change)
    if change.judged is None or change.reason or limit is None:
        return 1.0
    compared = change.judged.compared
    beyond = math.log(compared.ratio.value) - math.log(limit)
    if (beyond < 0) != (limit < 1) or not beyond:
        return 1.0
    # The ratio to the threshold, whose distance from 1 is what has to be more than chance.
    return compared.beside(limit).p_value(0.0)


def _outcome(rule: Rule, change: Change, failed: bool) -> Outcome:
    if rule.quantity == PARITY:
        if change.broken:
            return Outcome(rule, change, FAILED, change.reason)
        before = change.reason and not change.repaired
        return Outcome(rule, change, PASSED, f"as before: {change.reason}" if before else "")
    if failed:
        return Outcome(rule, change, FAILED)
    limit = threshold_of(rule, change)
    if change.judged is None or change.reason:
        return Outcome(rule, change, UNDECIDED, change.reason)
    if limit is None:
        return Outcome(rule, change, UNDECIDED, "no A/A control tells a noise floor: give a number")
    ratio = change.judged.compared.ratio
    if ratio.low is None or ratio.high is None:
        # Equal values need no interval: a loss of the same trainings is the same.
        same = abs(ratio.value - 1) < 1e-12
        why = "" if same else "there is no interval: more launches, starts or seeds are needed"
        return Outcome(rule, change, PASSED if same else UNDECIDED, why)
    within = ratio.low >= limit if limit < 1 else ratio.high <= limit
    if within:
        return Outcome(rule, change, PASSED)
    return Outcome(rule, change, UNDECIDED, _needed(change, limit))


def _needed(change: Change, limit: float) -> str:
    if change.judged is None:
        return ""
    runs = change.judged.runs_needed(limit)
    ratio = change.judged.compared.ratio
    if runs is None:
        far = percent(abs(ratio.value / limit - 1))
        return f"it is within {far} of the threshold, closer than 100 runs would tell"
    beyond = ratio.value > limit if limit > 1 else ratio.value < limit
    if beyond and runs == 1:
        return "alone it would fail, not among all that are judged here: more runs would tell"
    return f"about {max(2, runs)} such runs on either side would tell it from the threshold"
