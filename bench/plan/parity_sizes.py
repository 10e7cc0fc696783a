"""Where parity is checked: at every batch size that is ranked."""

from typing import NamedTuple

from aebench.bench import workloads
from aebench.bench.plan.plan import Plan
from aebench.reports.record import ContenderInfo

# Passes that train at the plan's own batch size.
_TRAINING_PASSES = {"footprint", "quality", "profile", "memory"}


class ParitySizes(NamedTuple):
    """The batch sizes at which a contender's model is compared.

    ``inference`` are those of shapes, outputs and loss. ``training`` are those of steps too; they
    are empty for a contender that can't train, and where nothing is trained.
    """

    inference: list[int]
    training: list[int]


def parity_sizes(plan: Plan, contender: ContenderInfo, model: str) -> ParitySizes:
    """List the batch sizes of the cells that a contender takes part in.

    Parameters
    ----------
    plan : Plan
        What is measured.
    contender : ContenderInfo
        One of its contenders.
    model : str
        The name of one of its models.
    """
    cells = [cell for cell in plan.cells(model) if plan.takes_part(contender, cell)]
    training = [cell.batch_size for cell in cells if workloads.load(cell.workload).trains]
    own = plan.info.batch_size
    if _TRAINING_PASSES & set(plan.info.passes):
        training.append(own)
    if contender.why_not("train"):
        training = []
    # A contender that takes part in no cell is compared all the same, if only for the record.
    inference = [*training, *(cell.batch_size for cell in cells)] or [own]
    return ParitySizes(sorted(set(inference)), sorted(set(training)))
