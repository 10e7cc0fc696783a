"""Choose the contenders that compute a model in float64 too: one of each backend."""

from itertools import groupby

from aebench import backends
from aebench.bench.plan.plan import Plan
from aebench.reports.record import ContenderInfo


def comparable(plan: Plan, model: str) -> list[ContenderInfo]:
    """List the contenders whose results of a model can be compared with others'.

    Parameters
    ----------
    plan : Plan
        The plan.
    model : str
        The name of a model without a closed form.
    """
    return [
        contender
        for contender in plan.compared
        if plan.is_measured(contender, model)
        and "parity" not in contender.unsupported
        and not plan.model_infos[model].why_not(contender, "parity")
    ]


def witnesses(plan: Plan, model: str) -> list[ContenderInfo]:
    """List one contender of each backend, the backends that keep float64 to the end first.

    Of a backend's contenders, the one nearest to Keras's defaults is taken.

    Parameters
    ----------
    plan : Plan
        The plan.
    model : str
        The name of a model without a closed form.
    """

    def order(contender: ContenderInfo) -> tuple[bool, str]:
        return not backends.load(contender.backend).KEEPS_FLOAT64, contender.backend

    def changed(contender: ContenderInfo) -> tuple[bool, bool, int]:
        asked = contender.settings
        return bool(contender.python), "precision" in asked, len(asked)

    on_keras = [each for each in comparable(plan, model) if each.on_keras]
    found = sorted(on_keras, key=order)
    return [min(mine, key=changed) for _, mine in groupby(found, lambda each: each.backend)]
