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
    beyond = ""
    if sufficient is None or sufficient > most:
        beyond = f", more than the {most} allowed: the intervals are wider"
    return [
        f"Until {rule}: by their spread the first {rule.first_look} launches asked for {needed}"
        f"{beyond}. Intervals go by that spread (Stein's two stages), so that 95 % hold."
    ]
