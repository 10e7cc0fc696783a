"""Make the tables of the footprint pass, on cold starts."""

from collections.abc import Sequence
from functools import partial

from aebench.reports.formatting import fixed, interval, listed
from aebench.reports.sections import TableView
from aebench.reports.summary import MIB, FootprintRow, Summary
from aebench.reports.tables.memory_kinds import loading, turned_round
from aebench.reports.tables.shared import MOST_BESIDE, Shared, Table, failed, few, shown

SHORT_PHASES = {
    "interpreter": "python",
    "framework": "import",
    "first step": "step 1",
    "first prediction": "predict 1",
}


def footprint(summary: Summary) -> list[Table]:
    """Return two tables of cold starts, seconds and memory by phase; empty if none was measured."""
    if not summary.footprint:
        return []
    return [_cold_start_seconds(summary), _cold_start_memory(summary)]


def _cold_start_seconds(summary: Summary) -> Table:
    phases, left = few(_phases(summary.footprint), "phases", MOST_BESIDE)
    columns = ["cold start, s", *(SHORT_PHASES.get(name, name) for name in phases), "total"]
    rows, notes = [], [*left]
    for row in summary.footprint:
        name = f"{row.model} {row.contender}"
        if not row.launches:
            cells, note = failed(name, columns, row.failure)
            rows.append(cells)
            notes.append(note)
            continue
        rows.append(
            [
                name,
                *(fixed(2, row.phase_seconds.get(phase, 0.0)) for phase in phases),
                shown(row.total_seconds, how=partial(fixed, 2)),
            ]
        )
    notes += [
        "Each in a fresh process with empty compile caches"
        + " (with cache, what an earlier process compiled is kept)" * _keeps_compiled(summary)
        + "; steady is 50 further steps.",
        Shared(_launches(summary)),
    ]
    notes += _by_plan(summary)
    return Table("Cold start", columns, rows, notes)


def _keeps_compiled(summary: Summary) -> bool:
    """Return whether a contender keeps what it compiles for its next process."""
    settings = (
        row.contender.partition("@")[0].partition(":")[2].split(",") for row in summary.footprint
    )
    return any("cache" in each for each in settings)


def _cold_start_memory(summary: Summary) -> Table:
    phases, _ = few(_phases(summary.footprint), "phases", MOST_BESIDE)
    columns = ["peak, MiB", *(SHORT_PHASES.get(name, name) for name in phases), "highest"]
    anonymous = any(row.anonymous_bytes for row in summary.footprint)
    columns += ["anonymous"] if anonymous else []
    rows, notes = [], []
    sampled = False
    for row in summary.footprint:
        name = f"{row.model} {row.contender}"
        if not row.launches:
            cells, note = failed(name, columns, row.failure)
            rows.append(cells)
            notes.append(note)
            continue
        sampled |= not row.exact
        rows.append(
            [
                name,
                *(fixed(0, row.phase_peak_bytes.get(phase, 0) / MIB) for phase in phases),
                shown(row.peak_bytes, 1 / MIB, partial(fixed, 0)),
                *([shown(row.anonymous_bytes, 1 / MIB, partial(fixed, 0))] if anonymous else []),
            ]
        )
    how = "sampled every 20 ms: short peaks are missed" if sampled else "exact"
    notes.append(f"Resident memory of the whole process, peaks {how}.")
    notes.append(Shared(_launches(summary)))
    if anonymous:
        notes.append(
            "Anonymous: pages without a file, so without shared libraries, the most at the end of "
            "a phase."
        )
    notes += turned_round(summary.footprint) + loading(summary.footprint)
    counted = {row.model: row for row in summary.footprint if row.launches}
    if counted:
        notes.append(
            "Parameters, counted by Keras: "
            + ", ".join(
                f"{name} {row.parameters:,}{_in_float32(row.weight_bytes)}"
                for name, row in counted.items()
            )
            + "."
        )
    for row in summary.footprint:
        if row.device_peak_bytes is not None:
            notes.append(
                f"{row.model} {row.contender}: {interval(row.device_peak_bytes / MIB)} MiB "
                f"at most on the accelerator{_in_driver(row)}."
            )
    return Table("Memory", columns, rows, notes)


def _in_driver(row: FootprintRow) -> str:
    if row.device_process_bytes is None:
        return ""
    held = interval(row.device_process_bytes / MIB)
    return f" by the framework's counter; {held} MiB at the end by the driver's, with its context"


def _in_float32(weight_bytes: int | None) -> str:
    return "" if weight_bytes is None else f" ({interval(weight_bytes / MIB)} MiB in float32)"


def _launches(summary: Summary) -> str:
    most = max((row.launches for row in summary.footprint), default=0)
    if not most:
        return "No launch ended."
    return "One launch: no range." if most == 1 else f"Median and range of {most} launches."


def _by_plan(summary: Summary) -> list[str]:
    """Return a note if, by plan, only some models were started cold."""
    started = {name for run in summary.runs for name in run.plan.measured_in_full or ()}
    known = {row.model for row in summary.footprint if row.launches}
    if not started & known or len(summary.models) == len(known):
        return []
    return [
        f"By plan only {listed(sorted(known))} was started cold: a start is mostly imports, which "
        "no model changes."
    ]


def _phases(rows: Sequence[FootprintRow]) -> list[str]:
    return list(dict.fromkeys(phase for row in rows for phase in row.phase_seconds))


VIEWS = [
    TableView("footprint", section="Footprint", order=1, make=footprint, terminal_order=30),
]
