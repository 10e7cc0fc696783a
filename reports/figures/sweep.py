"""Draw throughput, memory and loss over a parameter of a model that a run varied."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from aebench.reports.figures.style import MOST_LINES, MOST_PANELS, label, legible, style
from aebench.reports.sections import FigureView
from aebench.reports.summary import Estimate, Summary
from aebench.reports.summary.sweeps import Number, Sweep, sweeps

_MIB = 2**20


class _Quantity(NamedTuple):
    """What a panel shows: its title, the axis' unit, and its figures by contender and model."""

    title: str
    unit: str
    of: dict[tuple[str, str], Estimate]


def sweep(summary: Summary, figure: Figure) -> str:
    """Draw the curves into a figure; return its caption, or an empty text without a sweep."""
    found, limit = legible(sweeps(summary.models), MOST_PANELS)
    quantities = [each for each in _quantities(summary) if each.of]
    if not found or not quantities:
        return ""
    figure.set_size_inches(8, 0.8 + 2.1 * len(found))
    panels = figure.subplots(len(found), len(quantities), squeeze=False)
    for line, each in enumerate(found):
        for column, quantity in enumerate(quantities):
            axes = panels[line][column]
            _panel(axes, each, quantity)
            axes.set_title(label(f"{quantity.title} {each.stem}"), fontsize="small", loc="left")
            axes.set_ylabel(quantity.unit)
            axes.set_xlabel(label(each.parameter))
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False)
    names = ", ".join(dict.fromkeys(each.parameter for each in found))
    return f"What changes with {names}, with 95 % intervals where there are any{limit}"


def _quantities(summary: Summary) -> Iterator[_Quantity]:
    """Yield what there is to show: throughput by workload at its first batch size, memory, loss."""
    kinds = dict.fromkeys((cell.workload, cell.batch_size) for cell in summary.speed)
    first = dict(reversed(kinds))
    for workload, size in reversed(first.items()):
        yield _Quantity(
            f"{workload}, batch {size}:",
            "samples/s",
            {
                (row.contender, cell.model): row.samples_per_second
                for cell in summary.speed
                if (cell.workload, cell.batch_size) == (workload, size)
                for row in cell.rows
                if row.samples_per_second and not row.control_of and not row.originals
            },
        )
    yield _Quantity(
        "peak of a cold start:",
        "MiB",
        {
            (row.contender, row.model): _scaled(row.peak_bytes, lambda value: value / _MIB)
            for row in summary.footprint
            if row.peak_bytes
        },
    )
    yield _Quantity(
        "test loss:",
        "",
        {(row.contender, row.model): row.test_loss for row in summary.quality if row.test_loss},
    )


def _scaled(estimate: Estimate, scale: Callable[[float], float]) -> Estimate:
    low, high = (None if each is None else scale(each) for each in (estimate.low, estimate.high))
    return Estimate(scale(estimate.value), low, high)


def _panel(axes: Axes, found: Sweep, quantity: _Quantity) -> None:
    contenders, _ = legible(list(dict.fromkeys(name for name, _ in quantity.of)), MOST_LINES)
    for contender in contenders:
        points = [
            (value, quantity.of[contender, model])
            for value, model in found.models
            if (contender, model) in quantity.of
        ]
        if points:
            _curve(axes, contender, points)
    values, names = [value for value, _ in found.models], {model for _, model in found.models}
    # Values that are doubled again and again lie at equal distances.
    if min(values) > 0 and max(values) / min(values) > 8:
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_xticks(values, [f"{value:g}" for value in values], minor=False)
    shown = [each.value for (_, model), each in quantity.of.items() if model in names]
    if min(shown, default=0.0) >= 0:  # a loss may be negative
        axes.set_ylim(bottom=0)
    axes.grid(axis="y", alpha=0.3)


def _curve(axes: Axes, contender: str, points: Sequence[tuple[Number, Estimate]]) -> None:
    colour, marker = style(contender)
    estimates = [each for _, each in points]
    axes.errorbar(
        [value for value, _ in points],
        [each.value for each in estimates],
        yerr=[
            [0.0 if each.low is None else each.value - each.low for each in estimates],
            [0.0 if each.high is None else each.high - each.value for each in estimates],
        ],
        fmt=f"{marker}-",
        linewidth=0.7,
        elinewidth=1.4,
        color=colour,
        capsize=3,
        markersize=5,
        label=label(contender),
    )


VIEWS = [FigureView("sweep", section="Parameters", order=1, draw=sweep)]
