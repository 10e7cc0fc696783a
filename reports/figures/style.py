"""How contenders and models look, and what is legible."""

import re
import zlib
from collections.abc import Sequence
from typing import TypeVar

from aebench.reports.sanitize import printable

T = TypeVar("T")

# Okabe and Ito's palette; markers tell the same where colour doesn't.
_STYLES = {
    "jax": ("#0072B2", "o"),
    "torch": ("#D55E00", "s"),
    "tensorflow": ("#009E73", "^"),
}
# What a contender is, by its name: looks alone depend on it.
_NATIVE, _GEMM = "native-", "gemm"
_NATIVE_MARKERS = {"native-jax": "*", "native-torch": "P", "native-tensorflow": "d"}
# For names that aren't among those: the rest of the palette, and markers that it leaves.
_OTHER_COLOURS = ("#CC79A7", "#E69F00", "#56B4E9", "#882255", "#44AA99", "#999933")
_OTHER_MARKERS = ("D", "p", "h", "<", ">", "8")
GREYS = ("#d9d9d9", "#bdbdbd", "#969696", "#737373", "#525252", "#252525", "#000000")
DASHES = ("-", "--", ":", "-.")
_LONGEST = 40
# More rows, panels, or lines in a panel aren't legible, and take long: the tables hold all.
MOST_ROWS, MOST_PANELS, MOST_LINES = 40, 8, 12


def style(contender: str) -> tuple[str, str]:
    """Choose a contender's colour, by its framework, and a marker that shows what else it is."""
    backend = re.split("[:@ ]", contender)[0]
    framework = backend.removeprefix(_NATIVE)
    colour, marker = _STYLES.get(framework) or _chosen(framework)
    if backend == _GEMM:
        return "#000000", "X"
    if backend.startswith(_NATIVE):
        return colour, _NATIVE_MARKERS.get(backend, "*")
    return colour, "v" if ":" in contender else marker


def _chosen(framework: str) -> tuple[str, str]:
    """Choose a colour and a marker by a hash of a name, the same in all reports."""
    number = zlib.crc32(framework.encode())
    return (
        _OTHER_COLOURS[number % len(_OTHER_COLOURS)],
        _OTHER_MARKERS[number // len(_OTHER_COLOURS) % len(_OTHER_MARKERS)],
    )


def label(text: str) -> str:
    """Make text of a record safe to be drawn: nothing in it is mathematics, and it is short."""
    shown = printable(text)
    if len(shown) > _LONGEST:
        shown = f"{shown[: _LONGEST - 1]}…"
    # A leading underscore would keep it out of a legend.
    shown = f" {shown}" if shown.startswith("_") else shown
    return shown.replace("$", r"\$")


def legible(values: Sequence[T], most: int) -> tuple[Sequence[T], str]:
    """Take as many as are legible, and say so if these aren't all."""
    if len(values) <= most:
        return values, ""
    return values[:most], f" (the first {most} of {len(values):,})"
