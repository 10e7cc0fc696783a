"""Measure the same Keras model on several backends, and show which differences are real.

The Python interface reads records; the command ``aebench`` makes them.

>>> record = aebench.load("results/quick-20261125-120000")
>>> summary = aebench.summarise(record)

Modules that are slow to import are imported when a name is used: workers import this package too,
and their start is measured.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from aebench.reports.journal import Record
    from aebench.reports.summary import Summary

    __version__: str

__all__ = ["__version__", "load", "summarise"]


def load(path: "str | Path") -> "Record":
    """Load a record.

    Parameters
    ----------
    path : str or Path
        A ``record.jsonl``, or the folder that holds one.

    Returns
    -------
    Record
        The header and the events of a run.

    Raises
    ------
    aebench.reports.journal.RecordError
        If the record can't be read.
    """
    from pathlib import Path

    from aebench.reports.journal import load

    return load(Path(path))


def summarise(*records: "Record") -> "Summary":
    """Return a summary of records: every figure that tables and reports show.

    Parameters
    ----------
    *records : Record
        Records from :func:`load`; several of them are set side by side.

    Raises
    ------
    aebench.reports.journal.RecordError
        If the records can't be set side by side.
    """
    from aebench.reports.summary import summarise

    return summarise(*records)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib import metadata

        return metadata.version("aebench")
    raise AttributeError(f"module 'aebench' has no attribute {name!r}")
