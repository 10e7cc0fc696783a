"""Draw what a step consists of by the ladder, a bar for each contender and cell."""

from itertools import cycle

from matplotlib.figure import Figure

from aebench.reports import ladders
from aebench.reports.figures.marks import mark
from aebench.reports.figures.style import LOOKS, MOST_ROWS, label, legible
from aebench.reports.formatting import interval
from aebench.reports.sections import FigureView
from aebench.reports.summary import LadderRow, Summary


def ladder(summary: Summary, figure: Figure) -> str:
    """Draw a waterfall in milliseconds; return the caption, or an empty text."""
    rows, limit = legible([row for row in summary.ladder if _has_parts(row)], MOST_ROWS)
    if not rows:
        return ""
    figure.set_size_inches(8, 1.9 + 0.35 * len(rows))
    axes = figure.subplots()
    names = list(dict.fromkeys(name for row in rows for name, _ in ladders.drawn(row)))
    looks = dict(zip(names, cycle(LOOKS), strict=False))
    shown = set()
    for place, row in enumerate(rows):
        reached = 0.0
        for name, seconds in ladders.drawn(row):
            colour, hatch = looks[name]
            below, reached = reached, reached + 1000 * seconds
            # A part that takes less than nothing goes back: nothing is drawn for it.
            if seconds <= 0:
                continue
            bars = axes.barh(
                place,
                1000 * seconds,
                left=below,
                color=colour,
                hatch=hatch,
                edgecolor="white",
                label=None if name in shown else name,
            )
            shown.add(name)
            mark(list(bars), row.contender, f"{_name(row)}, {name}: {interval(1000 * seconds)} ms")
        axes.plot([reached], [place], "k|", markersize=14, markeredgewidth=2)
    axes.set_yticks(range(len(rows)), [label(_name(row)) for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel("milliseconds; the line marks the whole step")
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize="small")
    return f"What a step consists of{limit}"


def _has_parts(row: LadderRow) -> bool:
    return bool(row.top) and any(seconds > 0 for _, seconds in ladders.drawn(row))


def _name(row: LadderRow) -> str:
    return f"{row.workload} {row.model} {row.batch_size} {row.contender}"


VIEWS = [FigureView("ladder", section="Where time and memory go", order=0, draw=ladder)]
