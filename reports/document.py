"""The content of a report, independent of the format it is written in."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aebench.reports import front, screen, studies, titles
from aebench.reports.headline import sentences
from aebench.reports.record import SCHEMA
from aebench.reports.sections import PAGES, Drawn, page_of, section_orders
from aebench.reports.summary import Summary
from aebench.reports.tables import TABLES, Table, facts, failed_where
from aebench.reports.tables.shared import shared_notes

_TEMPLATES = Path(__file__).parent / "templates"


def environment(autoescape: bool) -> Environment:
    """Return the Jinja environment that loads the templates of pages."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@dataclass(frozen=True)
class Section:
    """A part of a page: paragraphs, tables, and the (name, caption) of each of its figures."""

    title: str
    tables: list[Table]
    figures: list[tuple[str, str]]
    paragraphs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FurtherPage:
    """A page behind the front page.

    Parameters
    ----------
    name : str
        The name of its file, without the ending.
    title : str
        What the page is about.
    shared : list of str
        Notes that several of its tables share, which are said once.
    sections : list of Section
        What the page shows.
    """

    name: str
    title: str
    shared: list[str]
    sections: list[Section]

    @property
    def contents(self) -> str:
        """Return the titles of the sections, as a text; empty if there is the page's alone."""
        found = [each.title for each in self.sections if each.title != self.title]
        return "; ".join(found)


class RunCommand(NamedTuple):
    """The command of a run, the path of its record, and the record's schema."""

    command: str
    record: str
    schema: int

    @property
    def effect(self) -> str:
        """Return what the command does: versions with other schemas had other options and sizes."""
        if self.schema == SCHEMA:
            return "repeats the run"
        return "made the run in an earlier version, with other options and sizes"


@dataclass(frozen=True)
class Front:
    """What stands on the front page beside the answers.

    Parameters
    ----------
    notices, failures : list of str
        The first warnings, and the first measurements that failed.
    figure : (str, str), optional
        The name and the caption of the figure that leads the report.
    table : Table, optional
        The table that leads the report.
    trust : list of str
        Sentences on how far to trust the figures; ``doubtful`` is whether they come first.
    why, how : list of str
        What explains the figures, and how they were measured.
    commands : list of RunCommand
        The first commands, with the records.
    """

    notices: list[str]
    failures: list[str]
    figure: tuple[str, str] | None
    table: Table | None
    trust: list[str]
    doubtful: bool
    why: list[str]
    how: list[str]
    commands: list[RunCommand]


@dataclass(frozen=True)
class Page:
    """A report as text, for Markdown and for HTML.

    Parameters
    ----------
    title, about : str
        The subject, the machine and the date; what was measured, with versions.
    answers : list of str
        The result in a few sentences.
    front : Front
        What else stands on the front page.
    notices, failures : list of str
        All warnings for the reader, and all measurements that failed.
    parts : list of FurtherPage
        The pages behind the front page.
    facts : list of str
        The circumstances: machine, data, versions, settings.
    records : list of RunCommand
        The command of each run, and the path of its record.
    traces : list of (str, str)
        For each trace, its contender, model and batch size as text, and its path.
    made_by : str
        The command that makes this report again, if it is run in the report's folder.
    method : str
        A paragraph on how the numbers were computed from the measurements.
    wide : bool
        Whether throughputs and ratios stand side by side in ``wide.csv``.
    """

    title: str
    about: str
    answers: list[str]
    front: Front
    notices: list[str]
    failures: list[str]
    parts: list[FurtherPage]
    facts: list[str]
    records: list[RunCommand]
    traces: list[tuple[str, str]]
    made_by: str
    method: str
    wide: bool

    @property
    def more_notices(self) -> list[str]:
        """Return the notices that the front page has no room for."""
        return self.notices[front.MOST_NOTICES :]

    @property
    def more_failures(self) -> list[str]:
        """Return the failures that the front page has no room for."""
        return self.failures[front.MOST_NOTICES :]

    @property
    def more_records(self) -> list[RunCommand]:
        """Return the commands, with their records, that the front page has no room for."""
        return self.records[front.MOST_COMMANDS :]

    @property
    def figures(self) -> list[str]:
        """Return the names of all figures."""
        lead = [self.front.figure] if self.front.figure else []
        sections = (section for part in self.parts for section in part.sections)
        return [name for name, _ in [*lead, *(each for own in sections for each in own.figures)]]


