"""The Markdown report: readable as it stands on a Git host."""

import re
import shlex
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports import figures
from reports.summary import Summary
from reports.tables import all_tables, facts, failed_where

_ACTIVE = re.compile(r"([\\`*_{}\[\]<>()#|~!])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def plain(text: str) -> str:
    """Make text safe to stand in Markdown: nothing in it is markup, and it stays on one line."""
    return _ACTIVE.sub(r"\\\1", _CONTROL.sub(" ", text))


def code(text: str) -> str:
    """Make text safe to stand between backticks."""
    return _CONTROL.sub(" ", text).replace("`", "'")


def row(cells: list[str]) -> str:
    """Render a table's row."""
    return "| " + " | ".join(map(plain, cells)) + " |"


def rule(columns: list[str]) -> str:
    """Render what stands under a table's head: the first column left, the others right."""
    return "| " + " | ".join(["---", *["---:"] * (len(columns) - 1)]) + " |"


def render(summary: Summary, drawn: list[tuple[str, str]], record_paths: list[str]) -> str:
    """Render the report.

    Parameters
    ----------
    summary : Summary
        What it says.
    drawn : list of (str, str)
        Names and captions of the figures that lie in ``figures/``.
    record_paths : list of str
        Where each run's record lies, as the reader should see it.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        autoescape=False,  # the filters below escape for Markdown
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"text": plain, "code": code, "row": row, "rule": rule}
    return environment.get_template("report.md.j2").render(
        summary=summary,
        machine=" and ".join(
            dict.fromkeys(
                f"{run.machine.processor}, {run.machine.cores} cores" for run in summary.runs
            )
        ),
        answers=[each.answer for each in summary.speed if each.answer],
        failures=[f"{failed_where(each)}: {each.reason}" for each in summary.failures],
        tables=all_tables(summary),
        figures=drawn,
        facts=facts(summary),
        records=[
            (shlex.join(run.command), path)
            for run, path in zip(summary.runs, record_paths, strict=True)
        ],
    )


def write(summary: Summary, folder: Path, record_paths: list[str]) -> Path:
    """Write the report and its figures.

    Parameters
    ----------
    summary : Summary
        What it says.
    folder : Path
        Where ``README.md`` and ``figures/`` go; it is made.
    record_paths : list of str
        Where each run's record lies, as the reader should see it.

    Returns
    -------
    Path
        Of the ``README.md``.
    """
    drawn = figures.write(summary, folder / "figures")
    target = folder / "README.md"
    target.write_text(render(summary, drawn, record_paths), encoding="utf-8")
    return target
