"""Judge a self-check: whether verdicts are right on controls, whose true difference is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from aebench.reports.comparison import launches_needed
from aebench.reports.formatting import percent
from aebench.reports.summary import SpeedCell, SpeedRow, Summary
from aebench.reports.tables.speed import detectable, times

WANTED_DIFFERENCE = 0.03
_MOST_DISTURBED = 0.25


@dataclass(frozen=True)
class SelfCheck:
    """The result of a self-check: a cell with a reference, an A/A and a known-effect control.

    Parameters
    ----------
    control_right : bool
        Whether the A/A control's verdict is ``same`` or ``inconclusive``.
    known_effect_right : bool
        Whether the known-effect control's verdict is ``slower``.
    findings : sequence of str
        Sentences for the user; the last sentence is the conclusion.
    """

    control_right: bool
    known_effect_right: bool
    findings: Sequence[str]

    @property
    def right(self) -> bool:
        """Whether both verdicts are right."""
        return self.control_right and self.known_effect_right


def judge(summary: Summary) -> SelfCheck | None:
    """Judge the first cell with both controls; return None if no cell measured both."""
    for cell in summary.speed:
        controls = [row for row in cell.rows if row.control_of and row.times_reference]
        known_effect = [row for row in controls if row.known_effect]
        same = [row for row in controls if not row.known_effect]
        if known_effect and same:
            sizes = summary.runs[0].plan.sizes_of(cell.workload)
            return _judge(cell, same[0], known_effect[0], sizes.launches, sizes.blocks)
    return None


def _judge(
    cell: SpeedCell, control: SpeedRow, known_effect: SpeedRow, launches: int, blocks: int
) -> SelfCheck:
    control_right = control.verdict in ("same", "inconclusive")
    known_effect_right = known_effect.verdict == "slower"
    findings = [
        f"{control.contender}, which does the same: {_told(control)}: "
        f"{'right' if control_right else 'wrong'}.",
        f"{known_effect.contender}, which runs {percent(known_effect.known_effect)} more steps "
        f"than it reports: {_told(known_effect)}: {_seen(known_effect)}.",
    ]
    if cell.noise_floor is not None and control.minimum_detectable_effect is not None:
        findings.append(
            f"The noise floor is {percent(cell.noise_floor)}; the smallest difference that "
            f"{launches} × {blocks} blocks call in four of five cases here is about "
            f"{detectable(control.minimum_detectable_effect)}."
        )
    findings.append(_spread(cell, control, blocks))
    if cell.disturbed > _MOST_DISTURBED * cell.blocks:
        findings.append(
            f"The machine was disturbed: of the {cell.blocks} blocks that count "
            f"{cell.disturbed} are disturbed, beyond what may be repeated."
        )
    findings.append(_sum_up(control_right, known_effect_right, known_effect))
    return SelfCheck(control_right, known_effect_right, findings)


def _told(row: SpeedRow) -> str:
    return f"{row.verdict}, {times(row, row.times_reference)} times {row.control_of}'s time"


def _seen(known_effect: SpeedRow) -> str:
    return {"slower": "right", "faster": "wrong"}.get(known_effect.verdict, "not seen")


def _spread(cell: SpeedCell, control: SpeedRow, blocks: int) -> str:
    if control.pair_sd is None:
        return "One block tells nothing about the machine's noise."
    pair = f"A pair of rounds varies by {percent(control.pair_sd)} (SD)"
    if control.launch_sd is None:
        return (
            f"{pair}; how much launches differ can't be told from one: use a larger preset to "
            f"learn what a difference of {percent(WANTED_DIFFERENCE)} needs."
        )
    needed = launches_needed(WANTED_DIFFERENCE, control.launch_sd, cell.different)
    told = f"about {needed} launches" if needed else "more launches than anyone waits for"
    return (
        f"{pair}, the mean of a launch by {percent(control.launch_sd)}: to call a difference of "
        f"{percent(WANTED_DIFFERENCE)} in four of five cases takes {told} of {blocks} blocks here."
    )


def _sum_up(control_right: bool, known_effect_right: bool, known_effect: SpeedRow) -> str:
    if control_right and known_effect_right:
        return "Verdicts can be trusted here, at this size."
    if control_right:
        return (
            f"This machine is too noisy to see {percent(known_effect.known_effect)} at this size: "
            "take a larger preset, or a quieter machine (aebench doctor)."
        )
    return (
        "This machine is too noisy for verdicts at this size, they would be wrong: aebench doctor "
        "may say why."
    )
