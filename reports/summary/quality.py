"""Summarise the quality pass: the losses after training."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import msgspec

from aebench.reports import record, statistics, studies
from aebench.reports.journal import Record
from aebench.reports.statistics import Estimate
from aebench.reports.summary.shared import ContenderView, pairs


class Training(msgspec.Struct, frozen=True):
    """One training to its last epoch, from one seed.

    ``test_losses`` are the losses after each epoch, in inference mode. ``seconds`` are the seconds
    of training from the beginning to the end of each epoch. ``train_loss`` is the loss on training
    samples after the last epoch. ``stuck`` is whether the training ended on the plateau.
    ``metrics`` are the compiled metrics on the test samples after the last epoch.
    """

    seed: int
    test_losses: list[float]
    seconds: list[float]
    train_loss: float
    stuck: bool
    metrics: dict[str, float] = {}

    @property
    def test_loss(self) -> float:
        """The test loss after the last epoch."""
        return self.test_losses[-1]

    @property
    def gap(self) -> float:
        """The test loss less the loss on training samples, both after the last epoch."""
        return self.test_loss - self.train_loss


class QualityRow(msgspec.Struct, frozen=True):
    """The trainings of one contender and one model.

    The losses are means over seeds, with Student's intervals. They leave out the trainings that got
    stuck on the plateau, unless all did; ``test_loss_of_all`` leaves out none. ``stuck`` is the
    number of trainings that got stuck. ``seeds`` trainings ended, of ``seeds_planned``. ``run`` is
    the index of their record.
    """

    contender: str
    model: str
    seeds: int = 0
    seeds_planned: int = 0
    train_samples: int = 0
    batch_size: int = 0
    run: int = 0
    epochs: int = 0
    stuck: int = 0
    test_loss: Estimate | None = None
    test_loss_of_all: Estimate | None = None
    train_loss: Estimate | None = None
    gap: Estimate | None = None
    epoch_seconds: float = 0.0
    test_losses: list[float] = []
    trainings: list[Training] = []
    failure: str = ""
    metrics: dict[str, Estimate] = {}

    @property
    def counted(self) -> list[Training]:
        """The trainings that count in the means: those that didn't get stuck, or all if all did."""
        return [each for each in self.trainings if not each.stuck] or self.trainings


def rows(sources: Sequence[Record], views: Sequence[ContenderView]) -> list[QualityRow]:
    """Return a row for every contender and model of which a training ended, or failed."""
    found = []
    for model, view in pairs(sources, views, "quality"):
        failure = view.failure("quality", model)
        trainings = _trainings(view, model)
        nothing = QualityRow(
            view.name,
            model,
            seeds_planned=len(view.source.header.plan.seeds),
            train_samples=view.source.header.plan.quality_train_samples,
            batch_size=view.source.header.plan.batch_size,
            run=view.run,
            failure=failure,
        )
        if trainings:
            found.append(_row(nothing, trainings))
        elif failure:
            found.append(nothing)
    return found


def trained_all(rows: Sequence[QualityRow], sources: Sequence[Record]) -> list[QualityRow]:
    """Return the rows of contenders that, by their run's plan, trained all models.

    A mean over contenders then is over the same ones for every model.
    """
    shared = [source.header.plan.measured_in_full for source in sources]
    whole = {
        (row.run, row.contender)
        for row in rows
        for names in [shared[row.run]]
        if names is None or row.model not in names
    }
    return [row for row in rows if (row.run, row.contender) in whole] if whole else list(rows)


def _trainings(view: ContenderView, model: str) -> list[Training]:
    header = view.source.header
    epochs = header.plan.epochs
    plateau = studies.plateau(header)
    by_seed: dict[int, list[record.QualityEpoch]] = {}
    for row in view.of(record.QualityEpoch, model):
        by_seed.setdefault(row.seed, []).append(row)
    found = []
    for seed, mine in by_seed.items():
        last = mine[-1]
        whole = len(mine) == epochs and [row.epoch for row in mine] == list(range(1, epochs + 1))
        if not whole or last.train_loss is None:
            continue
        found.append(
            Training(
                seed,
                test_losses=[row.test_loss for row in mine],
                seconds=list(accumulate(row.train_seconds for row in mine)),
                train_loss=last.train_loss,
                stuck=plateau is not None
                and plateau.is_of(model)
                and plateau.holds(last.test_loss),
                metrics=last.metrics,
            )
        )
    return found


def _row(nothing: QualityRow, trainings: list[Training]) -> QualityRow:
    row = msgspec.structs.replace(
        nothing,
        seeds=len(trainings),
        epochs=len(trainings[0].test_losses),
        stuck=sum(each.stuck for each in trainings),
        trainings=trainings,
    )
    counted = row.counted
    # The first epoch includes compiling: it counts only if there is no other epoch.
    later = [after - before for each in trainings for before, after in pairwise(each.seconds)]
    return msgspec.structs.replace(
        row,
        test_loss=_mean([each.test_loss for each in counted]),
        test_loss_of_all=_mean([each.test_loss for each in trainings]),
        train_loss=_mean([each.train_loss for each in counted]),
        gap=_mean([each.gap for each in counted]),
        metrics={
            name: _mean([each.metrics[name] for each in counted])
            for name in counted[0].metrics
            if all(name in each.metrics for each in counted)
        },
        epoch_seconds=statistics.median(later or [each.seconds[0] for each in trainings]).value,
        test_losses=[
            statistics.mean(losses).value
            for losses in zip(*(each.test_losses for each in counted), strict=True)
        ],
    )


def _mean(values: Sequence[float]) -> Estimate:
    return statistics.mean(values)
