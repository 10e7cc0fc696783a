"""The figures, by matplotlib: legible in grey, for the colour-blind, and small."""

import re
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

from reports.record import GEMM, NATIVE
from reports.summary import MIB, Summary
from reports.tables import SHORT_PHASES

# Okabe and Ito's palette; markers tell the same where colour doesn't.
_STYLES = {
    "jax": ("#0072B2", "o"),
    "torch": ("#D55E00", "s"),
    "tensorflow": ("#009E73", "^"),
}
_NATIVE_MARKERS = {"native-jax": "*", "native-torch": "P", "native-tensorflow": "d"}
_OTHER = ("#444444", "D")
_GREYS = ("#d9d9d9", "#bdbdbd", "#969696", "#737373", "#525252", "#252525", "#000000")


def _style(contender: str) -> tuple[str, str]:
    """Style a contender: its framework's colour, and a marker that tells what else it is."""
    engine = re.split("[:@ ]", contender)[0]
    colour, marker = _STYLES.get(engine.removeprefix(NATIVE), _OTHER)
    if engine == GEMM:
        return "#000000", "X"
    if engine.startswith(NATIVE):
        return colour, _NATIVE_MARKERS.get(engine, "*")
    return colour, "v" if ":" in contender else marker


def write(summary: Summary, folder: Path) -> list[tuple[str, str]]:
    """Draw what the record has data for.

    Parameters
    ----------
    summary : Summary
        What is drawn.
    folder : Path
        Where the ``.svg`` and ``.png`` go; it is made.

    Returns
    -------
    list of (str, str)
        Name (without ending) and caption of each figure.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, caption, draw in (
        ("throughput", "Throughput with 95 % intervals, steady steps", _throughput),
        ("memory", "Peak memory of a cold start by phase", _memory),
        ("loss", "Loss on the test set after each epoch", _loss),
    ):
        figure = plt.figure(figsize=(8, 3.2), layout="constrained")
        if draw(summary, figure.subplots()):
            for ending in ("svg", "png"):
                # No date: the same record gives the same file.
                metadata = {"Date": None} if ending == "svg" else None
                figure.savefig(folder / f"{name}.{ending}", dpi=150, metadata=metadata)
            drawn.append((name, caption))
        plt.close(figure)
    return drawn


def _throughput(summary: Summary, axes: Axes) -> bool:
    cells = [cell for cell in summary.speed if any(row.samples_per_second for row in cell.rows)]
    labels = [f"{cell.workload} {cell.definition}, {cell.batch_size}" for cell in cells]
    contenders = list(dict.fromkeys(row.contender for cell in cells for row in cell.rows))
    controls = {row.contender for cell in cells for row in cell.rows if row.twin_of}
    spacing = min(0.18, 0.8 / max(1, len(contenders)))
    for shift, contender in enumerate(contenders):
        colour, marker = _style(contender)
        points = [
            (place + (shift - (len(contenders) - 1) / 2) * spacing, row.samples_per_second)
            for place, cell in enumerate(cells)
            for row in cell.rows
            if row.contender == contender and row.samples_per_second
        ]
        if not points:
            continue
        values = [each.value for _, each in points]
        errors = [
            [each.value - (each.low if each.low is not None else each.value) for _, each in points],
            [
                (each.high if each.high is not None else each.value) - each.value
                for _, each in points
            ],
        ]
        axes.errorbar(
            values,
            [place for place, _ in points],
            xerr=errors,
            fmt=marker,
            color=colour,
            capsize=3,
            markersize=5,
            markerfacecolor="none" if contender in controls else colour,
            label=contender,
        )
    if not cells:
        return False
    axes.set_yticks(range(len(cells)), labels)
    axes.set_ylim(len(cells) - 0.5, -0.5)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_xlabel("samples per second (logarithmic)")
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    height = max(0.45, 0.14 * len(contenders))
    axes.get_figure().set_size_inches(8, 1.2 + height * len(cells))  # type: ignore[union-attr]
    return True


def _memory(summary: Summary, axes: Axes) -> bool:
    rows = [row for row in summary.footprint if row.launches]
    if not rows:
        return False
    phases = list(dict.fromkeys(phase for row in rows for phase in row.phase_peak_bytes))
    highest = [0.0] * len(rows)
    for phase, grey in zip(phases, _GREYS, strict=False):
        label = SHORT_PHASES.get(phase, phase)
        # Each band is what the phase added to the highest peak so far.
        added = []
        for place, row in enumerate(rows):
            peak = row.phase_peak_bytes.get(phase, 0) / MIB
            added.append(max(0.0, peak - highest[place]))
        axes.barh(range(len(rows)), added, left=highest, color=grey, edgecolor="white", label=label)
        highest = [low + more for low, more in zip(highest, added, strict=True)]
    axes.set_yticks(range(len(rows)), [f"{row.definition} {row.contender}" for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.03 * max(highest))
    axes.set_xlabel("MiB resident, highest peak so far, by the phase that raised it")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    axes.get_figure().set_size_inches(8, 1.2 + 0.3 * len(rows))  # type: ignore[union-attr]
    return True


def _loss(summary: Summary, axes: Axes) -> bool:
    rows = [row for row in summary.quality if row.test_losses]
    if not rows:
        return False
    dashes = ["-", "--", ":", "-."]
    definitions = list(dict.fromkeys(row.definition for row in rows))
    for row in rows:
        colour, marker = _style(row.contender)
        axes.plot(
            range(1, len(row.test_losses) + 1),
            row.test_losses,
            color=colour,
            marker=marker,
            markersize=4,
            linestyle=dashes[definitions.index(row.definition) % len(dashes)],
            label=f"{row.definition} {row.contender}",
        )
    axes.set_xlabel("epoch")
    axes.set_ylabel("test loss (cross-entropy)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize="small")
    return True
