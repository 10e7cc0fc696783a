"""The report as one HTML file: it needs no script, no network and no other file to be read."""

import base64
from pathlib import Path

from aebench.reports.document import Page, environment
from aebench.reports.sanitize import printable
from aebench.reports.tables import VERDICT

# Only what the intervals bear is coloured.
_COLOURED = ("faster", "slower")


def render(page: Page, figures: Path) -> str:
    """Render a report.

    Parameters
    ----------
    page : Page
        What it says.
    figures : Path
        The folder of its figures; they are put into the file.
    """
    templates = environment(autoescape=True)  # all that comes from a record is text
    templates.filters |= {"text": printable}
    images = {
        name: base64.b64encode((figures / f"{name}.svg").read_bytes()).decode()
        for section in page.sections
        for name, _ in section.figures
    }
    return templates.get_template("report.html.j2").render(
        page=page, images=images, verdict=VERDICT, coloured=_COLOURED
    )
