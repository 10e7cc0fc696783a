"""The report in Markdown: readable as it stands on a Git host."""

import re

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.page import TEMPLATES, Page

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


def render(page: Page) -> str:
    """Render a report."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # the filters below escape for Markdown
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"text": plain, "code": code, "row": row, "rule": rule}
    return environment.get_template("report.md.j2").render(page=page)
