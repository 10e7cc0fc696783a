"""Draw every contender's ratio to the reference with its interval: a row per cell and contender."""

from collections.abc import Iterator, Sequence
from math import exp, log
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from aebench.reports.figures.marks import mark
from aebench.reports.figures.style import MOST_LINES, MOST_ROWS, label, legible, reach, style
from aebench.reports.formatting import interval
from aebench.reports.sections import FigureView
from aebench.reports.summary import Estimate, SpeedCell, SpeedRow, Summary

_ROW_INCHES, _GAP_ROWS = 0.19, 0.6
# The numbers that an axis may be marked with, in every power of ten.
_NICE = (1, 1.1, 1.2, 1.5, 2, 3, 4, 5, 6, 8)
_MOST_TICKS = 7
# The logarithm of the largest ratio that is drawn.
_FARTHEST = 300.0


class _Row(NamedTuple):
    """A row of the figure: a contender's ratio in a cell, and that of calm blocks if it parts."""

    cell: SpeedCell
    row: SpeedRow
    ratio: Estimate
    calm: Estimate | None


def ratios(summary: Summary, figure: Figure) -> str:
    """Draw the ratios into a figure; return its caption, or an empty text without any."""
    rows, limit = legible(list(_rows(summary.speed)), MOST_ROWS)
    if not rows:
        return ""
    cells = _cells(rows)
    figure.set_size_inches(8, 1.5 + _ROW_INCHES * (len(rows) + _GAP_ROWS * len(cells)))
    axes = figure.subplots()
    place = 0.0
    middles = []
    for number, mine in enumerate(cells):
        if number % 2:
            axes.axhspan(place - 0.8, place + len(mine) - 0.2, color="#f2f2f2", linewidth=0)
        for shift, each in enumerate(mine):
            _draw(axes, each, place + shift)
        middles.append(place + (len(mine) - 1) / 2)
        place += len(mine) + _GAP_ROWS
    axes.set_yticks(middles, [label(mine[0].cell.short) for mine in cells])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(place - 0.8, -0.8)
    axes.axvline(1, color="black", linewidth=1, zorder=1)
    scale(axes, [each for row in rows for each in (row.ratio, row.calm) if each])
    references = list(dict.fromkeys(each.cell.reference for each in rows))
    reference = references[0] if len(references) == 1 else "the reference"
    axes.set_xlabel(f"times {label(reference)}'s time (logarithmic): slower to the right")
    legend(figure, [each.row.contender for each in rows])
    parted = any(each.calm for each in rows)
    hollow = "; hollow: of steps in calm blocks, where that lies outside" if parted else ""
    return f"Time relative to {reference}, with 95 % intervals{hollow}{limit}"


def _rows(cells: Sequence[SpeedCell]) -> Iterator[_Row]:
    for cell in cells:
        for row in cell.rows:
            ratio = row.judged_ratio
            if ratio and row.verdict != "baseline" and not row.control_of:
                yield _Row(cell, row, ratio, _apart(row))


def _apart(row: SpeedRow) -> Estimate | None:
    """Return the ratio in calm blocks if it lies outside the interval of all blocks."""
    calm, whole = row.times_reference_calm, row.times_reference
    if not calm or not whole or whole.low is None or whole.high is None:
        return None
    return None if whole.low <= calm.value <= whole.high else calm


def _cells(rows: Sequence[_Row]) -> list[list[_Row]]:
    """Return the rows by cell."""
    found: list[list[_Row]] = []
    for each in rows:
        if not found or found[-1][0].cell is not each.cell:
            found.append([])
        found[-1].append(each)
    return found


def _draw(axes: Axes, each: _Row, place: float) -> None:
    colour, marker = style(each.row.contender)
    told = f"{each.row.contender}, {each.cell.short}"
    faint = 0.4 if each.cell.mostly_disturbed else 1.0
    estimates = [(each.ratio, colour, f"{told}: × {_text(each.ratio)} {each.row.verdict}")]
    if each.calm:
        estimates.append(
            (each.calm, "white", f"{told}, steps in calm blocks: × {_text(each.calm)}")
        )
    for number, (ratio, inside, hint) in enumerate(estimates):
        line, caps, bars = axes.errorbar(
            [ratio.value],
            [place + 0.3 * number],
            xerr=reach(ratio),
            fmt=marker,
            color=colour,
            markerfacecolor=inside,
            markersize=7,
            elinewidth=2,
            capsize=3,
            alpha=faint,
            zorder=3,
        )
        mark([line, *caps, *bars], each.row.contender, hint.strip())


def _text(ratio: Estimate) -> str:
    return interval(ratio.value, ratio.low, ratio.high)


def scale(axes: Axes, shown: Sequence[Estimate]) -> None:
    """Make the axis logarithmic, from 1 to what is shown, with a few round numbers on it."""
    ends = [end for each in shown for end in (each.value, each.low, each.high) if end and end > 0]
    low, high = min([1.0, *ends]), max([1.0, *ends])
    margin = max(0.04 * (log(high) - log(low)), 0.01)
    axes.set_xscale("log")
    axes.set_xlim(exp(max(log(low) - margin, -_FARTHEST)), exp(min(log(high) + margin, _FARTHEST)))
    axes.xaxis.set_major_locator(FixedLocator(ticks(low, high)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.grid(axis="x", alpha=0.3)


def ticks(low: float, high: float) -> list[float]:
    """Return round numbers between two ends: 1, and others at least a seventh of the way apart."""
    powers = range(-6, 7)
    nice = sorted(round(digit * 10.0**power, 9) for power in powers for digit in _NICE)
    nice = [each for each in nice if low / 1.02 <= each <= high * 1.02]
    apart = max(log(high) - log(low), 0.01) / _MOST_TICKS
    found = [1.0]
    for each in sorted(nice, key=lambda number: (number not in _WHOLE, abs(log(number)))):
        if all(abs(log(each / other)) >= apart for other in found):
            found.append(each)
    return sorted(found)


_WHOLE = {round(digit * 10.0**power, 9) for power in range(-6, 7) for digit in (1, 2, 5)}


def legend(figure: Figure, contenders: Sequence[str]) -> None:
    """Put colours and markers of contenders above a figure."""
    names, _ = legible(list(dict.fromkeys(contenders)), MOST_LINES)
    handles = []
    for name in names:
        colour, marker = style(name)
        handles.append(
            Line2D(
                [],
                [],
                color=colour,
                marker=marker,
                linestyle="none",
                markersize=8,
                label=label(name),
            )
        )
    figure.legend(handles=handles, loc="outside upper center", ncols=4, frameon=False)


VIEWS = [FigureView("ratios", section="Throughput", order=0, draw=ratios)]
