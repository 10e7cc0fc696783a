"""Choose colours, markers and labels of figures, and limit how much a figure shows."""

import re
import zlib
from collections.abc import Sequence
from typing import TypeVar

from aebench.reports.sanitize import printable
from aebench.reports.statistics import Estimate

T = TypeVar("T")

# Colours of Okabe and Ito's palette. Markers tell frameworks apart where colours can't.
_STYLES = {
    "jax": ("#0072B2", "o"),
    "torch": ("#D55E00", "s"),
    "tensorflow": ("#009E73", "^"),
}
# Names by which a contender's kind is recognised. Only its colour and marker depend on them.
_NATIVE, _GEMM = "native-", "gemm"
_NATIVE_MARKERS = {"native-jax": "*", "native-torch": "P", "native-tensorflow": "d"}
# Colours and markers for frameworks that aren't in _STYLES.
_OTHER_COLOURS = ("#CC79A7", "#E69F00", "#56B4E9", "#882255", "#44AA99", "#999933")
_OTHER_MARKERS = ("D", "p", "h", "<", ">", "8")
GREYS = ("#d9d9d9", "#bdbdbd", "#969696", "#737373", "#525252", "#252525", "#000000")
DASHES = ("-", "--", ":", "-.")
# Colours and hatching of a bar's parts. Neighbours differ in lightness and in hatching, so that
# grey print tells them apart too.
LOOKS = (
    ("#0072B2", ""),
    ("#56B4E9", "////"),
    ("#CC79A7", ""),
    ("#D55E00", "...."),
    ("#E69F00", ""),
    ("#009E73", "\\\\\\\\"),
    ("#F0E442", ""),
    ("#dddddd", "xxxx"),
    ("#777777", ""),
    ("#CC79A7", "////"),
    ("#D55E00", ""),
    ("#E69F00", "...."),
    ("#009E73", ""),
    ("#F0E442", "\\\\\\\\"),
    ("#0072B2", "xxxx"),
    ("#56B4E9", ""),
)
_LONGEST = 40
# More rows, panels or lines in a panel cannot be read, and take long to draw. Tables show more.
MOST_ROWS, MOST_PANELS, MOST_LINES = 40, 8, 12


def style(contender: str) -> tuple[str, str]:
    """Return a contender's colour, which shows its framework, and marker, which shows its kind."""
    backend = re.split("[:@ ]", contender)[0]
    framework = backend.removeprefix(_NATIVE)
    colour, marker = _STYLES.get(framework) or _chosen(framework)
    if backend == _GEMM:
        return "#000000", "X"
    if backend.startswith(_NATIVE):
        return colour, _NATIVE_MARKERS.get(backend, "*")
    return colour, "v" if ":" in contender else marker


def _chosen(framework: str) -> tuple[str, str]:
    """Return a colour and a marker by a hash of a framework's name: all reports use the same."""
    number = zlib.crc32(framework.encode())
    return (
        _OTHER_COLOURS[number % len(_OTHER_COLOURS)],
        _OTHER_MARKERS[number // len(_OTHER_COLOURS) % len(_OTHER_MARKERS)],
    )


def label(text: str) -> str:
    """Return a record's text for drawing: no mathematical markup, at most 40 characters."""
    shown = printable(text)
    if len(shown) > _LONGEST:
        shown = f"{shown[: _LONGEST - 1]}…"
    # Matplotlib leaves labels that begin with an underscore out of a legend.
    shown = f" {shown}" if shown.startswith("_") else shown
    return shown.replace("$", r"\$")


def reach(estimate: Estimate) -> list[list[float]] | None:
    """Return how far an interval reaches below and above its value; None without an interval."""
    if estimate.low is None or estimate.high is None:
        return None
    return [[estimate.value - estimate.low], [estimate.high - estimate.value]]


def legible(values: Sequence[T], most: int) -> tuple[Sequence[T], str]:
    """Return the first ``most`` values, and words on how many there are; no words if all fit."""
    if len(values) <= most:
        return values, ""
    return values[:most], f" (the first {most} of {len(values):,})"
