"""Make the table that describes the models: where their code is, and what can be counted of it."""

from aebench.reports.formatting import interval
from aebench.reports.record import ModelInfo
from aebench.reports.sections import TableView
from aebench.reports.summary import Summary
from aebench.reports.tables.shared import MOST_ROWS, Table, few


def models(summary: Summary) -> list[Table]:
    """Return a table of the models, or an empty list if a record has none."""
    found, notes = few(summary.models, "models", MOST_ROWS)
    if not found:
        return []
    columns = ["model", "code", "parameters", "weights, MB", "MFLOP a sample, training"]
    hashes = any(each.sha256 for each in found)
    if hashes:
        columns.append("SHA-256 of the file")
    rows = [_row(each)[: len(columns)] for each in found]
    notes = [
        *notes,
        "Parameters are weights and biases; MFLOP are millions of operations of matrix products, "
        "where they can be counted.",
    ]
    return [Table("Models", columns, rows, notes)]


def _row(model: ModelInfo) -> list[str]:
    called = f"{model.where}:{model.function}" if model.function else model.where
    return [
        model.name,
        called or "–",
        "–" if model.parameters is None else f"{model.parameters:,}",
        _millions(model.weight_bytes),
        _millions(model.training_operations),
        f"{model.sha256[:12]}…" if model.sha256 else "–",
    ]


def _millions(number: int | None) -> str:
    return "–" if number is None else interval(number / 1e6)


VIEWS = [TableView("models", "The same model?", 5, models)]
