"""Draw test images, and their reconstructions by each trained model."""

import numpy as np
from matplotlib.figure import Figure

from aebench.reports.figures.style import MOST_PANELS, label, legible
from aebench.reports.sections import FigureView
from aebench.reports.studies.autoencoder.digits import Digits
from aebench.reports.studies.autoencoder.results import results_of
from aebench.reports.summary import Summary


def digits(summary: Summary, figure: Figure) -> str:
    """Draw a row of images per model; return the caption, or an empty text if there is no data."""
    pictures = results_of(summary).digits
    if len(pictures) < 2:
        return ""
    (original, *made) = pictures
    shown, limit = legible(made, MOST_PANELS)
    figure.set_size_inches(8, 0.75 * (1 + len(shown)))
    # The images are narrower than the layout assumes, so their names would reach beyond the left
    # edge: a margin makes room for them.
    figure.set_layout_engine("constrained", rect=(0.04, 0, 0.96, 1))
    panels = figure.subplots(1 + len(shown), 1, squeeze=False)
    for axes, row in zip(panels[:, 0], [original, *shown], strict=True):
        axes.imshow(_side_by_side(row), cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_ylabel(
            "original" if row is original else _name(row),
            rotation="horizontal",
            ha="right",
            va="center",
            fontsize="small",
        )
    who = ", ".join(dict.fromkeys(f"{row.contender}, seed {row.seed}" for row in shown))
    return (
        "The same test images everywhere, and what each model makes of them after training, "
        f"with its test loss (trained by {who}){limit}"
    )


def _name(row: Digits) -> str:
    name = label(row.model)
    return name if row.test_loss is None else f"{name}\n{row.test_loss:.4f}"


def _side_by_side(row: Digits) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    images = np.frombuffer(row.pixels, np.uint8).reshape(row.count, row.height, row.width)
    return np.concatenate(list(images), axis=1)


VIEWS = [FigureView("digits", section="Reconstructions", order=1, draw=digits)]
