"""Mark what belongs to a contender in a figure, so that a page can hide it and tell its numbers."""

from collections.abc import Iterable
from xml.etree import ElementTree

import msgspec
from matplotlib.artist import Artist

from aebench.reports.sanitize import printable

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_MARK = "aebench:"


def mark(artists: Iterable[Artist], contender: str, hint: str = "") -> None:
    """Mark artists as a contender's; ``hint`` is shown where a reader points at them."""
    told = msgspec.json.encode([printable(contender), printable(hint)]).decode()
    for artist in artists:
        artist.set_gid(f"{_MARK}{told}")


def finish(svg: bytes) -> bytes:
    """Turn the marks of an SVG image into attributes and titles, which browsers understand."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    root = ElementTree.fromstring(svg)
    # These name the program that drew the figure.
    for metadata in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(metadata)
    for group in root.iter(f"{{{_SVG}}}g"):
        name = group.get("id", "")
        if name.startswith(_MARK):
            contender, hint = msgspec.json.decode(name.removeprefix(_MARK), type=list[str])
            del group.attrib["id"]
            group.set("data-contender", contender)
            if hint:
                title = ElementTree.Element(f"{{{_SVG}}}title")
                title.text = hint
                group.insert(0, title)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))
