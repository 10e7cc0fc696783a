"""Write a report in Markdown, which Git hosts such as GitHub show as a page."""

import re

from aebench.reports.document import Page, environment
from aebench.reports.sanitize import printable

_ACTIVE = re.compile(r"([\\`*_{}\[\]<>()#|~!])")


def plain(text: str) -> str:
    """Return a text, escaped for Markdown: no part of it acts as markup or breaks the line."""
    return _ACTIVE.sub(r"\\\1", printable(text))


def code(text: str) -> str:
    """Return a text that can be put between backticks in Markdown."""
    return printable(text).replace("`", "'")


def row(cells: list[str]) -> str:
    """Return a row of a table as a line of Markdown."""
    return "| " + " | ".join(map(plain, cells)) + " |"


def rule(lefts: list[bool]) -> str:
    """Return the line under a table's head, which aligns each column to the left or right."""
    return "| " + " | ".join("---" if left else "---:" for left in lefts) + " |"


def render(page: Page) -> str:
    """Return a report as Markdown."""
    templates = environment(autoescape=False)  # the filters escape for Markdown
    templates.filters |= {"text": plain, "code": code, "row": row, "rule": rule}
    return templates.get_template("report.md.j2").render(page=page)
