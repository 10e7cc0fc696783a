"""How contenders and models look, and what is legible."""

import re
from collections.abc import Sequence
from typing import TypeVar

from aebench.reports.record import GEMM, NATIVE
from aebench.reports.sanitize import printable

T = TypeVar("T")

# Okabe and Ito's palette; markers tell the same where colour doesn't.
_STYLES = {
    "jax": ("#0072B2", "o"),
    "torch": ("#D55E00", "s"),
    "tensorflow": ("#009E73", "^"),
}
_NATIVE_MARKERS = {"native-jax": "*", "native-torch": "P", "native-tensorflow": "d"}
_OTHER = ("#444444", "D")
GREYS = ("#d9d9d9", "#bdbdbd", "#969696", "#737373", "#525252", "#252525", "#000000")
DASHES = ("-", "--", ":", "-.")
_LONGEST = 40
# More rows, panels, or lines in a panel aren't legible, and take long: the tables hold all.
MOST_ROWS, MOST_PANELS, MOST_LINES = 40, 8, 12


def style(contender: str) -> tuple[str, str]:
    """Style a contender: its framework's colour, and a marker that tells what else it is."""
    engine = re.split("[:@ ]", contender)[0]
    colour, marker = _STYLES.get(engine.removeprefix(NATIVE), _OTHER)
    if engine == GEMM:
        return "#000000", "X"
    if engine.startswith(NATIVE):
        return colour, _NATIVE_MARKERS.get(engine, "*")
    return colour, "v" if ":" in contender else marker


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
