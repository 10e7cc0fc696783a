"""Draw the test losses after each epoch, with a panel for each model."""

from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from aebench.reports.figures.marks import mark
from aebench.reports.figures.style import DASHES, MOST_LINES, MOST_PANELS, label, legible, style
from aebench.reports.sections import FigureView
from aebench.reports.summary import Summary

_COLUMNS = 2


def loss(summary: Summary, figure: Figure) -> str:
    """Draw the losses into a figure; return its caption, or an empty text if there is no data."""
    rows = [row for row in summary.quality if row.test_losses]
    if not rows:
        return ""
    names, limit = legible(list(dict.fromkeys(row.model for row in rows)), MOST_PANELS)
    columns = min(_COLUMNS, len(names))
    lines = -(-len(names) // columns)
    figure.set_size_inches(8, 0.7 + 2.3 * lines)
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    contenders, _ = legible(list(dict.fromkeys(row.contender for row in rows)), MOST_LINES)
    by_label: dict[str, Any] = {}
    for axes, name in zip(panels.flat, names, strict=False):
        for row in rows:
            if row.model != name or row.contender not in contenders:
                continue
            colour, marker = style(row.contender)
            epochs = range(1, len(row.test_losses) + 1)
            # Lines of equal backends coincide: the markers' places and the dashes tell them apart.
            start = contenders.index(row.contender)
            (line,) = axes.plot(
                epochs,
                row.test_losses,
                color=colour,
                marker=marker,
                markevery=(start % len(epochs), max(1, len(contenders))),
                markersize=4,
                linestyle=DASHES[start % len(DASHES)],
            )
            by_label[label(row.contender)] = line
            mark([line], row.contender, f"{row.contender}, {name}: {row.test_losses[-1]:.4f}")
            if len(row.counted) > 1:
                seeds = list(zip(*(each.test_losses for each in row.counted), strict=True))
                band = axes.fill_between(
                    epochs, list(map(min, seeds)), list(map(max, seeds)), color=colour, alpha=0.2
                )
                mark([band], row.contender)
        axes.set_title(label(name), fontsize="medium", loc="left")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    for axes in panels[-1]:
        axes.set_xlabel("epoch")
    for axes in panels[:, 0]:
        axes.set_ylabel("test loss")
    for axes in list(panels.flat)[len(names) :]:
        axes.set_visible(False)
    figure.legend(
        list(by_label.values()), list(by_label), loc="outside upper center", ncols=4, frameon=False
    )
    band = "; bands: from the least to the most of the seeds" if _several(summary) else ""
    return f"Cross-entropy on the test set after each epoch, the mean of the seeds{band}{limit}"


def _several(summary: Summary) -> bool:
    return any(len(row.counted) > 1 for row in summary.quality)


VIEWS = [FigureView("loss", section="Quality", order=1, draw=loss)]
