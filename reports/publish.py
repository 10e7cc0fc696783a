"""Everything that a report consists of, written into one folder."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reports import data, figures, html, markdown, page, traces
from reports.journal import load
from reports.summary import summarise
from reports.text import file_name


@dataclass(frozen=True)
class Written:
    """A report that was written: its ``README.md``, what it says, and when its newest run began."""

    readme: Path
    page: page.Page
    created: str


def write(records: Sequence[Path], folder: Path, language: str = "en") -> Written:
    """Write ``README.md``, ``index.html``, ``figures/``, ``data.csv``, and records with traces.

    Parameters
    ----------
    records : sequence of Path
        Of the records; shown side by side.
    folder : Path
        Where; it is made.
    language : str
        Of the answer to the questions that it began with; see :data:`reports.phrases.LANGUAGES`.

    Returns
    -------
    Written
        What it says, and where.

    Raises
    ------
    RecordError
        If one isn't a record.
    OSError
        If something can't be written.
    """
    loaded = [load(path) for path in records]
    summary = summarise(*loaded)
    (folder / "records").mkdir(parents=True, exist_ok=True)
    copies: list[str] = []
    kept: list[tuple[str, Path]] = []
    for number, (path, record) in enumerate(zip(records, loaded, strict=True), 1):
        # A record may be named anything: not its name alone decides where it goes.
        name = file_name(record.header.name) or "record"
        stem = name if len(loaded) == 1 else f"{number}-{name}"
        copy = folder / "records" / f"{stem}.jsonl"
        if copy.resolve() != path.resolve():
            shutil.copyfile(path, copy)
        copies.append(copy.relative_to(folder).as_posix())
        kept += traces.copy(record, path.parent, copy.parent)
    data.write(summary, folder / "data.csv")
    drawn = figures.write(summary, folder / "figures")
    found = [(of, trace.relative_to(folder).as_posix()) for of, trace in kept]
    made = page.make(summary, drawn, copies, language, found)
    text = html.render(made, folder / "figures")
    (folder / "index.html").write_text(text, encoding="utf-8")
    target = folder / "README.md"
    target.write_text(markdown.render(made), encoding="utf-8")
    return Written(target, made, max(run.created for run in summary.runs))
