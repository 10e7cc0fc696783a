"""Compare the test loss with its cost: seconds of training, and parameters."""

from collections.abc import Sequence

import msgspec

from aebench.reports import record, statistics
from aebench.reports.summary.quality import QualityRow, Training


class CostPoint(msgspec.Struct, frozen=True):
    """A loss on the test set and its cost: means over trainings.

    ``seconds`` of training count from the first step on, compiling included. A point is the loss
    after an ``epoch`` by a ``contender``. Or it is the loss after whole trainings by all
    contenders: then ``epoch`` is 0 and ``contender`` is empty. ``on_front`` is whether the point is
    on the Pareto front; see :func:`aebench.reports.statistics.pareto_front`.
    """

    contender: str
    model: str
    epoch: int
    parameters: int | None
    seconds: float
    test_loss: float
    on_front: bool = False


class Cost(msgspec.Struct, frozen=True):
    """The losses by seconds of training, and the losses by parameters.

    ``by_seconds`` has a point per contender, model and epoch, the epochs in order.
    ``by_parameters`` has a point per model, for the end of its trainings.
    """

    by_seconds: list[CostPoint] = []
    by_parameters: list[CostPoint] = []


def cost(
    rows: Sequence[QualityRow],
    models: Sequence[record.ModelInfo],
    of_all_models: Sequence[QualityRow],
) -> Cost:
    """Return the losses with their costs. Means decide the Pareto fronts, not their intervals.

    Rows in which every training got stuck on the plateau are left out. The losses by parameters
    are those of the rows ``of_all_models``, of contenders that trained all models.
    """
    parameters = {each.name: each.parameters for each in models}
    rows = [row for row in rows if row.stuck < row.seeds]
    by_seconds = []
    for row in rows:
        seconds = zip(*(each.seconds for each in row.counted), strict=True)
        by_seconds += [
            CostPoint(
                row.contender,
                row.model,
                epoch,
                parameters[row.model],
                statistics.mean(took).value,
                loss,
            )
            for epoch, (took, loss) in enumerate(zip(seconds, row.test_losses, strict=True), 1)
        ]
    by_model: dict[str, list[Training]] = {}
    for row in of_all_models:
        if row.stuck < row.seeds:
            by_model.setdefault(row.model, []).extend(row.counted)
    by_parameters = []
    for name, counted in by_model.items():
        if parameters[name] is None:
            continue
        by_parameters.append(
            CostPoint(
                "",
                name,
                0,
                parameters[name],
                statistics.mean([each.seconds[-1] for each in counted]).value,
                statistics.mean([each.test_loss for each in counted]).value,
            )
        )
    return Cost(
        _marked(by_seconds, [each.seconds for each in by_seconds]),
        _marked(by_parameters, [each.parameters or 0 for each in by_parameters]),
    )


def _marked(points: Sequence[CostPoint], costs: Sequence[float]) -> list[CostPoint]:
    front = set(statistics.pareto_front(costs, [each.test_loss for each in points]))
    return [
        msgspec.structs.replace(each, on_front=index in front) for index, each in enumerate(points)
    ]
