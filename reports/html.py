"""Write a report as one HTML file, which needs no network and no other file, and no script to read.

A script in the file sorts and filters tables, and hides contenders in figures. The page's policy
allows this script alone, by its SHA-256.
"""

import base64
import hashlib
import re
from pathlib import Path
from xml.etree import ElementTree

from aebench.reports.document import Page, environment
from aebench.reports.sanitize import printable
from aebench.reports.tables import VERDICT

# Only the verdicts that establish a difference are coloured, not "same" or "inconclusive".
_COLOURED = ("faster", "slower")
_SCRIPT = Path(__file__).parent / "templates" / "report.js"
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def render(page: Page, figures: Path) -> str:
    """Return a report as the text of an HTML file.

    Parameters
    ----------
    page : Page
        The content of the report.
    figures : Path
        The folder with the report's ``.svg`` figures, which become part of the file.
    """
    templates = environment(autoescape=True)  # text from a record must not become HTML
    templates.filters |= {"text": printable}
    script = _SCRIPT.read_text(encoding="utf-8").strip()
    return templates.get_template("report.html.j2").render(
        page=page,
        images={
            name: inline((figures / f"{name}.svg").read_bytes(), name) for name in page.figures
        },
        verdict=VERDICT,
        coloured=_COLOURED,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def inline(svg: bytes, name: str) -> str:
    """Return a figure as an SVG element whose names are its own in a page with other figures."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            # In a page, a style would hold for the whole page.
            if child.tag == f"{{{_SVG}}}style":
                parent.remove(child)
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key == "id":
                element.set(key, f"{name}-{value}")
            elif key == f"{{{_XLINK}}}href" and value.startswith("#"):
                element.set(key, f"#{name}-{value[1:]}")
            elif "url(#" in value:
                element.set(key, _REFERENCE.sub(rf"url(#{name}-\1)", value))
    # As in the style that was removed.
    root.set("style", "stroke-linejoin: round; stroke-linecap: butt")
    root.set("aria-hidden", "true")
    return ElementTree.tostring(root, encoding="unicode")
