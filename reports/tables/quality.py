"""The tables of the quality pass: losses after training, and what they cost."""

from collections.abc import Sequence
from itertools import groupby

from aebench.reports.formatting import interval
from aebench.reports.summary import (
    FULL_TRAINING_EPOCHS,
    CostPoint,
    Interval,
    QualityRow,
    Run,
    Summary,
)
from aebench.reports.tables.shared import Table, failed


def quality(summary: Summary) -> list[Table]:
    """Return the losses after training."""
    if not summary.quality:
        return []
    columns = ["loss", "test", "train", "gap", "on plateau", "training s/epoch", "test by epoch"]
    rows, notes = [], []
    for row in summary.quality:
        name = f"{row.model} {row.contender}"
        if not row.seeds:
            cells, note = failed(name, columns, row.failure)
            rows.append(cells)
            notes.append(note)
            continue
        rows.append(
            [
                name,
                _loss(row.test_loss),
                _loss(row.train_loss),
                _loss(row.gap),
                f"{row.on_plateau} of {row.seeds}"
                + (" (1 in the mean)" if row.seeds > 1 and len(row.counted) == 1 else ""),
                interval(row.epoch_seconds),
                _curve(row),
            ]
        )
        if row.failure:
            notes.append(f"{name}: {row.failure} (after {row.seeds} of {row.seeds_planned} seeds)")
    trained = [run for run in summary.runs if "quality" in run.plan.passes]
    notes += dict.fromkeys(
        f"{run.name}: {note}" if len(trained) > 1 else note
        for run in trained
        for note in _trained_how(run)
    )
    return [Table("Losses after training", columns, rows, notes)]


def cost(summary: Summary) -> list[Table]:
    """Return who is on the Pareto front, by seconds of training and by parameters."""
    front = [each for each in summary.cost.by_seconds if each.on_front]
    if not front:
        return []
    rows = []
    for (model, contender), group in groupby(
        sorted(front, key=lambda each: each.seconds),
        key=lambda each: (each.model, each.contender),
    ):
        stretch = list(group)
        rows.append(
            [
                f"{model} {contender}",
                _span([str(each.epoch) for each in stretch]),
                _span([interval(each.seconds) for each in stretch]),
                _span([f"{each.test_loss:.4f}" for each in stretch]),
            ]
        )
    note = (
        "On the front is what nothing measured here beats in both; the first epoch's seconds hold "
        "compiling. By the mean of the seeds, whose differences may be noise. What stayed on the "
        "plateau has no part in it."
    )
    return [
        Table(
            "Least loss for the seconds of training",
            ["on the front", "epochs", "seconds", "test loss"],
            rows,
            [note],
        ),
        _by_parameters(summary.cost.by_parameters),
    ]


def _by_parameters(points: Sequence[CostPoint]) -> Table:
    return Table(
        "Loss and parameters",
        ["model", "parameters", "test loss", "on the front"],
        [
            [
                each.model,
                f"{each.parameters:,}",
                f"{each.test_loss:.4f}",
                "yes" if each.on_front else "no",
            ]
            for each in sorted(points, key=lambda each: each.parameters)
        ],
        ["After the last epoch, the mean over backends and seeds."],
    )


def _span(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{values[0]} to {values[-1]}"


def _trained_how(run: Run) -> list[str]:
    plan = run.plan
    seeds = "one seed: no interval" if len(plan.seeds) == 1 else "mean [95 %] of seeds"
    epochs = "1 epoch" if plan.epochs == 1 else f"{plan.epochs} epochs"
    notes = [
        f"{epochs} at batch {plan.batch_size} on "
        f"{plan.quality_train_samples:,} training images ({seeds}); losses in inference mode, "
        f"test on all {run.data.test_samples:,} images; training s/epoch is such an epoch, the "
        "call of fit included."
    ]
    if run.data.mean_image_loss is not None:
        notes.append(
            "On the plateau: seeds that ended less than 5 % below "
            f"{run.data.mean_image_loss:.4f}, the loss of answering with the mean image. They are "
            "not in the means, unless none left it."
        )
    if plan.epochs < FULL_TRAINING_EPOCHS or plan.quality_train_samples < run.data.train_samples:
        notes.append(
            f"This is less than the recipe ({FULL_TRAINING_EPOCHS} epochs on all images): "
            "it doesn't show where training ends."
        )
    return notes


def _loss(value: Interval | None) -> str:
    if value is None:
        return "–"
    if value.low is None or value.high is None:
        return f"{value.value:.4f}"
    return f"{value.value:.4f} [{value.low:.4f}, {value.high:.4f}]"


def _curve(row: QualityRow) -> str:
    losses = row.test_losses
    if len(losses) <= 4:
        return " ".join(f"{loss:.3f}" for loss in losses)
    few = [losses[0], losses[len(losses) // 2], losses[-1]]
    return " … ".join(f"{loss:.3f}" for loss in few)
