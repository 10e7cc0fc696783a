"""Write a report as one HTML file, which needs no script, no network and no other file."""

import base64
from pathlib import Path

from aebench.reports.document import Page, environment
from aebench.reports.sanitize import printable
from aebench.reports.tables import VERDICT

# Only the verdicts that establish a difference are coloured, not "same" or "inconclusive".
_COLOURED = ("faster", "slower")


def render(page: Page, figures: Path) -> str:
    """Return a report as the text of an HTML file.

    Parameters
    ----------
    page : Page
        The content of the report.
    figures : Path
        The folder with the report's ``.svg`` figures, which are embedded in the file.
    """
    templates = environment(autoescape=True)  # text from a record must not become HTML
    templates.filters |= {"text": printable}
    images = {
        name: base64.b64encode((figures / f"{name}.svg").read_bytes()).decode()
        for section in page.sections
        for name, _ in section.figures
    }
    return templates.get_template("report.html.j2").render(
        page=page, images=images, verdict=VERDICT, coloured=_COLOURED
    )
