"""Say by which rule a cell had launches enough, and what that makes of its intervals."""

from aebench.reports.summary import SpeedCell


def stopping_notes(cell: SpeedCell) -> list[str]:
    """Return a note on the launches of a cell, in a list that is empty in a run of fixed size."""
    if cell.stopping is None or not cell.launches:
        return []
    rule, sufficient = cell.stopping.rule, cell.stopping.enough
    most = rule.most_launches
    if not rule.by_width:
        state = "every verdict stands" if sufficient else "not every verdict stands"
        return [
            f"Until decided: {state} after {cell.launches} of at most {most} launches. Every look "
            "spends a share of the 5 % that intervals may be wrong (Lan and DeMets, Pocock's "
            f"type): the intervals here are of {100 * cell.stopping.confidence:.2f} %, so that "
            "95 % hold wherever a run stops."
        ]
    if cell.launches < rule.first_look:
        return [f"Until {rule}: the launches are planned after {rule.first_look}."]
    needed = f"{sufficient} launches" if sufficient else "more launches than anyone waits for"
    if sufficient is None or sufficient > most:
        needed += f", more than the {most} allowed"
    wider = ""
    if _is_wider(cell, rule.width):
        wider = (
            " Some intervals of ratios are wider: what fit adds to an epoch, and an A/A control "
            "that is off, aren't narrowed by launches."
            if sufficient and sufficient <= most
            else " Some intervals of ratios are wider."
        )
    return [
        f"Until {rule}: by their spread the first {rule.first_look} launches asked for {needed}. "
        f"Intervals go by that spread (Stein's two stages), so that 95 % hold.{wider}"
    ]


def _is_wider(cell: SpeedCell, width: float) -> bool:
    """Return whether the interval of a ratio that gets a verdict is wider than asked for."""
    ratios = [row.judged_ratio for row in cell.rows if row.adjusted and not row.control_of]
    return any(ratio and ratio.high and ratio.high > ratio.value * (1 + width) for ratio in ratios)
