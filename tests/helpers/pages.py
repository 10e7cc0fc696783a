"""Read a report in Markdown as one text."""

from aebench.reports import markdown
from aebench.reports.document import Page


def whole(page: Page) -> str:
    """Return all pages of a report in Markdown, the front page first."""
    return "\n".join(markdown.render(page).values())
