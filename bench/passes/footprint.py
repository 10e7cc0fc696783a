"""Footprint: cold starts, one fresh process at a time."""

from collections.abc import Sequence

from bench.context import Context
from bench.definitions import parse
from bench.errors import MeasurementError
from bench.work.footprint import PHASES
from reports import record
from reports.record import ContenderInfo, Unit


def run(context: Context, units: Sequence[Unit]) -> None:
    """Measure cold starts, in the order given."""
    contenders = {each.name: each for each in context.plan.on_keras}
    for unit in units:
        context.display.doing(f"{unit.definition}: cold start of {unit.contender}")
        try:
            _cold_start(context, contenders[unit.contender], unit)
        except MeasurementError as error:
            context.note_failure(error, "footprint", unit.contender, unit.definition, unit.launch)
        context.end(unit)
    context.display.results("footprint", None)


def _cold_start(context: Context, contender: ContenderInfo, unit: Unit) -> None:
    job = {
        **context.job("footprint", contender, parse(unit.definition)),
        "batch_size": context.plan.info.batch_sizes[0],
        "npz": str(context.dataset.npz.resolve()),
        "train_samples": len(context.dataset.train),
    }
    who = {"contender": contender.name, "definition": unit.definition, "launch": unit.launch}
    worker = context.start(contender, job)
    try:
        exact = worker.exact_peaks
        context.append(record.Phase, worker.interpreter, **who, exact=exact)
        for _ in PHASES:
            context.append(record.Phase, worker.phase(), **who, exact=exact)
        last = worker.answer()
        context.note_worker(last, "footprint", contender.name, unit.definition, unit.launch)
        context.append(record.FootprintFacts, last, **who)
    finally:
        context.fleet.stop(worker)
