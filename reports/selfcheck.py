"""What a self-check found: whether verdicts are right where the truth is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from aebench.reports.comparison import launches_needed
from aebench.reports.formatting import percent
from aebench.reports.summary import SpeedCell, SpeedRow, Summary
from aebench.reports.tables import times

WANTED_DIFFERENCE = 0.03
_MOST_CONTAMINATED = 0.25


@dataclass(frozen=True)
class SelfCheck:
    """One cell in which a reference met its twin and a handicapped one.

    Parameters
    ----------
    twin_right : bool
        The twin wasn't called faster or slower.
    handicapped_right : bool
        The handicapped one was called slower.
    findings : sequence of str
        Sentences for the user; the last one sums up.
    """

    twin_right: bool
    handicapped_right: bool
    findings: Sequence[str]

    @property
    def right(self) -> bool:
        """Whether both verdicts are right."""
        return self.twin_right and self.handicapped_right


def judge(summary: Summary) -> SelfCheck | None:
    """Judge the verdicts of a self-check's record; None if it lacks one of them."""
    for cell in summary.speed:
        twins = [row for row in cell.rows if row.twin_of and row.times_reference]
        handicapped = [row for row in twins if row.handicap]
        same = [row for row in twins if not row.handicap]
        if handicapped and same:
            plan = summary.runs[0].plan
            return _judge(cell, same[0], handicapped[0], plan.launches, plan.blocks)
    return None


def _judge(
    cell: SpeedCell, twin: SpeedRow, handicapped: SpeedRow, launches: int, blocks: int
) -> SelfCheck:
    twin_right = twin.verdict in ("same", "inconclusive")
    handicapped_right = handicapped.verdict == "slower"
    findings = [
        f"{twin.contender}, which does the same: {_told(twin)}: "
        f"{'right' if twin_right else 'wrong'}.",
        f"{handicapped.contender}, which runs {percent(handicapped.handicap)} more steps than it "
        f"reports: {_told(handicapped)}: {_seen(handicapped)}.",
    ]
    if cell.noise_floor is not None and twin.detectable is not None:
        findings.append(
            f"The noise floor is {percent(cell.noise_floor)}; the smallest difference that "
            f"{launches} × {blocks} blocks call in four of five cases here is about "
            f"{percent(twin.detectable)}."
        )
    findings.append(_spread(cell, twin, blocks))
    if cell.contaminated > _MOST_CONTAMINATED * cell.blocks:
        findings.append(
            f"The machine was disturbed: of the {cell.blocks} blocks that count "
            f"{cell.contaminated} are contaminated, beyond what may be repeated."
        )
    findings.append(_sum_up(twin_right, handicapped_right, handicapped))
    return SelfCheck(twin_right, handicapped_right, findings)


def _told(row: SpeedRow) -> str:
    return f"{row.verdict}, {times(row)} times {row.twin_of}'s time"


def _seen(handicapped: SpeedRow) -> str:
    return {"slower": "right", "faster": "wrong"}.get(handicapped.verdict, "not seen")


def _spread(cell: SpeedCell, twin: SpeedRow, blocks: int) -> str:
    if twin.pair_sd is None:
        return "One block tells nothing about the machine's noise."
    pair = f"A pair of slices varies by {percent(twin.pair_sd)} (SD)"
    if twin.launch_sd is None:
        return (
            f"{pair}; how much processes differ beyond that can't be told from one launch: use a "
            f"larger preset to learn what a difference of {percent(WANTED_DIFFERENCE)} needs."
        )
    needed = launches_needed(
        WANTED_DIFFERENCE, twin.pair_sd, twin.launch_sd, blocks, cell.different
    )
    told = f"about {needed} launches" if needed else "more launches than anyone waits for"
    launch = (
        f"a launch by {percent(twin.launch_sd)} beyond that"
        if twin.launch_sd
        else "launches by no more than that explains"
    )
    return (
        f"{pair}, {launch}: to call a difference of "
        f"{percent(WANTED_DIFFERENCE)} in four of five cases takes {told} of {blocks} blocks here."
    )


def _sum_up(twin_right: bool, handicapped_right: bool, handicapped: SpeedRow) -> str:
    if twin_right and handicapped_right:
        return "Verdicts can be trusted here, at this size."
    if twin_right:
        return (
            f"This machine is too noisy to see {percent(handicapped.handicap)} at this size: take "
            "a larger preset, or a quieter machine (aebench doctor)."
        )
    return (
        "This machine is too noisy for verdicts at this size, they would be wrong: aebench doctor "
        "may say why."
    )
