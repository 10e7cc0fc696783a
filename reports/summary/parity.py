"""What the parity pass showed: who is the same model as the reference."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from aebench.reports import record
from aebench.reports.journal import Record
from aebench.reports.summary.shared import ContenderView, asked


class ParityRow(msgspec.Struct, frozen=True):
    """One contender in one model: how far it is from the reference, check by check.

    ``precision`` is the one in force, which the tolerances are for. ``differs`` says in what it
    isn't the same model, or why that isn't known; it is empty where it is the same.
    """

    model: str
    contender: str
    precision: str = ""
    checks: list[record.Parity] = []
    differs: str = ""
    failure: str = ""


def rows(sources: Sequence[Record], views: Sequence[ContenderView]) -> list[ParityRow]:
    """Summarise every model × contender that was to be compared.

    One that several runs compared, as parts of one, is shown as far off as it ever was.
    """
    found: dict[tuple[str, str], ParityRow] = {}
    for model, view in asked(sources, views, "parity"):
        if not view.info.has_model:
            continue
        row = ParityRow(
            model,
            view.name,
            precision(view, model),
            view.of(record.Parity, model),
            differs(view, model),
            view.failure("parity", model),
        )
        key = (model, view.name)
        found[key] = _worse(found[key], row) if key in found else row
    return list(found.values())


def _worse(one: ParityRow, other: ParityRow) -> ParityRow:
    by_check: dict[str, record.Parity] = {}
    for each in [*one.checks, *other.checks]:
        known = by_check.get(each.check)
        if known is None or each.difference > known.difference:
            by_check[each.check] = each
    return msgspec.structs.replace(
        one,
        checks=list(by_check.values()),
        differs=one.differs or other.differs,
        failure=one.failure or other.failure,
    )


class Standing(NamedTuple):
    """What decides whether a contender may be ranked in the cells of a model.

    ``word`` says why not: it ``differs``, or is ``unchecked``; ``differs`` says it in a sentence.
    Both are empty where it is the same model.
    """

    precision: str
    differs: str
    word: str


def standing(view: ContenderView, model: str) -> Standing:
    """Tell how a contender stands in a model."""
    told = differs(view, model)
    wrong = any(not each.same for each in view.of(record.Parity, model))
    word = ("differs" if wrong else "unchecked") if told else ""
    return Standing(precision(view, model), told, word)


def precision(view: ContenderView, model: str) -> str:
    """Tell the precision in force; empty if it isn't known."""
    told = [each.settings.get("precision", "") for each in view.of(record.WorkerInfo, model)]
    return next(filter(None, told), "")


def differs(view: ContenderView, model: str) -> str:
    """Say why a contender isn't shown to be the same model; empty if it is.

    A record that was made before contenders were compared is believed.
    """
    if "parity" not in view.source.header.plan.passes:
        return ""
    failure = view.failure("parity", model)
    if failure:
        return failure
    checks = view.of(record.Parity, model)
    if not checks:
        return "it wasn't compared with the reference"
    wrong = [each for each in checks if not each.same]
    if not wrong:
        return ""
    worst = max(wrong, key=lambda each: each.difference / each.tolerance if each.tolerance else 1e9)
    where = f" at {worst.where}" if worst.where else ""
    return (
        f"{worst.check} differs by {worst.difference:.2g}{where}, {worst.tolerance:.2g} is allowed"
    )
