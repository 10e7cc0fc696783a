"""Quality: full training from the same weights in the same order of the data."""

from bench.context import Context
from bench.definitions import Definition
from bench.errors import MeasurementError
from reports import record
from reports.record import ContenderInfo


def run(context: Context) -> None:
    """Train every contender × definition, definitions in turn."""
    for definition in context.plan.definitions:
        for contender in context.plan.running:
            try:
                _train(context, contender, definition)
            except MeasurementError as error:
                context.note_failure(error, "quality", contender.name, definition.name, 0)
        context.display.stage_done()


def _train(context: Context, contender: ContenderInfo, definition: Definition) -> None:
    info = context.plan.info
    job = {
        **context.job("quality", contender, definition),
        "seeds": info.seeds,
        "epochs": info.epochs,
        "batch_size": info.quality_batch_size,
        "train_samples": info.quality_train_samples,
    }
    context.display.doing(f"{definition.name}: {contender.name} starts")
    worker = context.fleet.start(contender.backend, job)
    try:
        context.note_worker(worker.answer(), "quality", contender.name, definition.name, 0)
        for seed in info.seeds:
            for epoch in range(1, info.epochs + 1):
                context.display.doing(
                    f"{definition.name}: {contender.name} trains, seed {seed}, "
                    f"epoch {epoch} of {info.epochs}"
                )
                row = context.append(
                    record.QualityEpoch,
                    worker.answer(),
                    contender=contender.name,
                    definition=definition.name,
                )
                context.display.figure(
                    f"{definition.name} {contender.name} epoch {epoch}: "
                    f"test loss {row.test_loss:.4f}"
                )
    finally:
        context.fleet.stop(worker)
