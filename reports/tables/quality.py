"""The table of the quality pass: losses after training."""

from reports.summary import RECIPE_EPOCHS, Interval, QualityRow, Run, Summary
from reports.tables.shared import Table, failed
from reports.units import interval


def quality(summary: Summary) -> list[Table]:
    """Return the losses after training."""
    if not summary.quality:
        return []
    columns = ["loss", "test", "train", "gap", "training s/epoch", "test loss by epoch"]
    rows, notes = [], []
    for row in summary.quality:
        name = f"{row.definition} {row.contender}"
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
                interval(row.epoch_seconds),
                _curve(row),
            ]
        )
    notes += dict.fromkeys(
        note for run in summary.runs if "quality" in run.plan.passes for note in _trained_how(run)
    )
    return [Table("Quality", columns, rows, notes)]


def _trained_how(run: Run) -> list[str]:
    plan = run.plan
    seeds = (
        "one seed: no error between seeds" if len(plan.seeds) == 1 else "median [range] of seeds"
    )
    notes = [
        f"{plan.epochs} epochs at batch {plan.quality_batch_size} on "
        f"{plan.quality_train_samples:,} training images ({seeds}); losses in inference mode, "
        f"test on all {run.data.test_samples:,} images; training s/epoch is such an epoch, the "
        "call of fit included."
    ]
    if plan.epochs < RECIPE_EPOCHS or plan.quality_train_samples < run.data.train_samples:
        notes.append(
            f"This is less than the recipe ({RECIPE_EPOCHS} epochs on all images): "
            "it shows that training works, not where it ends."
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
