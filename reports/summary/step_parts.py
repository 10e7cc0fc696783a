"""Divide a step into parts, by the rungs of a ladder that were measured."""

from typing import NamedTuple

from aebench.reports.statistics import Estimate
from aebench.reports.summary.ladder import FRAMEWORK, PRODUCTS, LadderRow

NATIVE = "native-step"


class StepParts(NamedTuple):
    """The seconds of a step's parts, which add up to the step; None where a rung is missing.

    Parameters
    ----------
    products : Estimate or None
        The step's matrix products, in the framework's library.
    native : Estimate or None
        What the same network takes beyond its products without Keras, a call per step.
    layers : Estimate or None
        What Keras's layers, loss and optimiser take beyond that, run by the framework alone. Where
        the model has no rung without Keras, it is all that they take beyond the products.
    around : Estimate or None
        What Keras and Python take around the framework's step.
    """

    products: Estimate | None
    native: Estimate | None
    layers: Estimate | None
    around: Estimate | None


def step_parts(row: LadderRow) -> StepParts:
    """Return the parts of a contender's step; differences are of the launches' medians."""
    products, native, framework = map(row.rung, (PRODUCTS, NATIVE, FRAMEWORK))
    top = row.top
    around = None
    if top and framework and top is not framework:
        around = top.beyond(framework)
    below = native or products
    return StepParts(
        products.step_seconds if products else None,
        (native.beyond(products) if products else native.step_seconds) if native else None,
        (framework.beyond(below) if below else framework.step_seconds) if framework else None,
        around,
    )
