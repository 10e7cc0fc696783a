"""Draw the throughput by batch size, with a panel for each model and workload."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from aebench.reports.figures.marks import mark
from aebench.reports.figures.style import MOST_LINES, MOST_PANELS, label, legible, reach, style
from aebench.reports.sections import FigureView
from aebench.reports.summary import SpeedCell, Summary
from aebench.reports.tables.shared import shown

# Of hundreds of machines nobody could tell more apart.
_MOST_CELLS = 400
_MOST_POLLS = 12


def throughput(summary: Summary, figure: Figure) -> str:
    """Draw the throughput into a figure; return its caption, or an empty text without data."""
    cells = [cell for cell in summary.speed if any(row.samples_per_second for row in cell.rows)]
    if not cells:
        return ""
    workloads = list(dict.fromkeys(cell.workload for cell in cells))
    names, limit = legible(
        list(dict.fromkeys(cell.model for cell in cells)), MOST_PANELS // len(workloads)
    )
    figure.set_size_inches(8, 0.9 + 2.1 * len(names))
    panels = figure.subplots(len(names), len(workloads), sharey=True, squeeze=False)
    for line, name in enumerate(names):
        for column, workload in enumerate(workloads):
            axes = panels[line][column]
            mine = [c for c in cells if (c.model, c.workload) == (name, workload)]
            if len(mine) > _MOST_CELLS:
                limit = f" (at most {_MOST_CELLS} cells in a panel)"
            _panel(axes, mine[:_MOST_CELLS])
            axes.set_title(label(f"{workload} {name}"), fontsize="medium", loc="left")
            if column == 0:
                axes.set_ylabel("samples/s")
            if line == len(names) - 1:
                axes.set_xlabel("batch size")
    by_label: dict[str, Any] = {}
    for axes in panels.flat:
        handles, labels = axes.get_legend_handles_labels()
        by_label |= dict(zip(map(str, labels), handles, strict=True))
    figure.legend(
        list(by_label.values()), list(by_label), loc="outside upper center", ncols=4, frameon=False
    )
    # Controls that take turns have no throughput in common, and aren't drawn.
    rotate = any(row.originals for cell in cells for row in cell.rows)
    hollow = "" if rotate else "; hollow: the control, which does what its original does"
    intervals = f"95 % intervals{_of_runs(cells)}"
    return f"Throughput of steady steps, logarithmic, with {intervals}{hollow}{limit}"


def _of_runs(cells: Sequence[SpeedCell]) -> str:
    return " (of several runs: their range)" if any(cell.runs for cell in cells) else ""


def _ticks(cells: Sequence[SpeedCell]) -> list[str]:
    """Return batch sizes, with the machine where there are several."""
    return [label(f"{cell.batch_size} {cell.label}".strip()) for cell in cells]


def _panel(axes: Axes, cells: list[SpeedCell]) -> None:
    cells = sorted(cells, key=lambda cell: cell.batch_size)
    contenders, _ = legible(
        list(
            dict.fromkeys(row.contender for cell in cells for row in cell.rows if not row.originals)
        ),
        MOST_LINES,
    )
    apart = any(cell.label for cell in cells)
    for contender in contenders:
        colour, marker = style(contender)
        points = [
            (place, cell, row, row.samples_per_second)
            for place, cell in enumerate(cells)
            for row in cell.rows
            if row.contender == contender and row.samples_per_second and not cell.contradicted(row)
        ]
        if not points:
            continue
        control = bool(points[0][2].control_of)
        # No line goes from one machine to another.
        if not (control or apart):
            (line,) = axes.plot(
                [place for place, *_ in points],
                [each.value for *_, each in points],
                color=colour,
                linewidth=0.7,
            )
            mark([line], contender)
        # A point each, of which a page tells the figures; many points are drawn together.
        step = 1 if len(points) <= _MOST_POLLS else len(points)
        for first in range(0, len(points), step):
            some = points[first : first + step]
            reaches = [reach(each) or [[0.0], [0.0]] for *_, each in some]
            line, caps, bars = axes.errorbar(
                [place for place, *_ in some],
                [each.value for *_, each in some],
                yerr=np.hstack(reaches) if any(reach(each) for *_, each in some) else None,
                fmt=marker,
                linestyle="none",
                elinewidth=1.4,
                color=colour,
                capsize=3,
                # The control's marker goes around its original's: both lie at their batch size.
                markersize=9 if control else 6,
                markerfacecolor="none" if control else colour,
                label="_" if first else label(contender),
            )
            (_, cell, _, each), *others = some
            told = "" if others else f"{contender}, {cell.short}: {shown(each)} samples/s"
            mark([line, *caps, *bars], contender, told)
    every = max(1, -(-len(cells) // _MOST_POLLS))
    axes.set_xticks(range(0, len(cells), every), _ticks(cells[::every]))
    axes.set_xlim(-0.5, max(0, len(cells) - 1) + 0.5)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.grid(axis="y", alpha=0.3)


VIEWS = [FigureView("throughput", section="Throughput", order=1, draw=throughput)]
