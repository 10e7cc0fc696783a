"""Choose what stands on a report's front page: what came out, whether to trust it, and why."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from aebench.reports import screen
from aebench.reports.formatting import core_count, interval, listed, some
from aebench.reports.headline import limit, profile
from aebench.reports.summary import Estimate, Run, SpeedCell, SpeedRow, Summary
from aebench.reports.tables.overview import reasons
from aebench.reports.tables.shared import Table, count

# With these a page has at most 120 lines of Markdown.
MOST_NOTICES, MOST_REASONS, MOST_COMMANDS = 5, 6, 3
# Figures and sections, of which the first that a report has leads.
FIGURES = ("ratios", "loss", "ladder", "profile", "memory-curve", "memory")
_TABLE_SECTIONS = ("Quality", "Where time and memory go", "Footprint")


def table(summary: Summary, sections: dict[str, list[Table]]) -> Table | None:
    """Return the table that leads the report; it is no longer in its section then.

    Parameters
    ----------
    summary : Summary
        The content.
    sections : dict of str to list of Table
        The tables by the title of their section; a table that leads is taken out.
    """
    if summary.speed:
        whole = screen.table(summary)
        whole = replace(whole, notes=[*whole.notes, *reasons(summary)])
        return screen.cut(whole, screen.MOST_ROWS, len(summary.speed))
    for title in _TABLE_SECTIONS:
        found = sections.get(title)
        if found:
            return found.pop(0) if len(found[0].rows) <= screen.MOST_ROWS else None
    return None


def why(summary: Summary, said: Sequence[str]) -> list[str]:
    """Return sentences on what explains the figures, as far as it was measured.

    Parameters
    ----------
    summary : Summary
        The content.
    said : sequence of str
        Sentences that the page has already.
    """
    found = [
        *_products(summary.speed),
        *_native(summary.speed),
        *limit(summary.speed),
        *profile(summary.profile),
        *dict.fromkeys(cell.depends_on_state for cell in summary.speed if cell.depends_on_state),
    ]
    return [sentence for sentence in found if sentence not in said][:MOST_REASONS]


def how(summary: Summary) -> list[str]:
    """Return sentences on how the figures were measured."""
    found = []
    if summary.speed:
        found += [
            "Every contender has a process of its own. Contenders take turns, and a round of each "
            "is a block. Ratios are of pairs in the same block.",
            f"{'; '.join(_sizes(summary.speed))}. Intervals of 95 % are Student's over launches, "
            "whose spreads are pooled over models where these don't differ. Verdicts follow from "
            "them, adjusted for the comparisons.",
        ]
    else:
        found.append("Every contender has a process of its own, and a fresh one in each pass.")
    return [*found, *_where(summary.runs)]


def _products(cells: Sequence[SpeedCell]) -> Iterator[str]:
    """Yield a sentence on how long the libraries take for the products of a step alone."""
    found = _values(cells, lambda row: row.times_products)
    references = list(dict.fromkeys(cell.reference for cell in cells))
    if found and len(references) == 1:
        parts = [f"{_span(values)} ({name})" for name, values in found.items()]
        yield (
            f"By the libraries' matrix products alone, a step would take {listed(parts)} times as "
            f"long as {references[0]}'s. Another processor changes that."
        )


def _native(cells: Sequence[SpeedCell]) -> Iterator[str]:
    """Yield a sentence on the share of the throughput of the frameworks without Keras."""
    found = _values(cells, lambda row: row.of_native)
    if found:
        parts = [f"{name} reaches {_percents(values)} %" for name, values in found.items()]
        yield f"Of the throughput of its framework without Keras, {listed(parts)}."


def _values(
    cells: Sequence[SpeedCell], figure: Callable[[SpeedRow], Estimate | None]
) -> dict[str, list[float]]:
    """Return a figure of every contender that is ranked, by its name."""
    found: dict[str, list[float]] = {}
    for cell in cells:
        for row in cell.rows:
            known = figure(row)
            ranked = not row.control_of and not row.differs
            if known and ranked and row.verdict not in ("baseline", "disturbed"):
                found.setdefault(row.contender, []).append(known.value)
    return found


def _span(values: Sequence[float]) -> str:
    return " to ".join(dict.fromkeys(interval(pick(values)) for pick in (min, max)))


def _percents(values: Sequence[float]) -> str:
    return " to ".join(dict.fromkeys(f"{100 * pick(values):.0f}" for pick in (min, max)))


def _sizes(cells: Sequence[SpeedCell]) -> list[str]:
    """Return texts on how much was measured of each workload's cells."""
    workloads: dict[str, list[SpeedCell]] = {}
    for cell in cells:
        workloads.setdefault(cell.workload, []).append(cell)
    return [
        f"{count(len(mine), 'cell')} of {name}: {_range([cell.launches for cell in mine])} "
        f"launches and {_range([cell.blocks for cell in mine])} blocks{' each' * (len(mine) > 1)}"
        for name, mine in workloads.items()
    ]


def _range(numbers: Sequence[int]) -> str:
    return " to ".join(dict.fromkeys(f"{pick(numbers):,}" for pick in (min, max)))


def _where(runs: Sequence[Run]) -> Iterator[str]:
    """Yield sentences on the machines and the data."""
    machines = (
        f"{run.machine.processor}, {core_count(run.machine.cores)}, "
        f"{run.machine.memory_bytes / 2**30:.0f} GiB, {run.machine.system}"
        for run in runs
    )
    data = (
        f"{each.name}, {each.train_samples:,} + {each.test_samples:,} samples"
        for run in runs
        for each in run.all_data
    )
    yield f"{'; '.join(some(dict.fromkeys(machines)))}. Data: {'; '.join(dict.fromkeys(data))}."
