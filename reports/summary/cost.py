"""Cost against quality: which loss for how many seconds, and for how many parameters."""

from collections.abc import Sequence

import msgspec

from aebench.reports import record, statistics
from aebench.reports.summary.quality import QualityRow, Training


class CostPoint(msgspec.Struct, frozen=True):
    """The loss on the test set after an epoch, and what it took: means over trainings.

    ``seconds`` of training count from the first step on, compiling included; ``epoch`` is 0 where
    the point stands for whole trainings by every contender (``contender`` is empty then).
    ``on_front`` is whether none is at most as costly and at most as bad, and less in one of them.
    """

    contender: str
    model: str
    epoch: int
    parameters: int | None
    seconds: float
    test_loss: float
    on_front: bool = False


class Cost(msgspec.Struct, frozen=True):
    """The two pictures: loss by seconds of training, epoch by epoch, and by parameters, at the end.

    Of points by seconds each contender × model has one per epoch, in their order.
    """

    by_seconds: list[CostPoint] = []
    by_parameters: list[CostPoint] = []


def cost(rows: Sequence[QualityRow], models: Sequence[record.ModelInfo]) -> Cost:
    """Put losses beside what they cost; a Pareto front goes by the means, whatever their noise.

    Where every training stayed on the plateau nothing was bought: such rows aren't in it.
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
    for row in rows:
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
