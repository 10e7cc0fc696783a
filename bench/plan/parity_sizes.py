"""List the batch sizes at which parity is checked: all batch sizes that are measured."""

from typing import NamedTuple

from aebench.bench import workloads
from aebench.bench.plan.plan import Plan
from aebench.reports.record import ContenderInfo

# These passes train at ``PlanInfo.batch_size``, the batch size of all passes but speed.
_TRAINING_PASSES = {"footprint", "quality", "profile", "memory"}


class ParitySizes(NamedTuple):
    """The batch sizes at which a contender's model is compared.

    At the sizes in ``inference``, shapes, outputs and loss are compared. At the sizes in
    ``training``, training steps are compared too. ``training`` is empty if the contender or the
    model can't train, or if the plan trains nothing.
    """

    inference: list[int]
    training: list[int]


def parity_sizes(plan: Plan, contender: ContenderInfo, model: str) -> ParitySizes:
    """Return the batch sizes at which a contender's results are compared for a model.

    Parameters
    ----------
    plan : Plan
        The plan.
    contender : ContenderInfo
        A contender of the plan.
    model : str
        The name of a model of the plan.
    """
    cells = [cell for cell in plan.cells(model) if plan.takes_part(contender, cell)]
    training = [cell.batch_size for cell in cells if workloads.load(cell.workload).trains]
    own = plan.info.batch_size
    if _TRAINING_PASSES & set(plan.info.passes):
        training.append(own)
    if contender.why_not("train") or plan.model_infos[model].why_not(contender, "train"):
        training = []
    # A contender without any cell is compared too, at the plan's own batch size.
    inference = [*training, *(cell.batch_size for cell in cells)] or [own]
    return ParitySizes(sorted(set(inference)), sorted(set(training)))
