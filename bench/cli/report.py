"""The commands that show records and write reports.

Modules that are slow to import are imported inside functions: ``--help`` then takes under 1 s.
"""

import contextlib
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aebench.bench.cli.exit_codes import OK
from aebench.bench.cli.options import Given
from aebench.bench.errors import BadInputError, refusing
from aebench.bench.quoting import shortly


def show(given: Given) -> int:
    """Print the last screen of records' runs, all their tables or one, or their figures as JSON.

    Raises
    ------
    BadInputError
        If a record can't be read, or there is no wide table of that kind.
    """
    summary = summarise(given["records"])
    if given.get("json"):
        import msgspec

        from aebench.reports.sanitize import printable_json

        text = msgspec.json.format(msgspec.json.encode(summary)).decode()
        print(printable_json(text))
        return OK
    from aebench.reports.terminal import new_console, render, render_screen, render_summary

    if given.get("wide"):
        new_console().print(render([_wide(summary, given["wide"])]))
        return OK
    new_console().print(render_summary(summary) if given.get("detail") else render_screen(summary))
    return OK


def _wide(summary: Any, kind: str) -> Any:
    from aebench.reports.tables.wide import KINDS, wide

    if kind not in KINDS:
        raise BadInputError(f"--wide {shortly(kind)} isn't known: use {' or '.join(KINDS)}.")
    if not summary.speed:
        raise BadInputError("The records have no figures of speed: leave --wide out.")
    return wide(summary, kind)


def report(given: Given) -> int:
    """Write a report on records.

    Raises
    ------
    BadInputError
        If the language is not known, a record can't be read or the folder can't be written.
    """
    from aebench.reports.studies import languages
    from aebench.reports.terminal import new_console

    records, language = given["records"], given.get("language", "en")
    known = languages()
    if language not in known:
        raise BadInputError(
            f"--language {shortly(language)} isn't known: use {' or '.join(known)}."
        )
    _write_report(records, given.get("out", _report_folder(records)), new_console(), language)
    return OK


def open_report(given: Given) -> int:
    """Open the report on records in the browser; where there is none, print its path.

    The report lies where ``aebench report`` writes it. It is written unless it is of these records.

    Raises
    ------
    BadInputError
        If a record can't be read or the folder can't be written.
    """
    import webbrowser

    from rich.console import Console

    from aebench.reports.journal import record_paths
    from aebench.reports.up_to_date import PAGE, is_report_on

    records = given["records"]
    folder = _report_folder(records)
    with _writing(folder):
        current = is_report_on(record_paths(records), folder)
    if not current:
        _write_report(records, folder, Console(quiet=True))
    page = folder / PAGE
    opened = webbrowser.open(page.absolute().as_uri())
    print_path("Opened in the browser" if opened else "There is no browser here; the page is", page)
    return OK


def _report_folder(records: list[Path]) -> Path:
    """Return where the report on records goes: beside the first, or where a report lies already."""
    from aebench.reports.manifest import NAME

    first = records[0] if records[0].is_dir() else records[0].parent
    return first if (first / NAME).is_file() else first / "report"


def site(given: Given) -> int:
    """Build published reports into one static site with an index.

    Raises
    ------
    BadInputError
        If there are no reports, or the folder can't be written.
    """
    from aebench.reports import site

    out = given.get("out", Path("site"))
    with _writing(out):
        left_out = site.build(given.get("published") or site.PUBLISHED, out)
    for path in left_out:
        print_path("No longer published, and kept", path)
    print_path("Site", out / "index.html")
    return OK


def summarise(paths: list[Path]) -> Any:
    """Return the summary of records side by side; refuse records that can't be read."""
    from aebench.reports.journal import RecordError, load_all, record_paths
    from aebench.reports.summary import summarise

    with refusing(RecordError):
        return summarise(*(record for _, record in load_all(record_paths(paths))))


def print_path(what: str, path: Path) -> None:
    """Print what was written where, in a line."""
    from aebench.reports.terminal import new_console, plain

    new_console().print(plain(f"{what}: {path}"), soft_wrap=True)


def note_older(folder: Path) -> None:
    """Print how to renew the report in a record's folder, if one lies there.

    It isn't renewed unasked: it may be in another language, or of further records.
    """
    from aebench.reports.manifest import NAME
    from aebench.reports.terminal import new_console, plain

    if (folder / "report" / NAME).is_file():
        renew = f"aebench report {shlex.quote(str(folder))}"
        text = f"The report beside the record is older. To renew it: {renew}"
        new_console().print(plain(text), soft_wrap=True)


def write_beside(folder: Path, quiet: bool = False) -> None:
    """Write the report on a record into the folder ``report`` in the record's folder."""
    from rich.console import Console

    from aebench.reports.terminal import new_console

    _write_report([folder], folder / "report", Console(quiet=True) if quiet else new_console())


def _write_report(records: list[Path], folder: Path, console: Any, language: str = "en") -> None:
    from aebench.reports import publish
    from aebench.reports.journal import record_paths
    from aebench.reports.terminal import plain

    with _writing(folder):
        if (folder / "record.jsonl").exists():
            raise BadInputError(f"{folder} holds a record of its own: give another -o.")
        written = publish.write(record_paths(records), folder, language)
    for path in written.left_out:
        console.print(plain(f"No longer part of the report, and kept: {path}"), soft_wrap=True)
    console.print(plain(f"Report: {written.readme}"), soft_wrap=True)


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Refuse unreadable records, and a folder that can't be written, as bad input."""
    from aebench.reports.journal import RecordError
    from aebench.reports.manifest import ManifestError
    from aebench.reports.sanitize import reason

    try:
        with refusing(RecordError), refusing(ManifestError):
            yield
    except OSError as error:
        raise BadInputError(f"{folder} can't be written: {reason(error)}.") from error
