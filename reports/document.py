"""The content of a report, independent of the format it is written in."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aebench.reports import studies
from aebench.reports.formatting import listed
from aebench.reports.headline import sentences
from aebench.reports.sections import Drawn, section_orders
from aebench.reports.summary import Summary
from aebench.reports.tables import TABLES, Table, facts, failed_where

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
    """A part of a report: paragraphs, tables, and the (name, caption) of each of its figures."""

    title: str
    tables: list[Table]
    figures: list[tuple[str, str]]
    paragraphs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """A report as text, for Markdown and for HTML.

    Parameters
    ----------
    title, about : str
        The subject and the machine; what was measured, and when.
    answers : list of str
        The result in a few sentences.
    notices, failures : list of str
        Warnings for the reader, and measurements that failed.
    sections : list of Section
        The measurements.
    facts : list of str
        The circumstances: machine, data, versions, settings.
    records : list of (str, str)
        The command of each run, and the path of its record.
    traces : list of (str, str)
        For each trace, its contender, model and batch size as text, and its path.
    made_by : str
        The command that makes this report again, if it is run in the report's folder.
    method : str
        A paragraph on how the numbers were computed from the measurements.
    """

    title: str
    about: str
    answers: list[str]
    notices: list[str]
    failures: list[str]
    sections: list[Section]
    facts: list[str]
    records: list[tuple[str, str]]
    traces: list[tuple[str, str]]
    made_by: str
    method: str


def make(
    summary: Summary,
    drawn: Sequence[Drawn],
    record_paths: Sequence[str],
    language: str = "en",
    traces: Sequence[tuple[str, str]] = (),
) -> Page:
    """Return the page that shows a summary.

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
    return Page(
        title=_title(summary),
        about=_about(summary),
        answers=sentences(summary),
        notices=list(summary.notices),
        failures=[f"{failed_where(failure)}: {failure.reason}" for failure in summary.failures],
        sections=[*_studies(summary, language), *_sections(summary, drawn)],
        facts=facts(summary),
        records=[
            (shlex.join(run.command), path)
            for run, path in zip(summary.runs, record_paths, strict=True)
        ],
        traces=list(traces),
        made_by=shlex.join(
            ["aebench", "report", *record_paths, "-o", "."]
            + (["--language", language] if language != "en" else [])
        ),
        method=_METHOD if summary.speed else _METHOD_ELSEWHERE,
    )


def _studies(summary: Summary, language: str) -> list[Section]:
    return [
        Section(section.title, _legible(section.tables), [], section.paragraphs)
        for study in studies.named(list(summary.studies))
        for section in study.sections(summary, language)
    ]


def _sections(summary: Summary, drawn: Sequence[Drawn]) -> list[Section]:
    """Return the sections that have tables or figures. A view's section says where it goes."""
    found = {title: Section(title, [], []) for title in section_orders()}
    for view in TABLES:
        found[view.section].tables.extend(_legible(view.make(summary)))
    for figure in sorted(drawn, key=lambda figure: figure.order):
        found[figure.section].figures.append((figure.name, figure.caption))
    return [section for section in found.values() if section.tables or section.figures]


def _legible(tables: Sequence[Table]) -> list[Table]:
    return [table.legible() for table in tables]


def _title(summary: Summary) -> str:
    """Return the report's title, which names its subject and its machines."""
    machines = dict.fromkeys(
        f"{run.machine.processor}, {run.machine.cores} cores" for run in summary.runs
    )
    where = f"on {' and '.join(machines)}"
    if summary.speed:
        return f"Keras backends {where}"
    study = next(iter(studies.named(list(summary.studies))), studies.Study())
    if len({row.train_samples for row in summary.quality}) > 1:
        return f"{study.subject} trained on fewer {study.samples}, {where}"
    if summary.quality:
        return f"{study.subject} trained by Keras backends {where}"
    if summary.profile or summary.memory:
        return f"Where time and memory go with Keras backends {where}"
    return f"Keras backends {where}"


def _about(summary: Summary) -> str:
    contenders = dict.fromkeys(name for run in summary.runs for name in run.settings)
    names = [model.name for model in summary.models]
    plans = [run.plan for run in summary.runs]
    passes = dict.fromkeys(name for plan in plans for name in plan.passes)
    sizes = sorted({size for plan in plans for size in plan.batch_sizes})
    data = dict.fromkeys(each.name for run in summary.runs for each in run.all_data)
    days = dict.fromkeys(run.created[:10] for run in summary.runs)
    parts = [
        listed(contenders),
        listed(names),
        f"batch {listed(map(str, sizes))}",
        f"{listed(passes)} on {listed(data)}",
        f"measured on {listed(days)}",
    ]
    return f"{'; '.join(filter(None, parts))}."


_METHOD = (
    "All intervals are Student's over launches: rounds of one launch share its luck. Throughput is "
    "of steady steps, by the launches' medians. Ratios are geometric means of pairs in the same "
    "block, launch by launch (†: of separate runs, without pairs). Training is judged by epochs of "
    "fit, “epoch s”: the mean round's steps and what fit adds to them. Verdicts follow from the "
    "ratio's interval, adjusted for the comparisons of its table, and sentences over several "
    "tables from all of them together. An A/A control is a second worker of one contender: what "
    "its interval leaves open is noise."
)
_METHOD_ELSEWHERE = (
    "Each contender has a process of its own, and a fresh one in each pass. How each number comes "
    "about is in docs/method.md of aebench."
)
