"""Draw the test loss against its cost: seconds of training, and parameters."""

from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from aebench.reports.figures.marks import mark
from aebench.reports.figures.style import DASHES, MOST_ROWS, label, legible, style
from aebench.reports.sections import FigureView
from aebench.reports.summary import CostPoint, Summary

_LEGEND_COLUMNS = 3


def cost(summary: Summary, figure: Figure) -> str:
    """Draw two panels into a figure; return its caption, or an empty text if there is no data."""
    points = summary.cost.by_seconds
    if not points:
        return ""
    models = list(dict.fromkeys(each.model for each in points))
    curves = [
        list(group) for _, group in groupby(points, lambda each: (each.contender, each.model))
    ]
    shown, limit = legible(curves, MOST_ROWS)
    lines = -(-(len(shown) + 1) // _LEGEND_COLUMNS)
    figure.set_size_inches(8, 3.3 + 0.22 * lines)
    by_seconds, by_parameters = figure.subplots(1, 2, sharey=True, width_ratios=[3, 2])
    for curve in shown:
        contender, model = curve[0].contender, curve[0].model
        colour, marker = style(contender)
        lines = by_seconds.plot(
            [each.seconds for each in curve],
            [each.test_loss for each in curve],
            color=colour,
            marker=marker,
            markevery=[-1],
            markersize=6,
            linewidth=1,
            linestyle=DASHES[models.index(model) % len(DASHES)],
            label=label(f"{model} {contender}"),
        )
        mark(lines, contender, f"{model} {contender}: {curve[-1].test_loss:.4f}")
    front = sorted((each for each in points if each.on_front), key=lambda each: each.seconds)
    _front(by_seconds, [each.seconds for each in front], front, "Pareto front")
    by_seconds.set_xscale("log")
    by_seconds.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    by_seconds.xaxis.set_minor_locator(NullLocator())
    by_seconds.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    by_seconds.set_xlabel("seconds of training (logarithmic)")
    by_seconds.set_ylabel("test loss")
    ends = sorted(summary.cost.by_parameters, key=lambda each: each.parameters or 0)
    ends = list(legible(ends, MOST_ROWS)[0])
    for each in ends:
        millions = (each.parameters or 0) / 1e6
        by_parameters.plot(millions, each.test_loss, "o", color="#444444", markersize=6)
        by_parameters.annotate(
            label(each.model),
            (millions, each.test_loss),
            xytext=(-6, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize="small",
        )
    best = [each for each in ends if each.on_front]
    _front(by_parameters, [(each.parameters or 0) / 1e6 for each in best], best)
    by_parameters.set_xlim(left=0)
    by_parameters.set_xlabel("million parameters")
    for axes in (by_seconds, by_parameters):
        axes.grid(alpha=0.3)
    figure.legend(
        loc="outside lower center", ncols=_LEGEND_COLUMNS, frameon=False, fontsize="small"
    )
    return (
        "Test loss by seconds of training (a marker at the last epoch) and, after it, by "
        f"parameters; thick grey: the Pareto front, which nothing measured here beats{limit}"
    )


def _front(axes: Axes, costs: list[float], points: list[CostPoint], name: str = "") -> None:
    axes.step(
        costs,
        [each.test_loss for each in points],
        where="post",
        color="#999999",
        linewidth=5,
        alpha=0.45,
        zorder=0,
        label=name,
    )


VIEWS = [FigureView("cost", section="Cost against quality", order=1, draw=cost)]
