"""Divide a step into parts, by the rungs of a ladder that were measured."""

from typing import NamedTuple

from aebench.reports.statistics import Estimate
from aebench.reports.summary.ladder import FRAMEWORK, PRODUCTS, LadderRow

NATIVE = "native-step"


class StepParts(NamedTuple):
    """The seconds of a step's parts; None where a rung is missing.

    A step is ``alone``, ``layers`` and ``around``; of a model without a rung without Keras it is
    ``together`` and ``around``. ``products`` are a share of ``alone`` or ``together``.

    Parameters
    ----------
    alone : Estimate or None
        The step of the same network by the framework without Keras, a call per step.
    together : Estimate or None
        Keras's layers, loss and optimiser, run by the framework, where ``alone`` isn't known.
    products : Estimate or None
        The step's matrix products, in the framework's library.
    layers : Estimate or None
        What Keras's layers, loss and optimiser take beyond ``alone``, run by the framework.
    around : Estimate or None
        What Keras and Python take around the framework's step in what users call.
    """

    alone: Estimate | None
    together: Estimate | None
    products: Estimate | None
    layers: Estimate | None
    around: Estimate | None


def step_parts(row: LadderRow) -> StepParts:
    """Return the parts of a contender's step; differences are of the launches' medians."""
    products, native, framework = map(row.rung, (PRODUCTS, NATIVE, FRAMEWORK))
    top = row.top
    return StepParts(
        native.step_seconds if native else None,
        framework.step_seconds if framework and not native else None,
        products.step_seconds if products else None,
        framework.beyond(native) if framework and native else None,
        top.beyond(framework) if top and framework and top is not framework else None,
    )
