"""The command that compares two records, and gates a change by rules.

Modules that are slow to import are imported inside functions: ``--help`` then takes under 1 s.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aebench.bench.cli.exit_codes import FAILURES, OK, UNDECIDED
from aebench.bench.cli.job_summary import note_in_job
from aebench.bench.cli.measure import Measurement
from aebench.bench.cli.options import Given
from aebench.bench.errors import BadInputError, refusing
from aebench.bench.quoting import shortly

if TYPE_CHECKING:
    from aebench.reports.changes import Change, Changes, Sides
    from aebench.reports.changes.rules import Outcome, Rule
    from aebench.reports.journal import Record

# The pass that measures again what failed. Losses and parity come out as they did.
_PASSES = {"time": "speed", "peak": "footprint", "start": "footprint"}


def compare(given: Given) -> int:
    """Compare a new record with a base, and judge the change by rules.

    Raises
    ------
    BadInputError
        If a record or a rule can't be read, or both sides have nothing in common.
    """
    from aebench.reports.changes import formats, rules

    shape = given.get("format", "")
    if shape and shape not in formats.FORMATS:
        raise BadInputError(
            f"--format {shortly(shape)} isn't known: use {', '.join(formats.FORMATS)}."
        )
    if shape == "junit" and "fail_if" not in given:
        raise BadInputError("--format junit shows rules: give --fail-if, such as time or parity.")
    if "confirm" in given and "fail_if" not in given:
        raise BadInputError("--confirm measures again what fails: give --fail-if too.")
    with refusing(rules.RuleError):
        asked = [rules.read(text) for text in given.get("fail_if", [])]
    sides = _sides(given)
    changes, outcomes = _judged(sides, asked)
    failed = [each for each in outcomes if each.word == rules.FAILED]
    if given.get("confirm") and any(each.change.quantity in _PASSES for each in failed):
        changes, outcomes = _confirmed(sides, changes, outcomes, given)
    _print(changes, outcomes, shape, bool(given.get("all")))
    words = {each.word for each in outcomes}
    if rules.FAILED in words:
        return FAILURES
    return UNDECIDED if rules.UNDECIDED in words else OK


def _sides(given: Given) -> "Sides":
    """Read the records of both sides, and those of the history."""
    from aebench.reports import changes

    base, new = (_records([given[side]]) for side in ("base", "new"))
    try:
        return changes.sides(base, new, _records(given.get("history", [])))
    except ValueError as error:
        raise BadInputError(f"{error}.") from None


def _records(paths: Sequence[Path]) -> list["Record"]:
    from aebench.reports.journal import RecordError, load_all, record_paths

    with refusing(RecordError):
        return [record for _, record in load_all(record_paths(paths))] if paths else []


def _judged(sides: "Sides", asked: Sequence["Rule"]) -> tuple["Changes", list["Outcome"]]:
    from aebench.reports import changes as of_records
    from aebench.reports.changes import rules

    changes = of_records.compare(sides)
    if all(each.lacking for each in changes.changes):
        raise BadInputError(
            "the records have no cell, model and contender in common: compare runs that measured "
            "the same."
        )
    with refusing(rules.RuleError):
        return changes, rules.judge_all(asked, changes.changes)


def _print(changes: "Changes", outcomes: Sequence["Outcome"], shape: str, everything: bool) -> None:
    from aebench.reports.changes import formats, wording
    from aebench.reports.terminal import new_console, plain, render

    note_in_job(formats.as_markdown(changes, outcomes, everything))
    if shape:
        print(formats.FORMATS[shape](changes, outcomes, everything), end="")
        return
    console = new_console()
    console.print(plain(wording.answer(changes), "bold"))
    tables = wording.tables(changes, everything)
    if tables:
        console.print(render(tables))
    if outcomes:
        for sentence in wording.verdict_of_rules(outcomes):
            console.print(plain(sentence))


def _confirmed(
    sides: "Sides", changes: "Changes", outcomes: Sequence["Outcome"], given: Given
) -> tuple["Changes", list["Outcome"]]:
    """Measure what failed again in fresh launches, and judge it with that run beside the new ones.

    What didn't fail stays as it was judged.

    Raises
    ------
    BadInputError
        If the environment isn't that of the new run any more, or the run couldn't be made.
    """
    from aebench.reports import changes as of_records
    from aebench.reports.changes import rules

    failed = [
        each for each in outcomes if each.word == rules.FAILED and each.change.quantity in _PASSES
    ]
    again = _measured_again(sides, [each.change for each in failed], given)
    both = of_records.sides([sides.new[0].source], again)
    changed = [
        each.change.contender
        for each in failed
        if not both.unchanged(each.change.model, each.change.contender)
    ]
    if changed:
        raise BadInputError(
            f"the environment isn't that of the new record: {shortly(changed[0])} has other "
            "versions, settings, data or code here; measure there, or leave --confirm out."
        )
    with_more = of_records.compare(
        of_records.sides(
            [each.source for each in sides.base],
            [*(each.source for each in sides.new), *again],
            [each.source for each in sides.history],
        )
    )
    anew = {
        (each.rule, each.change.quantity, each.change.key): each
        for each in rules.judge_all(
            list(dict.fromkeys(each.rule for each in failed)), with_more.changes
        )
    }
    told = [
        anew.get((each.rule, each.change.quantity, each.change.key), each)
        if each in failed
        else each
        for each in outcomes
    ]
    shown = {(each.change.quantity, each.change.key) for each in failed}
    return of_records.beside(changes, with_more, shown), told


def _measured_again(sides: "Sides", failed: Sequence["Change"], given: Given) -> list["Record"]:
    """Measure contenders and cells again, as the new run did; return the record."""
    plan, data = sides.new[0].header.plan, sides.new[0].header.data_of(failed[0].model)
    names = dict.fromkeys(
        name for each in failed for name in (each.contender, each.against) if name
    )
    options: dict[str, Any] = {
        "contender": list(names),
        "model": given.get("model") or list(dict.fromkeys(each.model for each in failed)),
        "passes": list(dict.fromkeys(_PASSES[each.quantity] for each in failed)),
        "data": data.choice,
        "train_samples": data.train_samples,
        "batch_size": [str(plan.batch_size)],
        "quiet": True,
    }
    if plan.threads:
        options["threads"] = plan.threads
    times = [each.place for each in failed if each.quantity == "time"]
    if times:
        options |= {
            "workload": list(dict.fromkeys(workload for workload, _, _ in times)),
            "batch_size": list(dict.fromkeys(size for _, _, size in times)),
            "launches": plan.launches,
            "blocks": max(sizes.blocks for sizes in plan.sizes),
        }
        if plan.round_seconds:
            options["round_seconds"] = plan.round_seconds
    outcome, folder = Measurement("confirm").measured(options, screen=False)
    if outcome != "complete" or folder is None:
        raise BadInputError(
            f"the run that was to confirm the failure wasn't complete ({outcome}): look at "
            f"{folder or 'its output'}, or leave --confirm out."
        )
    return _records([folder])
