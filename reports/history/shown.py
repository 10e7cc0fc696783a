"""Show histories: tables with a line of bars for a terminal, and a page with plots."""

import io
import warnings
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure as Drawing

from aebench.reports.changes.change import LOSS, PEAK, START, TIME
from aebench.reports.document import environment
from aebench.reports.figures.marks import finish
from aebench.reports.figures.style import label, style
from aebench.reports.formatting import interval, listed, percent
from aebench.reports.history.index import AA, CONTROL
from aebench.reports.history.series import OF_MACHINE, Series, middle
from aebench.reports.html import inline
from aebench.reports.sanitize import printable
from aebench.reports.statistics import Estimate
from aebench.reports.summary import MIB
from aebench.reports.tables import Table
from aebench.reports.tables.shared import shown

_BARS = "▁▂▃▄▅▆▇█"
_MOST_BARS, _MOST_PLOTS, _MOST_DATES = 20, 200, 5
# The factor and the unit in which a quantity is shown; ratios have neither.
_UNITS = {TIME: (1e3, "ms"), START: (1.0, "s"), PEAK: (1 / MIB, "MiB"), LOSS: (1.0, "")}
_UNITS |= {AA: (1.0, ""), CONTROL: (1e9, "ns per unit of its work")}


def tables(found: Sequence[Series]) -> list[Table]:
    """Return a table of the series, and one of the machine's own history.

    If the machine's controls changed where a ratio did, the machine is the first suspect.
    """
    own = [each for each in found if each.quantity not in OF_MACHINE]
    machine = [each for each in found if each.quantity in OF_MACHINE]
    several = len({each.machine for each in found}) > 1
    return [
        _table(title, part, several)
        for title, part in (("History", own), ("The machine itself", machine))
        if part
    ]


def _table(title: str, found: Sequence[Series], several: bool) -> Table:
    columns = ["what", "runs", "first", "history", "last", "last / first", "changed"]
    rows = [_row(each, several) for each in found]
    notes = [
        f"A bar is a run, the last {_MOST_BARS} at most; the lowest and the highest run of a line "
        "have the lowest and the highest bar."
    ]
    for each in found:
        for change in each.changes:
            why = f": {listed(change.versions)}" if change.versions else ""
            notes.append(
                f"{each.key}, {each.what}: from {each.figures[change.at].created[:10]} on "
                f"{shown(change.ratio)} times as much{why}."
            )
    return Table(title, columns, rows, notes)


def _row(found: Series, several: bool) -> list[str]:
    on = f", {found.machine}" if several else ""
    values = [each.value for each in found.figures]
    return [
        f"{found.key}: {found.what}{on}",
        str(len(values)),
        _value(values[0], found),
        bars(values),
        _value(values[-1], found),
        interval(values[-1] / values[0]) if values[0] else "–",
        ", ".join(found.figures[each.at].created[:10] for each in found.changes) or "–",
    ]


def _value(value: float, found: Series) -> str:
    if found.against:
        return f"× {interval(value)}"
    factor, unit = _UNITS.get(found.quantity, (1.0, ""))
    return f"{interval(value * factor)} {unit}".strip()


def bars(values: Sequence[float]) -> str:
    """Return the last values as bars, the least the lowest, the largest the highest."""
    last = values[-_MOST_BARS:]
    low, high = min(last), max(last)
    if high - low <= 1e-9 * abs(low):
        return _BARS[0] * len(last)
    steps = len(_BARS) - 1
    return "".join(_BARS[round(steps * (each - low) / (high - low))] for each in last)


def page(found: Sequence[Series], title: str) -> str:
    """Return a page of HTML with a plot of every series, up to a limit; it needs no other file."""
    templates = environment(autoescape=True)
    templates.filters |= {"text": printable}
    parts = [
        {
            "name": f"{each.key}: {each.what}",
            "machine": each.machine,
            "plot": inline(plot(each), f"s{number}"),
            "changes": [_told(each, number) for number in range(len(each.changes))],
        }
        for number, each in enumerate(found[:_MOST_PLOTS])
    ]
    left = max(0, len(found) - _MOST_PLOTS)
    return templates.get_template("history.html.j2").render(title=title, parts=parts, left=left)


def _told(found: Series, number: int) -> str:
    change = found.changes[number]
    why = f" ({listed(change.versions)})" if change.versions else ""
    when = found.figures[change.at].created[:10]
    return f"From {when} on {shown(change.ratio)} times as much{why}."


def plot(found: Series) -> bytes:
    """Return a plot of a series as SVG: runs in order, their intervals, and where it changed."""
    stable: Any = {**matplotlib.rcParamsDefault, "svg.hashsalt": "aebench", "font.size": 11}
    stable.pop("backend", None)
    factor, unit = (1.0, "×") if found.against else _UNITS.get(found.quantity, (1.0, ""))
    with matplotlib.rc_context(stable), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Drawing(figsize=(8, 2.4), layout="constrained")
        axes = figure.subplots()
        colour, marker = style(found.figures[0].contender)
        places = range(len(found.figures))
        axes.plot(
            places,
            [factor * each.value for each in found.figures],
            color=colour,
            marker=marker,
            markersize=4,
            linewidth=0.8,
        )
        for place, each in zip(places, found.figures, strict=True):
            if each.low is not None and each.high is not None:
                ends = [factor * each.low, factor * each.high]
                axes.plot([place, place], ends, color=colour, linewidth=1, alpha=0.5)
        bounds = [0, *(each.at for each in found.changes), len(found.figures)]
        for begin, end in pairwise(bounds):
            mean = factor * middle(found.figures[begin:end])
            axes.plot([begin - 0.4, end - 0.6], [mean, mean], color="#525252", linewidth=1.5)
        for change in found.changes:
            axes.axvline(change.at - 0.5, color="#525252", linestyle=":", linewidth=1)
        ticks = list(places)[:: -(-len(places) // _MOST_DATES)]
        axes.set_xticks(ticks, [_day(found.figures[each].created) for each in ticks])
        axes.set_ylabel(label(unit))
        axes.grid(alpha=0.3)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return finish(file.getvalue())


def _day(created: str) -> str:
    try:
        return datetime.fromisoformat(created).strftime("%Y-%m-%d")
    except ValueError:
        return label(created[:10])


def summary(found: Sequence[Series]) -> str:
    """Return a sentence on how many series changed, and by how much at most."""
    changed = [each for each in found if each.changes]
    if not found:
        return "No record matches."
    runs = len({figure.path for each in found for figure in each.figures})
    text = f"{len(found)} series of {runs} runs: {len(changed)} changed."
    if changed:
        far = max(
            ((each, change.ratio) for each in changed for change in each.changes),
            key=lambda pair: max(pair[1].value, 1 / pair[1].value),
        )
        text += f" Most: {far[0].key}, {far[0].what}, {_by(far[1])}."
    return text


def _by(ratio: Estimate) -> str:
    share = abs(ratio.value - 1)
    return f"{percent(share)} {'more' if ratio.value > 1 else 'less'}"


def write_page(found: Sequence[Series], folder: Path, title: str) -> Path:
    """Write the page into a folder; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "history.html"
    path.write_text(page(found, title), encoding="utf-8")
    return path
