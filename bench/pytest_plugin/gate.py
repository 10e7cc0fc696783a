"""Judge the session's record beside a baseline's, test by test."""

from pathlib import Path

from aebench.bench.errors import BadInputError, refusing
from aebench.bench.plan.plan import ContenderCell
from aebench.reports import changes
from aebench.reports.changes import rules
from aebench.reports.changes.change import PEAK, START, TIME
from aebench.reports.changes.wording import sentence
from aebench.reports.journal import Record, RecordError, load_all, record_paths

# What the session's passes measure and a record keeps for every test.
_MEASURED = (TIME, PEAK, START)


class Gate:
    """The rules that the session's tests must meet beside a baseline.

    Parameters
    ----------
    baseline : str
        The path of the baseline's record, or of a folder of records.
    texts : list of str
        The rules.

    Raises
    ------
    BadInputError
        If the baseline or a rule can't be read, or one is given without the other.
    """

    def __init__(self, baseline: str, texts: list[str]) -> None:
        if bool(baseline) != bool(texts):
            raise BadInputError(
                "--aebench-baseline and --aebench-fail-if belong together: give both, or neither."
            )
        with refusing(rules.RuleError):
            self._rules = [rules.read(text) for text in texts]
        for rule in self._rules:
            if rule.quantity not in _MEASURED:
                raise BadInputError(
                    f"{rule.text!r} is about {rule.quantity}, which no test measures: use "
                    f"{', '.join(_MEASURED)}, or aebench compare."
                )
        with refusing(RecordError):
            paths = record_paths([Path(baseline)]) if baseline else []
            self._base = [record for _, record in load_all(paths)]
        self._outcomes: list[rules.Outcome] = []

    def judge(self, record: Record) -> None:
        """Judge the session's record.

        Raises
        ------
        BadInputError
            If a rule is about nothing that the baseline measured too.
        """
        if self._rules:
            found = changes.compare(changes.sides(self._base, [record]))
            with refusing(rules.RuleError):
                self._outcomes = rules.judge_all(self._rules, found.changes)

    def of(self, wanted: ContenderCell) -> tuple[str, str]:
        """Return what is told of a test that fails, and of one that is undecided; else empty.

        Rules on times are about the test's cell, the others about its contender and model.
        """
        mine = [each for each in self._outcomes if _concerns(each, wanted)]
        failed, open_ones = (
            "; ".join(sentence(each) for each in mine if each.word == word)
            for word in (rules.FAILED, rules.UNDECIDED)
        )
        key = f"{wanted.workload}/{wanted.model}/{wanted.batch_size}/{wanted.contender}"
        missed = [each.text for each in self._rules if each.is_about(TIME, key)]
        if missed and not any(each.change.quantity == TIME for each in mine):
            lacking = f"the baseline lacks this cell, to judge it by {missed[0]!r}"
            open_ones = "; ".join(filter(None, [open_ones, lacking]))
        return failed, open_ones


def _concerns(outcome: rules.Outcome, wanted: ContenderCell) -> bool:
    change = outcome.change
    if (change.contender, change.model) != (wanted.contender, wanted.model):
        return False
    place = (wanted.workload, wanted.model, str(wanted.batch_size))
    return change.quantity != TIME or change.place == place
