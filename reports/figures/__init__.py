"""The figures, by matplotlib: legible in grey, for the colour-blind, and small.

Each file says in its ``VIEWS`` to which section its figures belong; see
:mod:`aebench.reports.sections`.
"""

import sys
import warnings
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt

from aebench.reports.sections import Drawn, FigureView, collect, discover
from aebench.reports.studies import all_studies
from aebench.reports.summary import Summary

# The same record gives the same figure, whatever a user's matplotlibrc says.
_STABLE: Any = {
    **{name: value for name, value in matplotlib.rcParamsDefault.items() if name != "backend"},
    # Names of elements that don't change from one time to the next.
    "svg.hashsalt": "aebench",
}
# The modules of this package without figures of their own.
_HELPERS = ("style",)
# All figures, those of studies included.
FIGURES = [
    *discover(sys.modules[__name__], _HELPERS, FigureView),
    *collect([name for study in all_studies() for name in study.figure_modules], FigureView),
]


def write(summary: Summary, folder: Path) -> list[Drawn]:
    """Draw every figure that the records have data for, as SVG.

    Parameters
    ----------
    summary : Summary
        The figures' data.
    folder : Path
        The folder for the ``.svg`` files; it is made.

    Returns
    -------
    list of Drawn
        The figures that were drawn.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    with matplotlib.rc_context(_STABLE), warnings.catch_warnings():
        # A record may hold characters that the font lacks: they become boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        for view in FIGURES:
            figure = plt.figure(figsize=(8, 3.2), layout="constrained")
            caption = view.draw(summary, figure)
            if caption:
                # Without a date the same record gives the same file.
                figure.savefig(folder / f"{view.name}.svg", metadata={"Date": None})
                drawn.append(Drawn(view.name, caption, view.section, view.order))
            plt.close(figure)
    return drawn
