"""Make the tables of the quality pass: losses after training, and their cost."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from aebench.reports.formatting import interval, listed
from aebench.reports.sections import TableView
from aebench.reports.summary import (
    FULL_TRAINING_EPOCHS,
    CostPoint,
    Estimate,
    QualityRow,
    Run,
    Summary,
)
from aebench.reports.tables.shared import Table, failed


def quality(summary: Summary) -> list[Table]:
    """Return a list with the table of losses after training; empty if nothing was measured."""
    if not summary.quality:
        return []
    plateaus = [run.plateau for run in summary.runs if run.plateau]
    seeds_head = plateaus[0].column if plateaus else "seeds"
    # Where means leave out trainings for what these came to, the mean of all stands beside.
    left_out = any(row.seeds > len(row.counted) for row in summary.quality)
    columns = ["loss", seeds_head, "test", *["test, all seeds"] * left_out, "train", "gap"]
    # One column for a metric of several models; a model without it has a dash.
    metrics = list(dict.fromkeys(name for row in summary.quality for name in row.metrics))
    columns += [*metrics, "s/epoch", "test by epoch"]
    rows, notes = [], []
    for row in summary.quality:
        name = f"{row.model} {row.contender}"
        if not row.seeds:
            entries, note = failed(name, columns, row.failure)
            rows.append(entries)
            notes.append(note)
            continue
        rows.append(
            [
                name,
                _seeds(row) if plateaus else str(row.seeds),
                _loss(row.test_loss),
                *[_loss(row.test_loss_of_all)] * left_out,
                _loss(row.train_loss),
                _loss(row.gap),
                *(_loss(row.metrics.get(each)) for each in metrics),
                interval(row.epoch_seconds),
                _curve(row),
            ]
        )
        if row.failure:
            notes.append(f"{name}: {row.failure} (after {row.seeds} of {row.seeds_planned} seeds)")
    notes += _no_better_than_a_constant(summary)
    trained = [run for run in summary.runs if "quality" in run.plan.passes]
    runs: dict[str, list[str]] = {}
    for run in trained:
        for note in [*_trained_how(run), *_trained_by_one(run, summary)]:
            runs.setdefault(note, []).append(run.name)
    # What holds for all runs names none of them.
    notes += [
        note if len(names) == len(trained) else f"{listed(names)}: {note}"
        for note, names in runs.items()
    ]
    return [Table("Losses after training", columns, rows, notes)]


# As on the plateau of the mean image: less than this share below a constant's loss is nothing.
_MARGIN = 0.05


def _no_better_than_a_constant(summary: Summary) -> list[str]:
    """Return a note for each model on the contenders that predict no better than a constant."""
    notes: list[str] = []
    for model in summary.models:
        constant = model.constant_loss
        if constant is None:
            continue
        limit = constant - _MARGIN * abs(constant)
        ends = {
            row.contender: [each.test_losses[-1] for each in row.trainings]
            for row in summary.quality
            if row.model == model.name and row.trainings
        }
        stuck = [name for name, losses in ends.items() if any(each > limit for each in losses)]
        if stuck:
            whose = f"with {listed(stuck)}" if len(stuck) < len(ends) else "with all backends"
            notes.append(
                f"{model.name} {whose}: trainings ended less than 5 % below {constant:.4g}, the "
                "loss of the best constant prediction."
            )
    return notes


def _seeds(row: QualityRow) -> str:
    """Return how many seeds got stuck, as text; note if the mean is of a single seed."""
    alone = " (1 in the mean)" if row.seeds > 1 and len(row.counted) == 1 else ""
    return f"{row.stuck} of {row.seeds}{alone}"


def cost(summary: Summary) -> list[Table]:
    """Return tables of the loss by seconds of training (the Pareto front) and by parameters.

    The list is empty if no loss was measured.
    """
    front = [point for point in summary.cost.by_seconds if point.on_front]
    if not front:
        return []
    rows = []
    for (model, contender), group in groupby(
        sorted(front, key=lambda point: point.seconds),
        key=lambda point: (point.model, point.contender),
    ):
        stretch = list(group)
        rows.append(
            [
                f"{model} {contender}",
                _span([str(point.epoch) for point in stretch]),
                _span([interval(point.seconds) for point in stretch]),
                _span([f"{point.test_loss:.4f}" for point in stretch]),
            ]
        )
    note = (
        "On the front: no other point measured here has both a lower loss and fewer seconds. The "
        "first epoch's seconds include compiling. Losses are means of seeds, whose differences "
        "may be noise."
    )
    excluded = list(dict.fromkeys(run.plateau.excluded for run in summary.runs if run.plateau))
    ends = "After the last epoch, the mean over backends and seeds."
    if any(run.plan.measured_in_full is not None for run in summary.runs):
        ends = "After the last epoch, the mean over seeds and the backends that trained all models."
    return [
        Table(
            "Least loss for the seconds of training",
            ["on the front", "epochs", "seconds", "test loss"],
            rows,
            [" ".join([note, *excluded])],
        ),
        *_by_parameters(summary.cost.by_parameters, ends),
    ]


def _by_parameters(points: Sequence[CostPoint], note: str) -> list[Table]:
    if not points:
        return []
    table = Table(
        "Loss and parameters",
        ["model", "parameters", "test loss", "on the front"],
        [
            [
                point.model,
                f"{point.parameters:,}",
                f"{point.test_loss:.4f}",
                "yes" if point.on_front else "no",
            ]
            for point in sorted(points, key=lambda point: point.parameters or 0)
        ],
        [note],
    )
    return [table]


def _span(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{values[0]} to {values[-1]}"


def _trained_how(run: Run) -> list[str]:
    """Return notes on a run's training: epochs, data, seeds, and what the columns mean."""
    plan = run.plan
    seeds = "one seed: no interval" if len(plan.seeds) == 1 else "mean [95 %] of seeds"
    epochs = "1 epoch" if plan.epochs == 1 else f"{plan.epochs} epochs"
    notes = [
        f"{epochs} at batch {plan.batch_size} on "
        f"{plan.quality_train_samples:,} training samples ({seeds}); losses in inference mode, "
        f"test on all {_numbers(each.test_samples for each in run.all_data)} samples; s/epoch "
        "is an epoch of this training, the call of fit included."
    ]
    if run.plateau:
        notes.append(run.plateau.explanation)
    most = max(each.train_samples for each in run.all_data)
    if plan.epochs < FULL_TRAINING_EPOCHS or plan.quality_train_samples < most:
        notes.append(
            f"This is less than the full training ({FULL_TRAINING_EPOCHS} epochs on all samples): "
            "it doesn't show where training ends."
        )
    return notes


def _numbers(values: Iterable[int]) -> str:
    return " or ".join(f"{each:,}" for each in dict.fromkeys(values))


def _trained_by_one(run: Run, summary: Summary) -> list[str]:
    """Return a note on the models that one contender alone trained, as the plan says."""
    shared = run.plan.measured_in_full
    if shared is None:
        return []
    mine = [row for row in summary.quality if summary.runs[row.run] is run]
    others = [row for row in mine if row.model not in shared]
    names = dict.fromkeys(row.contender for row in others)
    if not names or {row.contender for row in mine} == set(names):
        return []
    models = listed(list(dict.fromkeys(row.model for row in others)))
    return [
        f"By plan {listed(list(names))} alone trained {models}: from the same weights other "
        f"backends come to nearly the same loss. How nearly, {listed(shared)} shows."
    ]


def _loss(value: Estimate | None) -> str:
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


VIEWS = [
    TableView("quality", section="Quality", order=1, make=quality, terminal_order=50),
    TableView("cost", section="Cost against quality", order=1, make=cost, terminal_order=60),
]
