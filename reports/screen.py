"""Choose what the last screen of a run shows: the answer, one table, and how far to trust it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf
from statistics import median
from typing import NamedTuple

from aebench.reports.formatting import listed, percent, relative, some
from aebench.reports.headline import sentences
from aebench.reports.summary import Summary
from aebench.reports.tables import all_tables, facts, failed_where
from aebench.reports.tables.overview import glance, unit
from aebench.reports.tables.shared import Table

# The screen has at most 40 lines. The table takes at most about 24 of them: two a row, or one for
# each contender where that many don't fit side by side.
MOST_CELLS = 12
MOST_BESIDE = 3
# The most that a page, which has more room, shows of the same table.
MOST_ROWS = 30


@dataclass(frozen=True)
class Screen:
    """The last screen of a run that measured speed.

    Parameters
    ----------
    answers : list of str
        At most three sentences.
    table : Table
        Throughputs and ratios: a row per cell.
    trust : list of str
        Sentences on how far to trust these figures.
    doubtful : bool
        Whether that is so little that it must be read first.
    """

    answers: list[str]
    table: Table
    trust: list[str]
    doubtful: bool


class Line(NamedTuple):
    """A line of text; its kind is notice, failure, answer, trust, doubt or fact."""

    kind: str
    text: str


class Layout(NamedTuple):
    """What a reader is shown, from the top: lines, tables, lines."""

    above: list[Line]
    tables: list[Table]
    below: list[Line]


def last_screen(summary: Summary) -> Layout:
    """Lay out the last screen of a run. What measured no speed has none, and is shown whole."""
    chosen = screen(summary)
    if chosen is None:
        return everything(summary)
    trust = [Line("doubt" if chosen.doubtful else "trust", each) for each in chosen.trust]
    doubts = [*_notices(summary), *_failures(summary)]
    answers = [Line("answer", each) for each in chosen.answers]
    if chosen.doubtful:
        return Layout([*doubts, *trust, *answers], [chosen.table], [])
    return Layout([*doubts, *answers], [chosen.table], trust)


def everything(summary: Summary) -> Layout:
    """Lay out all that a terminal can show: notices, tables, failures, and facts."""
    below = [*_failures(summary), *(Line("fact", each) for each in facts(summary))]
    return Layout(_notices(summary), all_tables(summary), below)


def _notices(summary: Summary) -> list[Line]:
    return [Line("notice", f"! {notice}") for notice in summary.notices]


def _failures(summary: Summary) -> list[Line]:
    return [
        Line("failure", f"! {failed_where(each)} failed: {each.reason}")
        for each in summary.failures
    ]


def screen(summary: Summary) -> Screen | None:
    """Return the last screen of a run; None if the run measured no speed."""
    if not summary.speed:
        return None
    whole = table(summary)
    contenders = len(whole.columns) - 1
    beside = contenders <= MOST_BESIDE
    most = MOST_CELLS if beside else max(1, 2 * MOST_CELLS // (contenders + 1))
    return Screen(
        sentences(summary),
        cut(whole, most, len(summary.speed)),
        trust(summary),
        doubtful=is_doubtful(summary),
    )


def table(summary: Summary) -> Table:
    """Return the table of all cells: the reference's throughput, the others' ratios, verdicts."""
    whole = glance(summary, relative, MOST_ROWS)
    several = ", sentences by those for all cells together" if len(summary.speed) > 1 else ""
    notes = [
        f"× time: of {unit(summary)}; ± to the 95 % interval's farther end. Verdicts go by wider "
        f"intervals, adjusted for the comparisons of a cell{several}."
    ]
    if any("†" in entry for row in whole.rows for entry in row):
        notes.append("†: not from the same blocks.")
    return replace(whole, title="", notes=notes, hints=glance(summary, most=MOST_ROWS).rows)


def cut(whole: Table, most: int, cells: int) -> Table:
    """Return a table of so many cells with at most ``most`` rows; a note counts the others."""
    left = cells - most
    if left <= 0:
        return whole
    notes = [*whole.notes, f"{left:,} more cells are in the details."]
    return replace(whole, rows=whole.rows[:most], hints=whole.hints[:most], notes=notes)


def is_doubtful(summary: Summary) -> bool:
    """Return whether the figures are trusted so little that a reader must know it first."""
    return any(cell.mostly_disturbed for cell in summary.speed) or bool(summary.failures)


def trust(summary: Summary) -> list[str]:
    """Return sentences on how far to trust the figures: parity, noise, and what is undecided."""
    return [*_parity(summary), *_controls(summary), *_launches(summary)]


def _parity(summary: Summary) -> Iterator[str]:
    rows = summary.parity
    if not rows:
        yield "That the contenders are the same model wasn't checked."
        return
    apart = [row for row in rows if row.differs or row.failure]
    same = f"{len(rows) - len(apart)} of {len(rows)}"
    names = listed(some(f"{row.model} {row.contender}" for row in apart))
    why = f" ({apart[0].failure or apart[0].differs})" if len(apart) == 1 else ""
    but = f"; not {names}{why}" if apart else ""
    yield f"Shown to be the same model: {same}{but}."


def _controls(summary: Summary) -> Iterator[str]:
    floors = [(cell.noise_floor, cell.short) for cell in summary.speed if cell.noise_floor]
    if floors:
        most, where = max(floors)
        usual = percent(median(floor for floor, _ in floors))
        several = len(floors) > 1
        worst = f", at most {percent(most)} ({where})" if several else ""
        usual = f"median {usual}" if several else usual
        yield f"Noise floor: {usual}{worst}: smaller differences want a second run."
    blocks = sum(cell.blocks for cell in summary.speed)
    disturbed = sum(cell.disturbed for cell in summary.speed)
    repeated = sum(cell.repeated for cell in summary.speed)
    if any(cell.control_sds for cell in summary.speed):
        more = f"; {repeated:,} more were repeated" if repeated else ""
        yield f"Disturbed: {disturbed:,} of {blocks:,} blocks{more}."


def _launches(summary: Summary) -> Iterator[str]:
    """Yield a sentence on the launches: whether they were enough, and what would be."""
    if not summary.speed:
        return
    ruled = [(cell, cell.stopping) for cell in summary.speed if cell.stopping and cell.launches]
    if ruled:
        rule = ruled[0][1].rule
        enough = sum((each.enough or inf) <= rule.most_launches for _, each in ruled)
        counts = [str(each) for each in sorted({cell.launches for cell, _ in ruled})]
        yield (
            f"Until {rule}: enough launches in {enough} of {len(ruled)} cells, after "
            f"{' to '.join(dict.fromkeys([counts[0], counts[-1]]))} of at most "
            f"{rule.most_launches} launches."
        )
        return
    judged = [
        row
        for cell in summary.speed
        for row in cell.rows
        if row.adjusted is not None and not row.control_of
    ]
    open_ones = sum(row.verdict == "inconclusive" for row in judged)
    if max(cell.launches for cell in summary.speed) < 2:
        yield "One launch gives no intervals and no verdicts: --launches 3 gives both."
    elif open_ones:
        yield (
            f"Undecided: {open_ones:,} of {len(judged):,} comparisons; --until decided starts more "
            "launches."
        )
