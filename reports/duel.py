"""Judge two contenders that were measured in shared blocks, in a paragraph of Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aebench.reports import markdown
from aebench.reports.formatting import core_count, listed, some
from aebench.reports.summary import SpeedCell, SpeedRow, Summary
from aebench.reports.tables.speed import times

_DECIDED = ("faster", "slower", "same")


@dataclass(frozen=True)
class Duel:
    """The judgement of a challenger beside the contender that it may replace.

    Parameters
    ----------
    slower, undecided, other : list of str
        The cells in which the challenger is slower, in which no verdict stands, and in which there
        can be none: it failed, isn't shown to be the same model, or computes in another precision.
    ratios : list of str
        The challenger's time in each cell as a multiple of the other's, with its interval.
    paragraph : str
        What came out, in Markdown.
    """

    slower: list[str]
    undecided: list[str]
    other: list[str]
    ratios: list[str]
    paragraph: str


def judge(summary: Summary, further: Sequence[str] = ()) -> Duel | None:
    """Judge the first contender beside the reference, cell by cell; None if there is none.

    Parameters
    ----------
    summary : Summary
        A summary of one run with speed.
    further : sequence of str
        What differs between the two environments beside what was asked for.
    """
    found: dict[str, list[str]] = {"slower": [], "undecided": [], "other": []}
    parts: list[str] = []
    ratios: list[str] = []
    names: tuple[str, str] | None = None
    for cell in summary.speed:
        row = _challenger(cell)
        if row is None:
            continue
        names = names or (row.contender, cell.reference)
        where = f"{cell.workload} {cell.model}, batch {cell.batch_size}"
        found.setdefault(_outcome(row), []).append(where)
        verdict, size = markdown.inline(_verdict(row)), markdown.inline(_size(row))
        ratio = row.adjusted or row.judged_ratio
        ratios += [times(row, ratio)] if ratio else []
        parts.append(f"{markdown.inline(where)}: **{verdict}**{size}")
    if names is None:
        return None
    challenger, reference = (f"`{markdown.code(name)}`" for name in names)
    sentences = [f"{challenger} beside {reference}: {'; '.join(parts)}.", _how(summary)]
    if further:
        told = markdown.inline(listed(some(further)))
        sentences.append(f"Beside what was asked for, the environments differ in {told}.")
    return Duel(found["slower"], found["undecided"], found["other"], ratios, " ".join(sentences))


def _challenger(cell: SpeedCell) -> SpeedRow | None:
    """Return the row of the contender that is compared; None if the cell has no other."""
    return next(
        (
            row
            for row in cell.rows
            if row.contender != cell.reference and not row.control_of and row.verdict != "baseline"
        ),
        None,
    )


def _outcome(row: SpeedRow) -> str:
    if row.verdict == "slower":
        return "slower"
    if row.verdict in _DECIDED:
        return "decided"
    open_one = row.verdict in ("inconclusive", "disturbed", "unfinished")
    return "undecided" if open_one and not row.failure else "other"


def _verdict(row: SpeedRow) -> str:
    if row.failure:
        return f"failed ({row.failure})"
    if row.differs:
        return f"not shown to be the same model ({row.differs})"
    if row.verdict in (*_DECIDED, "inconclusive", "disturbed", "unfinished"):
        return row.verdict
    return f"not judged ({row.verdict or 'one launch'})"


def _size(row: SpeedRow) -> str:
    ratio = row.adjusted or row.judged_ratio
    return f", {times(row, ratio)} times as long" if ratio else ""


def _how(summary: Summary) -> str:
    launches = [str(each) for each in sorted({cell.launches for cell in summary.speed})]
    several = max(cell.comparisons for cell in summary.speed) > 1
    run = summary.runs[0]
    return (
        f"Measured in shared blocks on {markdown.inline(run.machine.processor)}, "
        f"{core_count(run.machine.cores)}, {run.created[:10]}; launches: "
        f"{' to '.join(dict.fromkeys([launches[0], launches[-1]]))}; 95 % intervals"
        f"{', adjusted for the comparisons of a cell' if several else ''}."
    )


def differences(base: Mapping[str, str], new: Mapping[str, str], asked: set[str]) -> list[str]:
    """List the packages whose versions differ between two environments, without those asked for.

    Parameters
    ----------
    base, new : mapping of str to str
        Versions by package.
    asked : set of str
        Packages that are meant to differ.
    """
    return [
        f"{name} {base.get(name, '(absent)')} → {new.get(name, '(absent)')}"
        for name in sorted({*base, *new} - asked)
        if base.get(name) != new.get(name)
    ]
