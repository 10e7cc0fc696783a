"""Draw throughput, memory and loss over a number that a run varied."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from aebench.reports.figures.marks import mark
from aebench.reports.figures.style import MOST_LINES, MOST_PANELS, label, legible, style
from aebench.reports.sections import FigureView
from aebench.reports.summary import Estimate, Summary
from aebench.reports.summary.sweeps import (
    BATCH_SIZE,
    Number,
    Sweep,
    SweepPoint,
    of_batch_sizes,
    of_models,
    of_settings,
)

_MIB = 2**20


# A contender, a model, and a batch size where the figure is of one.
_Place = tuple[str, str, int | None]


class _Quantity(NamedTuple):
    """What a panel shows: its title, the axis' unit, and its figures.

    ``first`` is the batch size of the points that name none; None if the figures are of no size.
    """

    title: str
    unit: str
    first: int | None
    of: dict[_Place, Estimate]

    def at(self, curve: str, point: SweepPoint) -> Estimate | None:
        """Return the figure of a curve at a point; None without one."""
        contender = point.contender(curve)
        if contender is None or (self.first is None and point.batch_size is not None):
            return None
        size = None if self.first is None else point.batch_size or self.first
        return self.of.get((contender, point.model, size))


def sweep(summary: Summary, figure: Figure) -> str:
    """Draw the curves into a figure; return its caption, or an empty text without a sweep."""
    found, limit = legible(_sweeps(summary), MOST_PANELS)
    quantities = [each for each in _quantities(summary) if each.of]
    if not found or not quantities:
        return ""
    figure.set_size_inches(8, 0.9 + 2.4 * len(found))
    panels = figure.subplots(len(found), len(quantities), squeeze=False)
    for line, each in enumerate(found):
        for column, quantity in enumerate(quantities):
            axes = panels[line][column]
            if not _panel(axes, each, quantity):
                axes.set_visible(False)
                continue
            size = quantity.first if each.parameter != BATCH_SIZE else None
            title = quantity.title if size is None else f"{quantity.title}, batch {size}"
            axes.set_title(f"{label(title)}\n{label(each.stem)}", fontsize="small", loc="left")
            axes.set_ylabel(quantity.unit)
            axes.set_xlabel(label(each.parameter))
    handles: dict[str, Artist] = {}
    for axes in panels.flat:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(name, handle)
    figure.legend(
        [*handles.values()], [*handles], loc="outside upper center", ncols=4, frameon=False
    )
    names = ", ".join(dict.fromkeys(each.parameter for each in found))
    return f"What changes with {names}, with 95 % intervals where there are any{limit}"


def _sweeps(summary: Summary) -> list[Sweep]:
    settings = {name: its for run in summary.runs for name, its in run.settings.items()}
    names = list(dict.fromkeys(cell.model for cell in summary.speed))
    return [
        *of_models(summary.models),
        *of_batch_sizes(summary.speed),
        *of_settings(names, settings),
    ]


def _quantities(summary: Summary) -> Iterator[_Quantity]:
    """Yield what there is to show: throughput by workload, memory, loss."""
    first: dict[str, int] = {}
    for cell in summary.speed:
        first.setdefault(cell.workload, cell.batch_size)
    for workload, size in first.items():
        yield _Quantity(
            workload,
            "samples/s",
            size,
            {
                (row.contender, cell.model, cell.batch_size): row.samples_per_second
                for cell in summary.speed
                if cell.workload == workload
                for row in cell.rows
                if row.samples_per_second and not row.control_of and not row.originals
            },
        )
    yield _Quantity(
        "peak of a cold start",
        "MiB",
        None,
        {
            (row.contender, row.model, None): _scaled(row.peak_bytes, lambda value: value / _MIB)
            for row in summary.footprint
            if row.peak_bytes
        },
    )
    yield _Quantity(
        "test loss",
        "",
        None,
        {
            (row.contender, row.model, None): row.test_loss
            for row in summary.quality
            if row.test_loss
        },
    )


def _scaled(estimate: Estimate, scale: Callable[[float], float]) -> Estimate:
    low, high = (None if each is None else scale(each) for each in (estimate.low, estimate.high))
    return Estimate(scale(estimate.value), low, high)


def _panel(axes: Axes, found: Sweep, quantity: _Quantity) -> bool:
    """Draw the curves of a sweep; return whether there are any."""
    known = [name for point in found.points for name in point.contenders or ()]
    names = dict.fromkeys(known or (contender for contender, _, _ in quantity.of))
    curves, _ = legible(list(names), MOST_LINES)
    shown: list[float] = []
    for curve in curves:
        at = [(point.value, quantity.at(curve, point)) for point in found.points]
        points = [(value, estimate) for value, estimate in at if estimate]
        if points:
            _curve(axes, curve, points)
            shown += [
                end for _, each in points for end in (each.value, each.high) if end is not None
            ]
    if not shown:
        return False
    values = [point.value for point in found.points]
    # Values that are doubled again and again lie at equal distances.
    if min(values) > 0 and max(values) / min(values) > 8:
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_xticks(values, [f"{value:g}" for value in values], minor=False)
    if min(shown) >= 0:  # a loss may be negative
        axes.set_ylim(0, 1.08 * max(shown) or 1)
    axes.grid(axis="y", alpha=0.3)
    return True


def _curve(axes: Axes, contender: str, points: Sequence[tuple[Number, Estimate]]) -> None:
    colour, marker = style(contender)
    estimates = [each for _, each in points]
    line, caps, bars = axes.errorbar(
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
    mark([line, *caps, *bars], contender)


VIEWS = [FigureView("sweep", section="Parameters", order=1, draw=sweep)]
