"""Read the rule by which a run stops when it knows enough: ``decided``, or a width such as 3%."""

import re

from aebench.bench.errors import BadInputError
from aebench.bench.plan.presets import MOST_LAUNCHES, UNTIL_SYNTAX
from aebench.bench.quoting import shortly
from aebench.reports.record import DECIDED, WIDTH, PlanInfo, StoppingRule

# Verdicts are looked at from the second launch on: a single one tells no spread.
FIRST_LOOK = 2
# The launches whose spread plans a width. Spreads are pooled over models: three models of quick
# give six degrees of freedom, and a single model would need more launches for as many.
FIRST_STAGE = 4
FIRST_STAGE_QUICK = 3
LEAST_PERCENT, MOST_PERCENT = 0.1, 50.0


def stopping_rule(until: str, preset: str, launches: int | None) -> StoppingRule | None:
    """Return the rule that ``--until`` asks for.

    Parameters
    ----------
    until : str
        ``decided``, a width such as ``3%``, or empty for a run of fixed size.
    preset : str
        Name of the preset.
    launches : int or None
        The most launches; None allows 12.

    Raises
    ------
    BadInputError
        If the text is no rule, or the launches are fewer than the rule needs.
    """
    if not until:
        return None
    most = launches or MOST_LAUNCHES
    if until == DECIDED:
        rule = StoppingRule(DECIDED, FIRST_LOOK, max(most, 2))
    else:
        first = FIRST_STAGE_QUICK if preset == "quick" else FIRST_STAGE
        rule = StoppingRule(WIDTH, first, max(most, 2), _width(until))
    if most < rule.first_look:
        raise BadInputError(
            f"--until {shortly(until)} needs at least {rule.first_look} launches: give --launches "
            f"{rule.first_look} or more, or leave it out."
        )
    return rule


def check(info: PlanInfo) -> None:
    """Refuse a plan whose rule no command line could have made.

    Raises
    ------
    BadInputError
        If the rule contradicts itself, or the sizes of the plan.
    """
    rule = info.until
    if rule is None:
        return
    known = rule.rule in (DECIDED, WIDTH) and "speed" in info.passes
    width = 0 if rule.rule == DECIDED else rule.width
    wide = not rule.by_width or LEAST_PERCENT <= 100 * width <= MOST_PERCENT
    sizes = {sizes.launches for sizes in info.sizes}
    if not known or not wide or rule.first_look > rule.most_launches:
        raise BadInputError(f"{shortly(str(rule))} is not a rule by which a run ends.")
    if sizes != {rule.most_launches}:
        raise BadInputError("its rule allows other launches than its sizes.")


def _width(text: str) -> float:
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?%", text)
    if not found:
        raise BadInputError(f"--until {shortly(text)} is no rule: give {UNTIL_SYNTAX}.")
    percent = float(found[1])
    if not LEAST_PERCENT <= percent <= MOST_PERCENT:
        raise BadInputError(
            f"--until {shortly(text)} must be from {LEAST_PERCENT:g}% to {MOST_PERCENT:g}%."
        )
    return percent / 100
