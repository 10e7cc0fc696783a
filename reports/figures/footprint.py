"""Draw the memory and the seconds of cold starts, as bars with a segment for each phase."""

from collections.abc import Callable, Sequence

from matplotlib.figure import Figure

from aebench.reports.figures.marks import mark
from aebench.reports.figures.style import GREYS, MOST_LINES, MOST_ROWS, label, legible
from aebench.reports.formatting import interval
from aebench.reports.sections import FigureView
from aebench.reports.summary import MIB, FootprintRow, Summary
from aebench.reports.tables import SHORT_PHASES


def memory(summary: Summary, figure: Figure) -> str:
    """Draw the peaks of memory; return the caption, or an empty text if there is no data."""

    def added(rows: Sequence[FootprintRow], phase: str, so_far: list[float]) -> list[float]:
        # Each band shows by how much the phase raised the highest peak of the phases before it.
        peaks = [row.phase_peak_bytes.get(phase, 0) / MIB for row in rows]
        return [max(0.0, peak - before) for peak, before in zip(peaks, so_far, strict=True)]

    return _stacked(
        summary,
        figure,
        added,
        "MiB resident, highest peak so far, by the phase that raised it",
        "Peak memory of a cold start, by phase",
    )


def cold_start(summary: Summary, figure: Figure) -> str:
    """Draw the seconds; return the caption, or an empty text if there is no data."""

    def taken(rows: Sequence[FootprintRow], phase: str, so_far: list[float]) -> list[float]:
        return [row.phase_seconds.get(phase, 0.0) for row in rows]

    return _stacked(
        summary,
        figure,
        taken,
        "seconds; step 1 holds compiling",
        "Seconds of a cold start, by phase",
    )


def _stacked(
    summary: Summary,
    figure: Figure,
    sizes: Callable[[Sequence[FootprintRow], str, list[float]], list[float]],
    axis: str,
    caption: str,
) -> str:
    rows, limit = legible([row for row in summary.footprint if row.launches], MOST_ROWS)
    if not rows:
        return ""
    phases, _ = legible(
        list(dict.fromkeys(phase for row in rows for phase in row.phase_seconds)), MOST_LINES
    )
    # The legend stands beside the bars: with one bar alone it would be cut off.
    figure.set_size_inches(8, max(1.2 + 0.3 * len(rows), 0.4 + 0.22 * len(phases)))
    axes = figure.subplots()
    so_far = [0.0] * len(rows)
    for number, phase in enumerate(phases):
        widths = sizes(rows, phase, so_far)
        bars = axes.barh(
            range(len(rows)),
            widths,
            left=so_far,
            color=GREYS[number % len(GREYS)],
            # Every other segment is hatched: neighbours differ in more than their shade of grey.
            hatch="////" if number % 2 else "",
            edgecolor="white",
            label=label(SHORT_PHASES.get(phase, phase)),
        )
        for row, bar, width in zip(rows, bars, widths, strict=True):
            told = f"{row.model} {row.contender}, {SHORT_PHASES.get(phase, phase)}"
            mark([bar], row.contender, f"{told}: {interval(width)}")
        so_far = [before + width for before, width in zip(so_far, widths, strict=True)]
    axes.set_yticks(range(len(rows)), [label(f"{row.model} {row.contender}") for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.03 * max(so_far) or 1)
    axes.set_xlabel(axis)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return caption + limit


VIEWS = [
    FigureView("memory", section="Footprint", order=1, draw=memory),
    FigureView("cold-start", section="Footprint", order=2, draw=cold_start),
]
