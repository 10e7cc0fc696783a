"""Write all files of a report into one folder."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aebench.reports import csv_export, document, figures, html, markdown, traces
from aebench.reports.compressed import ENDING, compress, is_compressed
from aebench.reports.files import open_plain
from aebench.reports.journal import Record, load_all
from aebench.reports.manifest import RECORDS, read
from aebench.reports.placing import write_into
from aebench.reports.record.bounds import MOST_RECORD_BYTES
from aebench.reports.sanitize import file_name
from aebench.reports.summary import summarise


@dataclass(frozen=True)
class Written:
    """The paths of a written report: its ``README.md``, and records moved to ``left-out/``."""

    readme: Path
    left_out: list[Path]


@dataclass(frozen=True)
class Made:
    """A report that was made: its page, and the time at which its newest run began."""

    page: document.Page
    created: str


def write(records: Sequence[Path], folder: Path, language: str = "en") -> Written:
    """Write a report: pages, figures, figures as CSV, and the records with their traces.

    ``README.md`` is the front page; other pages in Markdown lie beside it. ``index.html`` holds all
    of them.

    Parameters
    ----------
    records : sequence of Path
        Paths of the records. Of several copies of a record only one is shown.
    folder : Path
        The report's folder, which is created if it does not exist.
    language : str
        The language of the studies' sections; see :func:`aebench.reports.studies.languages`.

    Returns
    -------
    Written
        The paths of the report and of records that were moved.

    Raises
    ------
    RecordError
        If a path leads to no record.
    ManifestError
        If a file that aebench didn't write would be replaced.
    OSError
        If a file can't be written.
    """

    def fill(fresh: Path) -> None:
        make(records, fresh, folder, language)

    left_out = write_into(folder, fill)
    return Written(folder / "README.md", left_out)


def make(records: Sequence[Path], fresh: Path, home: Path, language: str = "en") -> Made:
    """Make a report in a fresh folder; see :func:`write`.

    Parameters
    ----------
    records : sequence of Path
        Paths of the records.
    fresh : Path
        An empty folder.
    home : Path
        The folder that the report is for. Records that are in its ``records/`` keep their names.
    language : str
        The language of the studies' sections.

    Returns
    -------
    Made
        The report's page, and the time at which its newest run began.
    """
    loaded = load_all(records)
    summary = summarise(*(record for _, record in loaded))
    (fresh / RECORDS).mkdir()
    copies: list[str] = []
    kept: list[tuple[str, str]] = []
    for (path, record), name in zip(loaded, _names(loaded, home), strict=True):
        copy = fresh / RECORDS / name
        _copy(path, record, copy)
        copies.append(f"{RECORDS}/{name}")
        kept += [
            (of, trace.relative_to(fresh).as_posix())
            for of, trace in traces.copy(record, path.parent, copy.parent)
        ]
    csv_export.write(summary, fresh / "data.csv")
    if summary.speed:
        csv_export.write_wide(summary, fresh / "wide.csv")
    drawn = figures.write(summary, fresh / "figures")
    made = document.make(summary, drawn, copies, language, kept)
    text = html.render(made, fresh / "figures")
    (fresh / "index.html").write_text(text, encoding="utf-8")
    for name, page in markdown.render(made).items():
        (fresh / name).write_text(page, encoding="utf-8")
    return Made(made, max(run.created for run in summary.runs))


def _copy(path: Path, record: Record, target: Path) -> None:
    """Copy a record in compressed form.

    Of an uncompressed record only the bytes that were read are copied, since it may have grown.
    A compressed record is copied byte by byte, so a repeated report has equal files.
    """
    with open_plain(path, MOST_RECORD_BYTES) as source:
        if not is_compressed(source):
            compress(source, target, record.read_bytes)
            return
        with target.open("xb") as copy:
            shutil.copyfileobj(source, copy)


def _names(loaded: Sequence[tuple[Path, Record]], home: Path) -> list[str]:
    """Return a file name for each record's copy; records in the report's folder keep theirs."""
    own = home / RECORDS
    at_home = {
        number: f"{path.name.removesuffix(ENDING)}{ENDING}"
        for number, (path, _) in enumerate(loaded)
        if own.is_dir() and path.parent.exists() and path.parent.samefile(own)
    }
    manifest = read(home)
    ours = set(manifest.files) if manifest else set()
    # Names of files that aebench didn't write are taken: such files are never replaced.
    others = {each.name for each in own.glob("*") if f"{RECORDS}/{each.name}" not in ours}
    taken = {*at_home.values(), *others}
    names = []
    for number, (_, record) in enumerate(loaded):
        # The name comes from the record, which may be anyone's: file_name makes it a safe name.
        stem = file_name(record.header.name) or "record"
        name = at_home.get(number) or _free(
            stem if len(loaded) == 1 else f"{number + 1}-{stem}", taken
        )
        taken.add(name)
        names.append(name)
    return names


def _free(stem: str, taken: set[str]) -> str:
    name, number = f"{stem}.jsonl{ENDING}", 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}.jsonl{ENDING}"
    return name
