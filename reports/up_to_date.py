"""Tell whether a folder has the report on some records already."""

from collections.abc import Sequence
from pathlib import Path

from aebench.reports.journal import Record, load_all
from aebench.reports.manifest import read, records, sha256

PAGE = "index.html"


def is_report_on(paths: Sequence[Path], folder: Path) -> bool:
    """Return whether a folder has a report, unchanged, on just these records.

    Parameters
    ----------
    paths : sequence of Path
        Paths of the records.
    folder : Path
        The report's folder, which needn't exist.

    Raises
    ------
    RecordError
        If a record can't be read.
    ManifestError
        If the folder's manifest is damaged, or a record of the report was changed.
    """
    manifest = read(folder)
    if manifest is None or sha256(folder / PAGE) not in manifest.files.get(PAGE, []):
        return False
    return _records(paths) == _records(records(folder))


def _records(paths: Sequence[Path]) -> list[Record]:
    return [record for _, record in load_all(paths)]
