"""The table of the parity pass: how far every contender is from the float64 reference."""

from collections.abc import Sequence

from aebench.reports.sections import TableView
from aebench.reports.summary import ParityRow, Summary
from aebench.reports.tables.shared import MOST_BESIDE, Table, failed, few

SHORT_CHECKS = {
    "short training": "10 steps",
    "long training": "100 steps",
    "dropout layers": "layers",
    "dropout rate": "rate (SD)",
    "dropout scale": "scale",
    "dropout loss": "loss (SD)",
}


def parity(summary: Summary) -> list[Table]:
    """Return a table of the checks of all models, and a table of dropout if a model has dropout."""
    if not summary.parity:
        return []
    names = [check.check for row in summary.parity for check in row.checks]
    # With wrong shapes there are no other checks, and a note gives the reason.
    checks = [each for each in dict.fromkeys(names) if each != "shapes"]
    dropout = [each for each in checks if each.startswith("dropout")]
    kinds = {
        "Parity": [each for each in checks if not each.startswith("dropout")],
        "Parity of dropout": dropout,
    }
    tables = [_table(title, each, summary.parity) for title, each in kinds.items() if each]
    if not tables:
        tables = [_table("Parity", [], summary.parity)]
    tables[0].notes.append(
        "The largest difference from a NumPy float64 reference, from the same weights on the same "
        "batches: reconstructions, loss and weights after a step (step); gradients and losses "
        "relative to their size (gradients: as far as float32 weights can hold a step). Who "
        "differs is in no ranking."
    )
    if dropout:
        tables[-1].notes.append(
            "Checks of dropout's masks: the layers with dropout, the share of zeros and the mean "
            "loss in standard deviations of chance, and the scale of the values kept."
        )
    allowed: dict[str, dict[str, float]] = {}
    for row in summary.parity:
        told = allowed.setdefault(row.precision, {})
        told |= {each.check: each.tolerance for each in row.checks}
    tables[0].notes.extend(
        f"Allowed in {precision}: "
        + ", ".join(
            f"{SHORT_CHECKS.get(name, name)} {each:.2g}" for name, each in told.items() if each
        )
        + "."
        for precision, told in allowed.items()
        if told
    )
    return tables


def _table(title: str, checks: Sequence[str], rows: list[ParityRow]) -> Table:
    checks, left = few(checks, "checks", MOST_BESIDE)
    columns = [title.lower(), *(SHORT_CHECKS.get(each, each) for each in checks), "model"]
    shown: list[list[str]] = []
    notes: list[str] = [*left]
    faint: list[int] = []
    dropout = title != "Parity"
    for row in rows:
        name = f"{row.model} {row.contender}"
        found = {each.check: each for each in row.checks}
        if not found:
            if not dropout:
                cells, note = failed(name, columns, row.failure or row.differs)
                shown.append(cells)
                notes.append(note)
            continue
        if dropout and not any(each in found for each in checks):
            continue
        if row.differs:
            faint.append(len(shown))
            if not dropout:
                notes.append(f"{name}: {row.differs}.")
        cells = ["–" if each not in found else _short(found[each].difference) for each in checks]
        shown.append([name, *cells, "differs" if row.differs else "same"])
    return Table(title, columns, shown, notes, faint=faint)


def _short(difference: float) -> str:
    """Return the order of magnitude of a difference as text."""
    return f"{difference:.0e}" if 0 < difference < 0.01 else f"{difference:.2g}"


VIEWS = [
    TableView("parity", section="The same model?", order=1, make=parity, terminal_order=10),
]
