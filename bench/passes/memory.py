"""Memory: what is held when, sampled from outside too, and whether it grows with the steps."""

from collections.abc import Sequence

from bench import curve
from bench.context import Context
from bench.definitions import parse
from bench.errors import MeasurementError
from bench.work.memory import PHASES
from reports import record
from reports.record import ContenderInfo, Unit


def run(context: Context, units: Sequence[Unit]) -> None:
    """Weigh one process after the other, in the order given."""
    contenders = {each.name: each for each in context.plan.on_keras}
    for unit in units:
        context.display.doing(f"{unit.definition}: memory of {unit.contender}")
        try:
            _weigh(context, contenders[unit.contender], unit)
        except MeasurementError as error:
            context.note_failure(error, "memory", unit.contender, unit.definition, unit.launch)
        context.end(unit)
    context.display.results("memory", None)


def _weigh(context: Context, contender: ContenderInfo, unit: Unit) -> None:
    job = {
        **context.job("memory", contender, parse(unit.definition)),
        "batch_size": context.plan.info.batch_sizes[0],
        "npz": str(context.dataset.npz.resolve()),
        "train_samples": len(context.dataset.train),
    }
    who = {"contender": contender.name, "definition": unit.definition, "launch": unit.launch}
    worker = context.start(contender, job)
    try:
        exact = worker.exact_peaks
        with curve.sampled(worker.pid) as sampled:
            context.append(
                record.MemoryPhase, worker.interpreter, **who, exact=exact, ended_seconds=0.0
            )
            for _ in PHASES:
                message = worker.phase()
                context.append(
                    record.MemoryPhase, message, **who, exact=exact, ended_seconds=sampled.now()
                )
            last = worker.answer()
        context.note_worker(last, "memory", contender.name, unit.definition, unit.launch)
        context.append(record.MemorySteps, last, **who, batch_size=context.plan.info.batch_sizes[0])
        context.append(
            record.MemoryCurve,
            {},
            **who,
            **sampled.thinned(),
        )
    finally:
        context.fleet.stop(worker)
