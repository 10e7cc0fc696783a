"""Compare pairs of models, seed by seed: the difference in loss, and the ratio of times."""

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from aebench.reports import record, statistics
from aebench.reports.statistics import Estimate
from aebench.reports.summary.quality import QualityRow, Training
from aebench.reports.summary.shared import ContenderView

Array = np.ndarray[Any, Any]
# The pairs of models that the study compares. A difference is the first less the second.
CHOICES = (
    ("ae800", "ae400"),
    ("ae800-dropout", "ae800"),
    ("ae800-steep", "ae800"),
    ("ae800-steep", "ae400"),
)


class Difference(msgspec.Struct, frozen=True):
    """The differences ``model`` less ``against``: means over seeds from which both were trained.

    Trainings from one seed have the same order of the data and, in layers of the same shape, the
    same initial weights. The ``left_out`` seeds got stuck on the plateau with one of the two
    models. ``test_loss``, ``gap`` and ``train_loss`` are differences, with Student's 95 %
    intervals. The intervals of the three ``…_adjusted`` are right together for all the contender's
    ``comparisons`` in a run, and decide the verdict. ``times`` is the ratio of the training times
    after the first epoch, a geometric mean. ``falling`` and ``falling_against`` are the changes of
    the two models' test losses over the last quarter of the epochs.

    ``levels_apart`` is the mean difference between the pixels of the two models' reconstructions,
    in grey levels of 255. ``levels_off`` and ``levels_off_against`` are the mean differences
    between each model's reconstructions and the originals. All three are None without pictures.
    """

    model: str
    against: str
    contender: str
    train_samples: int
    epochs: int
    seeds: list[int]
    left_out: list[int]
    test_loss: Estimate
    test_loss_adjusted: Estimate
    comparisons: int
    gap_mine: float
    gap_against: float
    gap: Estimate
    gap_adjusted: Estimate
    train_loss: Estimate
    train_loss_adjusted: Estimate
    times: Estimate
    falling: Estimate
    falling_against: Estimate
    levels_apart: float | None = None
    levels_off: float | None = None
    levels_off_against: float | None = None


def differences(views: Sequence[ContenderView], rows: Sequence[QualityRow]) -> list[Difference]:
    """Return a difference per contender and pair of :data:`CHOICES` that share a seed.

    The models must have a shared seed with which neither training got stuck.
    """
    by_name = {(row.model, row.contender): row for row in rows if row.seeds}
    found = []
    for view in views:
        pairs = [
            (by_name[one, view.name], by_name[other, view.name])
            for one, other in CHOICES
            if (one, view.name) in by_name and (other, view.name) in by_name
        ]
        # Each pair is compared by test loss, by gap and by training loss, so the correction counts
        # three comparisons per pair.
        compared = [_difference(view, *pair, 3 * len(pairs)) for pair in pairs]
        found += [each for each in compared if each]
    return found


def _difference(
    view: ContenderView, row: QualityRow, against: QualityRow, comparisons: int
) -> Difference | None:
    mine, others = ({each.seed: each for each in each_row.trainings} for each_row in (row, against))
    both = sorted(mine.keys() & others.keys())
    seeds = [seed for seed in both if not (mine[seed].stuck or others[seed].stuck)]
    if not seeds:
        return None
    ours, theirs = [mine[seed] for seed in seeds], [others[seed] for seed in seeds]
    test = [a.test_loss - b.test_loss for a, b in zip(ours, theirs, strict=True)]
    gap = [a.gap - b.gap for a, b in zip(ours, theirs, strict=True)]
    train = [a.train_loss - b.train_loss for a, b in zip(ours, theirs, strict=True)]
    times = statistics.mean(
        [
            math.log(_steady_seconds(a) / _steady_seconds(b))
            for a, b in zip(ours, theirs, strict=True)
        ]
    )
    adjusted = 1 - 0.05 / comparisons
    return Difference(
        row.model,
        against.model,
        row.contender,
        row.train_samples,
        row.epochs,
        seeds,
        left_out=[seed for seed in both if seed not in seeds],
        test_loss=_mean(test),
        test_loss_adjusted=_mean(test, adjusted),
        comparisons=comparisons,
        gap_mine=statistics.mean([each.gap for each in ours]).value,
        gap_against=statistics.mean([each.gap for each in theirs]).value,
        gap=_mean(gap),
        gap_adjusted=_mean(gap, adjusted),
        train_loss=_mean(train),
        train_loss_adjusted=_mean(train, adjusted),
        times=Estimate(
            math.exp(times.value),
            None if times.low is None else math.exp(times.low),
            None if times.high is None else math.exp(times.high),
        ),
        falling=_mean([_change(each) for each in ours]),
        falling_against=_mean([_change(each) for each in theirs]),
        **_levels(view, row.model, against.model, seeds),
    )


def _mean(values: Sequence[float], confidence: float = 0.95) -> Estimate:
    return statistics.mean(values, confidence)


def _steady_seconds(training: Training) -> float:
    first = training.seconds[0] if len(training.seconds) > 1 else 0.0
    return training.seconds[-1] - first


def _change(training: Training) -> float:
    losses = training.test_losses
    return losses[-1] - losses[-1 - max(1, len(losses) // 4)] if len(losses) > 1 else 0.0


def _levels(
    view: ContenderView, model: str, against: str, seeds: Sequence[int]
) -> dict[str, float]:
    """Return the fields of a difference that compare pictures; empty if the record has none.

    Pictures with another number of pixels than the originals are left out.
    """
    original = view.source.header.data.example_pixels
    mine, others = (
        {
            event.seed: np.frombuffer(event.pixels, np.uint8).astype(float)
            for event in view.of(record.Reconstructions, name)
            if len(event.pixels) == len(original) > 0
        }
        for name in (model, against)
    )
    shared = [seed for seed in seeds if seed in mine and seed in others]
    if not shared:
        return {}
    target = np.frombuffer(original, np.uint8).astype(float)

    def apart(one: Sequence[Array], other: Sequence[Array]) -> float:
        return float(np.mean([np.abs(a - b).mean() for a, b in zip(one, other, strict=True)]))

    ours, theirs = [mine[seed] for seed in shared], [others[seed] for seed in shared]
    targets = [target] * len(shared)
    return {
        "levels_apart": apart(ours, theirs),
        "levels_off": apart(ours, targets),
        "levels_off_against": apart(theirs, targets),
    }
