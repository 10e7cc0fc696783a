"""Draw how a training step's time divides into categories of operations."""

from collections.abc import Sequence
from itertools import cycle

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aebench.reports.figures.marks import mark
from aebench.reports.figures.style import LOOKS, MOST_ROWS, label, legible
from aebench.reports.formatting import interval
from aebench.reports.sections import FigureView
from aebench.reports.summary import ProfileRow, Summary


def profile(summary: Summary, figure: Figure) -> str:
    """Draw milliseconds and shares by category; return the caption, or an empty text."""
    rows, limit = legible([row for row in summary.profile if row.steps], MOST_ROWS)
    if not rows:
        return ""
    figure.set_size_inches(8, 1.8 + 0.35 * len(rows))
    # In milliseconds the slowest contender makes the others' bars too short to read. So a second
    # panel shows per cent.
    in_milliseconds, in_percent = figure.subplots(1, 2, sharey=True)
    categories = summary.operation_categories
    milliseconds = [_parts(row, categories, 1000) for row in rows]
    whole = [row.traced_step_seconds or 1.0 for row in rows]
    shares = [_parts(row, categories, 100 / step) for row, step in zip(rows, whole, strict=True)]
    _stack(in_milliseconds, categories, milliseconds, rows)
    _stack(in_percent, categories, shares, rows)
    untraced = [1000 * row.step_seconds.value if row.step_seconds else 0.0 for row in rows]
    in_milliseconds.plot(
        untraced, range(len(rows)), "k|", markersize=16, markeredgewidth=2, label="untraced"
    )
    longest = max(map(sum, milliseconds))
    in_milliseconds.set_xlim(0, 1.05 * max(longest, *untraced) or 1)
    in_milliseconds.set_xlabel("milliseconds; the line marks an untraced step")
    in_percent.set_xlim(0, 100)
    in_percent.set_xlabel("% of the traced step")
    several = len({row.batch_size for row in rows}) > 1
    names = [
        f"{row.model} {row.contender}" + (f", {row.batch_size}" if several else "") for row in rows
    ]
    in_milliseconds.set_yticks(range(len(rows)), list(map(label, names)))
    in_milliseconds.invert_yaxis()
    handles, labels = in_milliseconds.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize="small"
    )
    return f"Where the time of a traced training step goes{limit}"


def _parts(row: ProfileRow, categories: Sequence[str], factor: float) -> list[float]:
    return [factor * row.category_seconds.get(name, 0.0) for name in categories]


def _stack(
    axes: Axes, categories: Sequence[str], parts: list[list[float]], rows: Sequence[ProfileRow]
) -> None:
    """Draw a bar per row; a category without time in any row stays out of the legend."""
    left = [0.0] * len(parts)
    by_category = zip(*parts, strict=True)
    for name, (colour, hatch), widths in zip(categories, cycle(LOOKS), by_category, strict=False):
        if not any(widths):
            continue
        bars = axes.barh(
            range(len(parts)),
            widths,
            left=left,
            color=colour,
            hatch=hatch,
            edgecolor="white",
            label=name,
        )
        for row, bar, width in zip(rows, bars, widths, strict=True):
            mark([bar], row.contender, f"{row.model} {row.contender}, {name}: {interval(width)}")
        left = [before + width for before, width in zip(left, widths, strict=True)]


VIEWS = [FigureView("profile", section="Where time and memory go", order=1, draw=profile)]
