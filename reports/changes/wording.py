"""Say in tables and sentences what changed."""

from collections import Counter
from collections.abc import Sequence

from aebench.reports.changes import Changes
from aebench.reports.changes.change import LOSS, PARITY, PEAK, START, TIME, Change
from aebench.reports.changes.environments import MODEL
from aebench.reports.changes.rules import FAILED, PASSED, UNDECIDED, Outcome
from aebench.reports.formatting import interval, listed, relative
from aebench.reports.statistics import Estimate
from aebench.reports.summary import MIB
from aebench.reports.tables import VERDICT, Table
from aebench.reports.tables.shared import count, shown

# What a quantity is called in a row, and the factor and the unit in which it is shown.
_NAMES = {
    TIME: ("time", 1e3, "ms"),
    PEAK: ("peak memory", 1 / MIB, "MiB"),
    START: ("cold start", 1.0, "s"),
    LOSS: ("test loss", 1.0, ""),
    PARITY: ("parity", 1.0, ""),
}
_CHANGED = ("broken", "repaired", "slower", "faster", "more", "less", "differs")
_OPEN = ("agrees", "same", "still differs", "inconclusive")


def tables(changes: Changes, everything: bool = False) -> list[Table]:
    """Return a table of what changed, and one of what differs between the environments.

    Where nothing of a quantity can be compared, its rows are shown with both values.
    ``everything`` adds what is the same or undecided, and all that can't be compared.
    """
    rows, notes = [], []
    told = {change.quantity for change in changes.changes if change.judged}
    for change, word in zip(changes.changes, changes.verdicts, strict=True):
        alone = not word and change.quantity not in told and (change.base or change.new)
        if not everything and word not in _CHANGED and not alone:
            continue
        rows.append(_row(change, word))
        if change.reason:
            notes.append(
                f"{change.where}, {change.contender}, {_NAMES[change.quantity][0]}: "
                f"{change.reason}."
            )
    found = []
    if rows:
        # The note on intervals and verdicts belongs to rows that have a ratio.
        notes += _notes(changes) if told else []
        columns = ["where", "contender", "what", "base", "new", "new / base", VERDICT]
        found.append(Table("What changed", columns, rows, list(dict.fromkeys(notes))))
    if changes.environment:
        found.append(
            Table(
                "Environments",
                ["what", "base", "new"],
                [list(each) for each in changes.environment],
            )
        )
    return found


def _row(change: Change, word: str) -> list[str]:
    name, factor, unit = _NAMES[change.quantity]
    return [
        change.where,
        change.contender,
        f"{name} beside {change.against}" if change.against else name,
        *(_value(each, change, factor, unit) for each in (change.base, change.new)),
        shown(change.ratio, how=relative),
        word or "not comparable",
    ]


def _value(value: Estimate | None, change: Change, factor: float, unit: str) -> str:
    if value is None:
        return "–"
    if change.against:
        return f"× {interval(value.value)}"
    return f"{interval(value.value * factor)} {unit}".strip()


def _notes(changes: Changes) -> list[str]:
    notes = [
        "± to the 95 % interval's farther end. What is called slower, faster, more or less is so "
        "in all rows of its quantity together (Holm's procedure), beyond the A/A controls' noise "
        "floor."
    ]
    judged = [each for each in changes.changes if each.judged and each.quantity != LOSS]
    if any(each.against for each in judged):
        notes.append(
            "A time beside another contender's is the ratio to it within a run: that contender "
            "is the same on both sides."
        )
    if any(each.judged and not each.judged.measured for each in judged):
        notes.append(
            "Runs are taken to differ as launches of a run do: --history with five runs of one "
            "question tells how they do here."
        )
    return notes


def answer(changes: Changes) -> str:
    """Return a sentence on what changed."""
    words = Counter(changes.verdicts)
    parts = [f"{words[word]} {word}" for word in (*_CHANGED, *_OPEN) if words[word]]
    if words[""]:
        parts.append(f"{words['']} not comparable")
    sides = [len(changes.sides.base), len(changes.sides.new)]
    runs = " and ".join(count(each, "run") for each in sides)
    models = [each.what for each in changes.environment if each.what.startswith(MODEL)]
    edited = f" The code of {listed(models)} isn't the same on both sides." if models else ""
    return f"{count(len(changes.changes), 'comparison')} ({runs}): {listed(parts)}.{edited}"


def verdict_of_rules(outcomes: Sequence[Outcome]) -> list[str]:
    """Return a sentence on the rules as a whole, and one for each change that didn't pass."""
    words = Counter(each.word for each in outcomes)
    whole = "Failed" if words[FAILED] else "Undecided" if words[UNDECIDED] else "Passed"
    order = (FAILED, UNDECIDED, PASSED)
    parts = [f"{words[word]} {word}" for word in order if words[word]]
    return [
        f"{whole}: {listed(parts)}.",
        *(sentence(each) for each in outcomes if each.word in (FAILED, UNDECIDED)),
    ]


def sentence(outcome: Outcome) -> str:
    """Return what a rule says of a change, as a sentence."""
    change = outcome.change
    name = _NAMES[change.quantity][0]
    by = f" beside {change.against}" if change.against else ""
    ratio = f", {shown(change.ratio)} times the base" if change.ratio else ""
    reason = f": {outcome.reason}" if outcome.reason else ""
    return (
        f"{outcome.word}: {name} of {change.where}, {change.contender}{by}{ratio}, "
        f"by {outcome.rule.text!r}{reason}"
    )
