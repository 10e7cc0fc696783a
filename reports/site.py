"""Write all published reports, with an index page, into one folder for a web host."""

from dataclasses import dataclass
from pathlib import Path

from aebench.reports import publish
from aebench.reports.document import Page, environment
from aebench.reports.journal import RecordError
from aebench.reports.manifest import records
from aebench.reports.placing import write_into
from aebench.reports.sanitize import printable

PUBLISHED = Path(__file__).parent / "published"


@dataclass(frozen=True)
class Entry:
    """A report in the index: its folder's name, its title, what was measured, and the answers."""

    name: str
    title: str
    what: str
    answers: list[str]


def build(published: Path, target: Path) -> list[Path]:
    """Make every report from its records, in English, and an index with the newest report first.

    Parameters
    ----------
    published : Path
        A folder that contains the folders of reports, each with its ``records/``.
    target : Path
        The folder to write, which is created if it does not exist.

    Returns
    -------
    list of Path
        The new paths of records and traces that no published report contains any more.

    Raises
    ------
    RecordError
        If there is no report, or a record can't be read.
    ManifestError
        If a report's record was changed or is missing, or if a file that aebench didn't write
        would be replaced.
    OSError
        If a file can't be written.
    """
    found = {
        folder: paths
        for folder in (sorted(published.iterdir()) if published.is_dir() else [])
        if (paths := records(folder))
    }
    if not found:
        raise RecordError(
            f"{published} holds no report: give a folder of folders that aebench report wrote."
        )

    def fill(fresh: Path) -> None:
        made = []
        for folder, paths in found.items():
            (fresh / folder.name).mkdir()
            made.append((folder.name, publish.make(paths, fresh / folder.name, folder)))
        made.sort(key=lambda each: each[1].created, reverse=True)
        (fresh / "index.html").write_text(_index(made), encoding="utf-8")

    return write_into(target, fill)


def _index(made: list[tuple[str, publish.Made]]) -> str:
    templates = environment(autoescape=True)
    templates.filters |= {"text": printable}
    entries = [_entry(name, each.page) for name, each in made]
    return templates.get_template("site.html.j2").render(entries=entries)


def _entry(name: str, page: Page) -> Entry:
    return Entry(name, page.title, page.about, page.answers)
