"""The figures, by matplotlib: legible in grey, for the colour-blind, and small."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from aebench.reports.figures.cost import cost
from aebench.reports.figures.footprint import cold_start, memory
from aebench.reports.figures.loss import loss
from aebench.reports.figures.memory_curve import curve
from aebench.reports.figures.profile import profile
from aebench.reports.figures.throughput import throughput
from aebench.reports.studies.autoencoder.digits_figure import digits
from aebench.reports.summary import Summary

# The same record gives the same figure, whatever a user's matplotlibrc says.
_STABLE: Any = {
    **{name: value for name, value in matplotlib.rcParamsDefault.items() if name != "backend"},
    # Names of elements that don't change from one time to the next.
    "svg.hashsalt": "aebench",
}
# Each draws into an empty figure, and tells what it shows, or nothing if there is nothing to show.
_FIGURES: dict[str, Callable[[Summary, Figure], str]] = {
    "throughput": throughput,
    "memory": memory,
    "cold-start": cold_start,
    "loss": loss,
    "cost": cost,
    "digits": digits,
    "profile": profile,
    "memory-curve": curve,
}


def write(summary: Summary, folder: Path) -> list[tuple[str, str]]:
    """Draw what the record has data for.

    Parameters
    ----------
    summary : Summary
        What is drawn.
    folder : Path
        Where the ``.svg`` and ``.png`` go; it is made.

    Returns
    -------
    list of (str, str)
        Name (without ending) and caption of each figure.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    with matplotlib.rc_context(_STABLE), warnings.catch_warnings():
        # A record may hold characters that the font hasn't: they are boxes then.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        for name, draw in _FIGURES.items():
            figure = plt.figure(figsize=(8, 3.2), layout="constrained")
            caption = draw(summary, figure)
            if caption:
                # Laid out once: it takes as long as drawing.
                figure.draw_without_rendering()
                figure.set_layout_engine("none")
                for ending in ("svg", "png"):
                    # No date: the same record gives the same file.
                    metadata = {"Date": None} if ending == "svg" else None
                    figure.savefig(folder / f"{name}.{ending}", dpi=150, metadata=metadata)
                drawn.append((name, caption))
            plt.close(figure)
    return drawn
