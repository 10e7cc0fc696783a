"""Make the table on after how many epochs shorter epochs make up for a longer start."""

from aebench.reports.formatting import interval
from aebench.reports.sections import TableView
from aebench.reports.summary import FULL_TRAINING_EPOCHS, BreakEven, Summary
from aebench.reports.tables.shared import Table, failed


def break_even(summary: Summary) -> list[Table]:
    """Return a list with the table; empty unless two contenders have cold starts and epochs."""
    if not summary.break_even:
        return []
    columns = ["shorter epochs", "start, s more", "epoch, s less", "break-even epochs"]
    rows = [
        [
            f"{each.model}: {each.faster} before {each.slower}",
            interval(each.starts_later_seconds),
            interval(each.gains_seconds),
            _epochs(each),
        ]
        for each in summary.break_even
    ]
    notes = []
    for name, reason in _unpaired(summary).items():
        cells, note = failed(name, columns, reason)
        rows.append(cells)
        notes.append(note)
    sizes = " and ".join(map(str, sorted({each.batch_size for each in summary.break_even})))
    return [
        Table(
            "When the shorter epoch pays",
            columns,
            rows,
            [
                *notes,
                f"At batch {sizes}: a cold start to the end of the first step, compiling included, "
                "then epochs of fit. Brackets: the ends of the epochs' 95 % intervals and of the "
                "cold starts' ranges, the worst taken together; ∞ where by these it may never pay. "
                f"The full training has {FULL_TRAINING_EPOCHS} epochs.",
            ],
        )
    ]


def _unpaired(summary: Summary) -> dict[str, str]:
    """Map contenders that no other could be compared with, named with the model, to the reason."""
    models = {pair.model for pair in summary.break_even}
    paired = {
        (pair.model, name) for pair in summary.break_even for name in (pair.faster, pair.slower)
    }
    without_epochs = {
        (cell.model, row.contender): row.failure
        for cell in summary.speed
        for row in cell.rows
        if cell.has_epochs and not row.epoch
    }
    found = {}
    for row in summary.footprint:
        key = (row.model, row.contender)
        reason = row.failure or without_epochs.get(key, "")
        if reason and row.model in models and key not in paired:
            found[f"{row.model} {row.contender}"] = reason
    return found


def _epochs(each: BreakEven) -> str:
    value, low, high = each.epochs.value, each.epochs.low or 0.0, each.epochs.high
    if high == 0:
        return "0: leads from the start"
    if high is None:
        return f"{interval(value)} [{interval(low)}, ∞]"
    return interval(value, low, high)


VIEWS = [
    TableView("break-even", section="Footprint", order=2, make=break_even, terminal_order=40),
]
