"""All published reports as one folder for any web host, with an index that is read first."""

from dataclasses import dataclass
from pathlib import Path

from reports import publish
from reports.journal import RecordError
from reports.page import Page, environment
from reports.text import printable

PUBLISHED = Path(__file__).parent / "published"


@dataclass(frozen=True)
class Entry:
    """A report in the index: its folder, and what it is about."""

    name: str
    title: str
    what: str
    answers: list[str]


def build(published: Path, target: Path) -> Path:
    """Make every report anew from its records, in English, and an index of them.

    Parameters
    ----------
    published : Path
        A folder of reports, each with its ``records/``.
    target : Path
        The folder to write; it is made.

    Returns
    -------
    Path
        Of the ``index.html``, the newest report first.

    Raises
    ------
    RecordError
        If there is no report, or a record can't be read.
    OSError
        If something can't be written.
    """
    found = {
        folder: records
        for folder in (sorted(published.iterdir()) if published.is_dir() else [])
        if (records := sorted(folder.glob("records/*.jsonl")))
    }
    if not found:
        raise RecordError(
            f"{published} holds no report: give a folder of folders that aebench report wrote."
        )
    made = {
        folder.name: publish.write(records, target / folder.name)
        for folder, records in found.items()
    }
    newest_first = sorted(made.items(), key=lambda each: each[1].created, reverse=True)
    templates = environment(autoescape=True)
    templates.filters |= {"text": printable}
    index = target / "index.html"
    index.write_text(
        templates.get_template("site.html.j2").render(
            entries=[_entry(name, written.page) for name, written in newest_first]
        ),
        encoding="utf-8",
    )
    return index


def _entry(name: str, page: Page) -> Entry:
    return Entry(name, page.title, page.about, page.answers)
