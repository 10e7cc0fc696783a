"""The report as one HTML file: it needs no script, no network and no other file to be read."""

import base64
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.page import TEMPLATES, Page
from reports.tables import VERDICT

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CLASSES = {"faster": "faster", "slower": "slower"}


def render(page: Page, figures: Path) -> str:
    """Render a report.

    Parameters
    ----------
    page : Page
        What it says.
    figures : Path
        The folder of its figures; they are put into the file.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,  # all that comes from a record is text
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"text": _plain}
    images = {
        name: base64.b64encode((figures / f"{name}.svg").read_bytes()).decode()
        for section in page.sections
        for name, _ in section.figures
    }
    return environment.get_template("report.html.j2").render(
        page=page, images=images, verdict=VERDICT, classes=_CLASSES
    )


def _plain(text: str) -> str:
    """Take what isn't printed out of a text; Jinja escapes the rest."""
    return _CONTROL.sub(" ", text)
