"""Where a training step's time goes, category by category, side by side."""

from matplotlib.figure import Figure

from reports.figures.style import MOST_ROWS, label, legible
from reports.summary import Summary
from reports.summary.profile import CATEGORIES

# Neighbours differ in lightness and in hatching, so that grey print tells them apart too.
_LOOKS = (
    ("#0072B2", ""),
    ("#56B4E9", "////"),
    ("#CC79A7", ""),
    ("#D55E00", "...."),
    ("#E69F00", ""),
    ("#009E73", "\\\\\\\\"),
    ("#F0E442", ""),
    ("#dddddd", "xxxx"),
    ("#777777", ""),
)


def profile(summary: Summary, figure: Figure) -> str:
    """Draw stacked milliseconds; see :func:`reports.figures.write`."""
    rows, limit = legible([row for row in summary.profile if row.steps], MOST_ROWS)
    if not rows:
        return ""
    figure.set_size_inches(8, 1.4 + 0.35 * len(rows))
    axes = figure.subplots()
    left = [0.0] * len(rows)
    for name, (colour, hatch) in zip(CATEGORIES, _LOOKS, strict=True):
        widths = [1000 * row.category_seconds.get(name, 0.0) for row in rows]
        if not any(widths):
            continue
        axes.barh(
            range(len(rows)),
            widths,
            left=left,
            color=colour,
            hatch=hatch,
            edgecolor="white",
            label=name,
        )
        left = [before + width for before, width in zip(left, widths, strict=True)]
    untraced = [1000 * row.step_seconds.value if row.step_seconds else 0.0 for row in rows]
    axes.plot(untraced, range(len(rows)), "k|", markersize=16, markeredgewidth=2, label="untraced")
    several = len({row.batch_size for row in rows}) > 1
    names = [
        f"{row.definition} {row.contender}" + (f", {row.batch_size}" if several else "")
        for row in rows
    ]
    axes.set_yticks(range(len(rows)), list(map(label, names)))
    axes.invert_yaxis()
    axes.set_xlim(0, 1.05 * max(*left, *untraced) or 1)
    axes.set_xlabel("milliseconds of a traced training step; the line marks an untraced one")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return f"Where the time of a training step goes{limit}"