def make(
    summary: Summary,
    drawn: Sequence[Drawn],
    record_paths: Sequence[str],
    language: str = "en",
    traces: Sequence[tuple[str, str]] = (),
) -> Page:
    """Return the report that shows a summary.

    Parameters
    ----------
    summary : Summary
        The content.
    drawn : sequence of Drawn
        The figures that were drawn.
    record_paths : sequence of str
        The path of each run's record, as the reader should see it.
    language : str
        The language of the studies' sections; all else is in English.
    traces : sequence of (str, str)
        For each trace, its contender, model and batch size as text, and its path.
    """
    by_section = _tables(summary)
    table = front.table(summary, by_section)
    figure = _leading(drawn)
    others = [each for each in drawn if each is not figure]
    failures = [f"{failed_where(failure)}: {failure.reason}" for failure in summary.failures]
    answers = _answers(summary, language)
    records = [
        RunCommand(shlex.join(run.command), path, run.schema)
        for run, path in zip(summary.runs, record_paths, strict=True)
    ]
    return Page(
        title=titles.title(summary),
        about=titles.about(summary),
        answers=answers,
        front=Front(
            notices=_few(summary.notices, "notes"),
            failures=_few(failures, "failures"),
            figure=(figure.name, figure.caption) if figure else None,
            table=table.legible() if table else None,
            trust=screen.trust(summary),
            doubtful=screen.is_doubtful(summary),
            why=front.why(summary, answers),
            how=front.how(summary),
            commands=records[: front.MOST_COMMANDS],
        ),
        notices=list(summary.notices),
        failures=failures,
        parts=[*_studies(summary, language), *_parts(by_section, others)],
        facts=facts(summary),
        records=records,
        traces=list(traces),
        made_by=shlex.join(
            ["aebench", "report", *record_paths, "-o", "."]
            + (["--language", language] if language != "en" else [])
        ),
        method=titles.method(summary),
        wide=bool(summary.speed),
    )


def _answers(summary: Summary, language: str) -> list[str]:
    """Return the answers; where no speed was measured, a study's own questions come first."""
    found = sentences(summary)
    of_studies = [
        sentence
        for study in studies.named(list(summary.studies))
        for sentence in study.headline(summary, language)
    ]
    return [*found, *of_studies] if summary.speed else [*of_studies, *found]


def _few(lines: Sequence[str], what: str) -> list[str]:
    left = len(lines) - front.MOST_NOTICES
    more = [f"{left:,} more {what} are on the page on machine and facts."] if left > 0 else []
    return [*lines[: front.MOST_NOTICES], *more]


def _leading(drawn: Sequence[Drawn]) -> Drawn | None:
    """Return the figure that leads the report."""
    by_name = {each.name: each for each in drawn}
    return next((by_name[name] for name in front.FIGURES if name in by_name), None)


def _studies(summary: Summary, language: str) -> list[FurtherPage]:
    """Return a page with the studies' sections, in a list that is empty without any."""
    sections = [
        Section(section.title, _legible(section.tables), [], section.paragraphs)
        for study in studies.named(list(summary.studies))
        for section in study.sections(summary, language)
    ]
    return [_part("answers", "The questions, answered", sections)] if sections else []


def _tables(summary: Summary) -> dict[str, list[Table]]:
    """Return the tables by section, in the order of the report. A view says where it goes."""
    found: dict[str, list[Table]] = {title: [] for title in section_orders()}
    for view in TABLES:
        found[view.section].extend(_legible(view.make(summary)))
    return found


def _parts(tables: dict[str, list[Table]], drawn: Sequence[Drawn]) -> list[FurtherPage]:
    """Return the pages that have tables or figures."""
    found: dict[str, list[Section]] = {name: [] for name in PAGES}
    in_order = sorted(drawn, key=lambda figure: figure.order)
    for title, order in section_orders().items():
        shown = [(each.name, each.caption) for each in in_order if each.section == title]
        if tables[title] or shown:
            found[page_of(order)].append(Section(title, tables[title], shown))
    return [_part(name, PAGES[name][0], sections) for name, sections in found.items() if sections]


def _part(name: str, title: str, sections: Sequence[Section]) -> FurtherPage:
    """Return a page, on which a note that several tables share is said once."""
    shared = shared_notes([table for section in sections for table in section.tables])
    once = [
        replace(section, tables=[table.without(shared) for table in section.tables])
        for section in sections
    ]
    return FurtherPage(name, title, shared, once)


def _legible(tables: Sequence[Table]) -> list[Table]:
    return [table.legible() for table in tables]
