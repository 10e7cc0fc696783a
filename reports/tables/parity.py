"""Make the tables of the parity pass: how far contenders are from the float64 oracle."""

from collections.abc import Sequence

from aebench.reports import record
from aebench.reports.formatting import listed
from aebench.reports.known_differences import known
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
    """Return a table of the checks of all models, and one of dropout if a model has dropout.

    The list is empty if nothing was compared.
    """
    if not summary.parity:
        return []
    names = [check.check for row in summary.parity for check in row.checks]
    # Shapes have no column: if they are wrong, there are no other checks, and a note says why.
    checks = [each for each in dict.fromkeys(names) if each != "shapes"]
    dropout = [each for each in checks if each.startswith("dropout")]
    kinds = {
        "Parity": [each for each in checks if not each.startswith("dropout")],
        "Parity of dropout": dropout,
    }
    tables = [_table(title, each, summary.parity) for title, each in kinds.items() if each]
    if not tables:
        tables = [_table("Parity", [], summary.parity)]
    tables[0].notes.extend(_compared_with(summary.parity))
    tables[0].notes.extend(_earlier(summary.parity))
    if dropout:
        tables[-1].notes.append(
            "Checks of dropout's masks: the layers with dropout, the share of zeros and the mean "
            "loss in standard deviations of chance, and the scale of the values kept."
        )
    allowed: dict[str, dict[str, float]] = {}
    for row in summary.parity:
        told = allowed.setdefault(row.precision, {})
        # Without a closed form, what is allowed is another number in every check.
        told |= {each.check: each.tolerance for each in row.checks if not each.oracle}
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


def _compared_with(rows: Sequence[ParityRow]) -> list[str]:
    """Return notes on the oracles, and on what follows from a difference."""
    oracles = dict.fromkeys(check.oracle for row in rows for check in row.checks)
    consequence = (
        "The largest at any batch size. A contender that differs is in no ranking of the workloads "
        "and batch sizes concerned."
    )
    if any(row.ranked_anyway for row in rows):
        consequence = (
            "The largest at any batch size. Contenders that differ are ranked all the same, as "
            "--rank-anyway asked for."
        )
    notes: list[str] = []
    if "" in oracles or not oracles:
        notes.append(
            "The largest difference from the oracle, the same model in NumPy and float64, from the "
            "same weights on the same batches: outputs, loss and weights after a step "
            "(step); gradients and losses relative to their size (gradients: as far as float32 "
            f"weights can hold a step). {consequence}"
        )
    backends = [name for name in oracles if name and ", " not in name]
    if any(oracles):
        on = f" on {listed(backends)}" if backends else ""
        notes.append(
            f"The largest difference from the oracle, the same Keras model in float64{on}, from "
            "the same weights on the same batches, as a share of the largest number compared: "
            "outputs, losses, weights after a step (step), what the step changed (gradients). "
            "Allowed is a multiple of what the last places of this very model's weights change. "
            f"{consequence}"
        )
    return notes


def _earlier(rows: Sequence[ParityRow]) -> list[str]:
    """Return a note on the checks that earlier runs made; without such checks, no note."""
    days = {
        f"{row.model} {row.contender}": check.measured_at[:10]
        for row in rows
        for check in row.checks
        if check.measured_at
    }
    if not days:
        return []
    on = listed(sorted(set(days.values())))
    made = sum(bool(row.checks) for row in rows)
    which = "" if len(days) == made else f" {len(days)} of {made} rows:"
    return [
        f"Parity:{which} checked on {on} with the same versions, machine, model and code, and not "
        "again in this run."
    ]


def _table(title: str, checks: Sequence[str], rows: list[ParityRow]) -> Table:
    checks, left = few(checks, "checks", MOST_BESIDE)
    columns = [title.lower(), *(SHORT_CHECKS.get(each, each) for each in checks), "model"]
    shown: list[list[str]] = []
    notes: list[str] = [*left]
    faint: list[int] = []
    dropout = title != "Parity"
    checked = {row.model for row in rows if any(each.check in checks for each in row.checks)}
    for row in rows:
        name = f"{row.model} {row.contender}"
        found = _worst(row.checks)
        if dropout and row.model not in checked:
            continue
        if not found or (dropout and not any(each in found for each in checks)):
            cells, note = failed(name, columns, row.failure or row.differs or row.unsupported)
            shown.append(cells)
            notes.append(note)
            continue
        if row.differs:
            faint.append(len(shown))
            if not dropout:
                notes.append(f"{name}: {row.differs}. {known(row)}".strip())
        if row.same_in and not dropout and not row.ranked_anyway:
            because = "" if row.differs else f" ({row.unsupported})"
            notes.append(f"{name}: ranked only in {listed(row.same_in)}{because}.")
        elif row.unsupported and not dropout:
            notes.append(f"{name}: {row.unsupported}")
        if not dropout:
            notes.extend(f"{name}: {note}." for note in _left_out(row))
        cells = ["–" if each not in found else _short(found[each].difference) for each in checks]
        shown.append([name, *cells, _verdict(row)])
    return Table(title, columns, shown, notes, faint=faint)


def _left_out(row: ParityRow) -> list[str]:
    """Return what the checks' notes say was left out, unless the verdict says so already."""
    notes = dict.fromkeys(check.note for check in row.checks if check.note)
    return [note for note in notes if note != row.differs]


def _worst(checks: Sequence[record.Parity]) -> dict[str, record.Parity]:
    """Return for each check's name the check at the batch size with the largest difference."""
    found: dict[str, record.Parity] = {}
    for check in checks:
        known = found.get(check.check)
        if known is None or check.difference > known.difference:
            found[check.check] = check
    return found


def _verdict(row: ParityRow) -> str:
    """Return the verdict as text: ``same``, ``differs``, ``same in`` a workload, or ``partly``."""
    if not row.same_in:
        return "differs" if row.differs else "same"
    (where, *others) = row.same_in
    return "partly" if others or " " in where else f"same in {where}"


def _short(difference: float) -> str:
    """Return a difference as text: one digit below 0.01, else two."""
    return f"{difference:.0e}" if 0 < difference < 0.01 else f"{difference:.2g}"


VIEWS = [
    TableView("parity", section="The same model?", order=1, make=parity, terminal_order=10),
]
