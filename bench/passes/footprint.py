"""Footprint: cold starts, one fresh process at a time."""

from bench.context import Context
from bench.definitions import Definition
from bench.errors import MeasurementError
from bench.work.footprint import PHASES
from reports import record
from reports.record import ContenderInfo


def run(context: Context) -> None:
    """Measure every contender × definition, definitions in turn."""
    for launch in range(context.plan.info.footprint_launches):
        for definition in context.plan.definitions:
            for contender in context.plan.running:
                context.display.doing(f"{definition.name}: cold start of {contender.name}")
                try:
                    _cold_start(context, contender, definition, launch)
                except MeasurementError as error:
                    context.note_failure(
                        error, "footprint", contender.name, definition.name, launch
                    )
            context.display.stage_done()


def _cold_start(
    context: Context, contender: ContenderInfo, definition: Definition, launch: int
) -> None:
    job = {
        **context.job("footprint", contender, definition),
        "batch_size": context.plan.info.batch_sizes[0],
        "npz": str(context.dataset.npz.resolve()),
        "train_samples": len(context.dataset.train),
    }
    who = {"contender": contender.name, "definition": definition.name, "launch": launch}
    worker = context.fleet.start(contender.backend, job)
    try:
        exact = worker.exact_peaks
        context.append(record.Phase, worker.interpreter, **who, exact=exact)
        for _ in PHASES:
            sampled: list[int] = []
            with worker.sampled_peak(sampled):
                message = worker.answer()
            if not exact:
                message["peak_bytes"] = max([*sampled, int(message.get("resident_bytes", 0))])
            context.append(record.Phase, message, **who, exact=exact)
        last = worker.answer()
        context.note_worker(last, "footprint", contender.name, definition.name, launch)
        context.append(record.FootprintFacts, last, **who)
    finally:
        context.fleet.stop(worker)
