"""Draw the ratios of a cell machine by machine, with their mean and one more machine: a forest."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from aebench.reports.figures.marks import mark
from aebench.reports.figures.ratios import legend, scale
from aebench.reports.figures.style import MOST_LINES, MOST_PANELS, label, legible, style
from aebench.reports.formatting import interval
from aebench.reports.sections import FigureView
from aebench.reports.statistics import Estimate
from aebench.reports.summary import MachinesRow, Summary

# More machines have no names beside them: they are in the order of their ratios.
_MOST_NAMED = 30
_ROW_INCHES, _MOST_INCHES, _COLUMNS = 0.26, 7.0, 2


def machines(summary: Summary, figure: Figure) -> str:
    """Draw the ratios into a figure; return its caption, or an empty text for a single machine."""
    cells: dict[str, list[MachinesRow]] = {}
    for row in summary.over_machines:
        cells.setdefault(row.short, []).append(row)
    shown, limit = legible(list(cells.values()), MOST_PANELS)
    if not shown:
        return ""
    columns = min(_COLUMNS, len(shown))
    lines = -(-len(shown) // columns)
    rows = max(len(_places(mine)) + 1.2 * len(mine) for mine in shown)
    height = min(_ROW_INCHES * rows, _MOST_INCHES) + 0.9
    figure.set_size_inches(8, 0.5 + lines * height)
    panels = list(figure.subplots(lines, columns, squeeze=False).flat)
    for number, (axes, mine) in enumerate(zip(panels, shown, strict=False)):
        _panel(axes, mine[:MOST_LINES])
        left = panels[number - 1].get_yticklabels() if number % columns else []
        # Names that stand to the left already need no room here.
        if [each.get_text() for each in left] == [
            each.get_text() for each in axes.get_yticklabels()
        ]:
            axes.tick_params(labelleft=False)
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    every = [row for mine in shown for row in mine]
    legend(figure, [row.contender for row in every])
    references = {row.reference for row in every}
    reference = every[0].reference if len(references) == 1 else "the reference"
    figure.supxlabel(
        f"times {label(reference)}'s time (logarithmic): slower to the right", fontsize=12
    )
    predicted = any(row.prediction for row in every)
    return (
        f"Time relative to {reference} by machine, with 95 % intervals"
        + "; diamond: the mean over machines; line: where one more machine like these lies"
        * predicted
        + limit
    )


def _places(mine: Sequence[MachinesRow]) -> dict[str, int]:
    """Return the place of each machine: by name, or by the first contender's ratio if many."""
    names = dict.fromkeys(each.machine for row in mine for each in row.machines)
    if len(names) > _MOST_NAMED:
        values = {each.machine: each.ratio.value for row in reversed(mine) for each in row.machines}
        names = dict.fromkeys(sorted(names, key=values.__getitem__))
    return {name: place for place, name in enumerate(names)}


def _panel(axes: Axes, mine: Sequence[MachinesRow]) -> None:
    places = _places(mine)
    named = len(places) <= _MOST_NAMED
    # The rows below the machines are as high as theirs; many machines are drawn as a curve.
    step = 1.0 if named else 0.1 * len(places)
    last = len(places) - 0.4
    apart = 0.5 / len(mine) if named else 0.0
    ticks: list[float] = [*places.values()] if named else []
    texts = [label(each) for each in places] if named else []
    for number, row in enumerate(mine):
        shift = apart * (number - (len(mine) - 1) / 2)
        _machines(axes, row, [places[each.machine] + shift for each in row.machines], named)
        if row.prediction:
            place = len(places) - 0.4 + step * (number + 0.5)
            _together(axes, row, row.prediction, place, 0.35 * step)
            ticks.append(place)
            texts.append(label(f"all, {row.contender}"))
            last = max(last, place + step / 2)
    axes.set_yticks(ticks, texts, fontsize=10)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(last + 0.2, -0.8)
    axes.axvline(1, color="black", linewidth=1, zorder=1)
    if any(row.prediction for row in mine):
        axes.axhline(len(places) - 0.5, color="#bdbdbd", linewidth=0.8, zorder=1)
    scale(axes, [each for row in mine for each in _shown(row)])
    more = "" if named else f", {len(places):,} machines"
    axes.set_title(label(f"{mine[0].short}{more}"), fontsize=11)


def _shown(row: MachinesRow) -> list[Estimate]:
    """Return all that is drawn of a row; an axis needn't reach the ends of what two give."""
    together = [row.prediction, row.mean] if row.prediction else []
    return [*(each.ratio for each in row.machines), *together]


def _machines(axes: Axes, row: MachinesRow, places: Sequence[float], named: bool) -> None:
    """Draw a contender's ratio on each machine, with its interval."""
    colour, marker = style(row.contender)
    # A point each, of which a page tells the figures; many points are drawn together.
    step = 1 if named else len(places)
    for first in range(0, len(places), step):
        some = row.machines[first : first + step]
        ratios = [each.ratio for each in some]
        line, caps, bars = axes.errorbar(
            [each.value for each in ratios],
            places[first : first + step],
            xerr=[
                [each.value - (each.value if each.low is None else each.low) for each in ratios],
                [(each.value if each.high is None else each.high) - each.value for each in ratios],
            ],
            fmt=marker,
            color=colour,
            markersize=6 if named else 2,
            elinewidth=1.5 if named else 0.5,
            zorder=3,
        )
        text = f"{row.contender} on {some[0].machine}: × {_text(ratios[0])}" if named else ""
        mark([line, *caps, *bars], row.contender, text)


def _together(
    axes: Axes, row: MachinesRow, prediction: Estimate, place: float, reach: float
) -> None:
    """Draw the mean as a diamond as wide as its interval, on the line of one more machine."""
    colour, _ = style(row.contender)
    mean = row.mean
    ends = [mean.low or mean.value, mean.value, mean.high or mean.value, mean.value]
    (line,) = axes.plot(
        [prediction.low or prediction.value, prediction.high or prediction.value],
        [place, place],
        color=colour,
        linewidth=1.2,
        marker="|",
        zorder=2,
    )
    (diamond,) = axes.fill(
        ends, [place, place - reach, place, place + reach], color=colour, zorder=3
    )
    mark(
        [line, diamond],
        row.contender,
        f"{row.contender} over {len(row.machines):,} machines: × {_text(mean)}; one more machine: "
        f"× {_text(prediction)}",
    )


def _text(ratio: Estimate) -> str:
    return interval(ratio.value, ratio.low, ratio.high)


VIEWS = [FigureView("machines", section="Throughput", order=2, draw=machines)]
