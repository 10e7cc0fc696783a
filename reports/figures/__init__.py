"""Draw the figures of a report with matplotlib: readable in grey and for the colour-blind.

Each file of this folder lists its figures, with their sections, in ``VIEWS``; see
:mod:`aebench.reports.sections`.
"""

import io
import sys
import warnings
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from aebench.reports.figures.marks import finish
from aebench.reports.sections import Drawn, FigureView, collect, discover
from aebench.reports.studies import all_studies
from aebench.reports.summary import Summary

# Matplotlib's defaults replace a user's matplotlibrc: the same record gives the same figure.
_STABLE: Any = {
    **{name: value for name, value in matplotlib.rcParamsDefault.items() if name != "backend"},
    # With a fixed salt, the names of a figure's elements are the same in every run.
    "svg.hashsalt": "aebench",
    # At half its size, as on a narrow screen, a figure can still be read.
    "font.size": 12,
}
# Modules of this package that define no figures; discover skips them.
_HELPERS = ("marks", "style")
# All figures, those of studies included.
FIGURES = [
    *discover(sys.modules[__name__], _HELPERS, FigureView),
    *collect([name for study in all_studies() for name in study.figure_modules], FigureView),
]


def write(summary: Summary, folder: Path) -> list[Drawn]:
    """Draw every figure for which the summary has data, as SVG.

    Parameters
    ----------
    summary : Summary
        The figures' data.
    folder : Path
        The folder for the ``.svg`` files; it is created if it does not exist.

    Returns
    -------
    list of Drawn
        The figures that were drawn.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for view in FIGURES:
        caption, svg = draw(view, summary)
        if caption:
            (folder / f"{view.name}.svg").write_bytes(svg)
            drawn.append(Drawn(view.name, caption, view.section, view.order))
    return drawn


def draw(view: FigureView, summary: Summary) -> tuple[str, bytes]:
    """Draw one figure.

    Parameters
    ----------
    view : FigureView
        The figure.
    summary : Summary
        Its data.

    Returns
    -------
    str
        The caption; empty if there is nothing to show.
    bytes
        The figure as SVG; empty too then.
    """
    with matplotlib.rc_context(_STABLE), warnings.catch_warnings():
        # A record may hold characters that the font lacks: they become boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        # Without pyplot, which would keep the figure, and show it in a notebook.
        figure = Figure(figsize=(8, 3.2), layout="constrained")
        caption = view.draw(summary, figure)
        if not caption:
            return "", b""
        file = io.BytesIO()
        # No date is written, so the same record always gives the same file.
        figure.savefig(file, format="svg", metadata={"Date": None})
    return caption, finish(file.getvalue())
