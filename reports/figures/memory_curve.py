"""Draw memory over time, with the phases marked."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from aebench.reports.figures.style import MOST_LINES, MOST_PANELS, label, legible, style
from aebench.reports.sections import FigureView
from aebench.reports.summary import MIB, MemoryRow, Summary

_COLUMNS = 2
_LINE = 1.5
# Grey stands for all contenders in the legend, since each contender's line has its own colour.
_OF_ALL = "#888888"


def curve(summary: Summary, figure: Figure) -> str:
    """Draw a panel per contender × model; return the caption, or an empty text without data."""
    rows, limit = legible([row for row in summary.memory if row.curve_bytes], MOST_PANELS)
    if not rows:
        return ""
    lines = -(-len(rows) // _COLUMNS)
    figure.set_size_inches(8, 0.7 + 2.6 * lines)
    panels = figure.subplots(lines, _COLUMNS, squeeze=False)
    top = 1.12 * max(max(row.highest_bytes, *row.curve_bytes) for row in rows) / MIB
    for axes, row in zip(panels.flat, rows, strict=False):
        _panel(axes, row)
        axes.set_ylim(0, top or 1)
    for axes in list(panels.flat)[len(rows) :]:
        axes.remove()
    sampled = Line2D([], [], color=_OF_ALL, linewidth=_LINE, label="proportional, sampled")
    peak = Line2D([], [], color="black", linewidth=1, label="resident, peak of each phase")
    figure.legend(handles=[sampled, peak], loc="outside upper center", ncols=2, frameon=False)
    return f"Memory over time: proportional, sampled from outside, and resident peaks{limit}"


def _panel(axes: Axes, row: MemoryRow) -> None:
    colour, _ = style(row.contender)
    axes.plot(
        row.curve_seconds, [each / MIB for each in row.curve_bytes], color=colour, linewidth=_LINE
    )
    began = 0.0
    for number, phase in enumerate(row.phases[:MOST_LINES]):
        if phase.ended_seconds > began:
            peak = phase.peak_bytes / MIB
            axes.plot([began, phase.ended_seconds], [peak, peak], color="black", linewidth=1)
            if number % 2:
                axes.axvspan(began, phase.ended_seconds, color="#eeeeee", linewidth=0)
        began = max(began, phase.ended_seconds)
    _name_phases(axes, row, began)
    axes.set_title(label(f"{row.model} {row.contender}"), fontsize="small")
    axes.set_xlim(0, began or 1)
    axes.set_xlabel("seconds")
    axes.set_ylabel("MiB")


def _name_phases(axes: Axes, row: MemoryRow, end: float) -> None:
    """Write the names of phases into a panel, where a phase is wide enough for its name."""
    began = 0.0
    for phase in row.phases[:MOST_LINES]:
        width = phase.ended_seconds - began
        if width > 0.06 * end:
            axes.text(
                began + width / 2,
                0.02,
                label(phase.phase),
                transform=axes.get_xaxis_transform(),
                rotation=90,
                ha="center",
                va="bottom",
                fontsize=7,
                color="#444444",
            )
        began = max(began, phase.ended_seconds)


VIEWS = [FigureView("memory-curve", section="Where time and memory go", order=2, draw=curve)]
