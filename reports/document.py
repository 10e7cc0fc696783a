"""What a report says, whatever it is written in."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aebench.reports.formatting import listed
from aebench.reports.headline import sentences
from aebench.reports.studies.autoencoder.width_dropout import answers
from aebench.reports.summary import Summary
from aebench.reports.tables import (
    Table,
    break_even,
    controls,
    cost,
    facts,
    failed_where,
    footprint,
    memory,
    overview,
    parity,
    profile,
    quality,
    speed,
)

_TEMPLATES = Path(__file__).parent / "templates"


def environment(autoescape: bool) -> Environment:
    """Make what renders a page's templates."""
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
    """A part of a report: text, tables, and names and captions of figures in ``figures/``."""

    title: str
    tables: list[Table]
    figures: list[tuple[str, str]]
    paragraphs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """What Markdown and HTML both say, as text.

    Parameters
    ----------
    title, about : str
        Which machine it is about, and what was measured there and when.
    answers : list of str
        What it comes to, in a few sentences.
    notices, failures : list of str
        What a reader must know, and what went wrong.
    sections : list of Section
        What was measured.
    facts : list of str
        RunOptions it was measured.
    records : list of (str, str)
        The command of each run, and where its record lies.
    traces : list of (str, str)
        What each trace is of, and where it lies.
    made_by : str
        The command that makes this report again from what lies in its folder.
    method : str
        RunOptions the figures follow from what was measured.
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
    drawn: list[tuple[str, str]],
    record_paths: Sequence[str],
    language: str = "en",
    traces: Sequence[tuple[str, str]] = (),
) -> Page:
    """Put a page together.

    Parameters
    ----------
    summary : Summary
        What it says.
    drawn : list of (str, str)
        Names and captions of the figures.
    record_paths : sequence of str
        Where each run's record lies, as the reader should see it.
    language : str
        Of the answer to the questions that it began with; all else is in English.
    traces : sequence of (str, str)
        What each trace is of, and where it lies.
    """
    return Page(
        title=_title(summary),
        about=_about(summary),
        answers=sentences(summary),
        notices=list(summary.notices),
        failures=[f"{failed_where(each)}: {each.reason}" for each in summary.failures],
        sections=[
            *(
                Section(each.title, _legible(each.tables), [], each.paragraphs)
                for each in answers(summary, language)
            ),
            *(
                replace(each, tables=_legible(each.tables))
                for each in _sections(summary, drawn)
                if each.tables or each.figures
            ),
        ],
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


def _legible(tables: Sequence[Table]) -> list[Table]:
    return [each.legible() for each in tables]


def _title(summary: Summary) -> str:
    """Say what a report is about, so that several tell apart, and on which machines."""
    machines = dict.fromkeys(
        f"{run.machine.processor}, {run.machine.cores} cores" for run in summary.runs
    )
    where = f"on {' and '.join(machines)}"
    if summary.speed:
        return f"Keras backends {where}"
    if len({row.train_samples for row in summary.quality}) > 1:
        return f"Autoencoders trained on fewer images, {where}"
    if summary.quality:
        return f"Autoencoders trained by Keras backends {where}"
    if summary.profile or summary.memory:
        return f"Where time and memory go with Keras backends {where}"
    return f"Keras backends {where}"


def _about(summary: Summary) -> str:
    contenders = dict.fromkeys(name for run in summary.runs for name in run.settings)
    names = [each.name for each in summary.models]
    plans = [run.plan for run in summary.runs]
    passes = dict.fromkeys(name for plan in plans for name in plan.passes)
    sizes = sorted({size for plan in plans for size in plan.batch_sizes})
    data = dict.fromkeys(run.data.name for run in summary.runs)
    days = dict.fromkeys(run.created[:10] for run in summary.runs)
    parts = [
        listed(contenders),
        listed(names),
        f"batch {listed(map(str, sizes))}",
        f"{listed(passes)} on {listed(data)}",
        f"measured on {listed(days)}",
    ]
    return f"{'; '.join(filter(None, parts))}."


def _sections(summary: Summary, drawn: list[tuple[str, str]]) -> list[Section]:
    def figures(*names: str) -> list[tuple[str, str]]:
        return [each for each in drawn if each[0] in names]

    return [
        Section("Throughput", overview(summary), figures("throughput")),
        Section("Throughput, cell by cell", speed(summary), []),
        Section(
            "Footprint",
            [*footprint(summary), *break_even(summary)],
            figures("memory", "cold-start"),
        ),
        Section("Quality", quality(summary), figures("loss")),
        Section("Cost against quality", cost(summary), figures("cost")),
        Section("Reconstructions", [], figures("digits")),
        Section(
            "Where time and memory go",
            [*profile(summary), *memory(summary)],
            figures("profile", "memory-curve"),
        ),
        Section("The same model?", parity(summary), []),
        Section("Is the instrument right?", controls(summary), []),
    ]


_METHOD = (
    "Throughput is the median of interleaved rounds with its order-statistic interval; “× …'s "
    "time” is the geometric mean of the blocks' paired ratios, its interval the wider of "
    "Student's over launches and over blocks (†: the ratio of medians of separate runs). The "
    "verdict goes by that interval, adjusted for the number of comparisons; an A/A control is a second "
    "worker of the same, which shows how much of a difference is noise. “Epoch s” is the mean "
    "round's steps with what fit adds to them, and “20 epochs” adds the call of fit once."
)
_METHOD_ELSEWHERE = (
    "Each contender in a process of its own, in fresh ones for each pass. RunOptions each number comes "
    "about is in docs/method.md of aebench."
)
