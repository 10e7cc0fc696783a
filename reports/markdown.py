"""The report in Markdown: readable as it stands on a Git host."""

import re

from aebench.reports.document import Page, environment
from aebench.reports.sanitize import printable

_ACTIVE = re.compile(r"([\\`*_{}\[\]<>()#|~!])")


def plain(text: str) -> str:
    """Make text safe to stand in Markdown: nothing in it is markup, and it stays on one line."""
    return _ACTIVE.sub(r"\\\1", printable(text))


def code(text: str) -> str:
    """Make text safe to stand between backticks."""
    return printable(text).replace("`", "'")


def row(cells: list[str]) -> str:
    """Render a table's row."""
    return "| " + " | ".join(map(plain, cells)) + " |"


def rule(lefts: list[bool]) -> str:
    """Render what stands under a table's head: which columns are left-aligned."""
    return "| " + " | ".join("---" if left else "---:" for left in lefts) + " |"


def render(page: Page) -> str:
    """Render a report."""
    templates = environment(autoescape=False)  # the filters escape for Markdown
    templates.filters |= {"text": plain, "code": code, "row": row, "rule": rule}
    return templates.get_template("report.md.j2").render(page=page)
