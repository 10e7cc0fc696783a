"""Passes that measure one worker at a time, each contender × definition on its own."""

from collections.abc import Callable, Sequence

from aebench.bench.campaign.context import Context
from aebench.bench.errors import MeasurementError
from aebench.bench.models.autoencoder import parse
from aebench.bench.protocol.channel import Message
from aebench.reports.record import ContenderInfo, Unit

Measure = Callable[[Context, ContenderInfo, Unit], None]


def run(context: Context, units: Sequence[Unit], what: str, measure: Measure) -> None:
    """Measure unit by unit, in the order given; what fails is a row, and the others go on.

    Parameters
    ----------
    context : Context
        What every pass needs.
    units : sequence of Unit
        Of one pass.
    what : str
        What is measured of a contender, for the display.
    measure : callable
        Measures one unit.
    """
    contenders = {each.name: each for each in context.plan.on_keras}
    for unit in units:
        context.display.doing(f"{unit.definition}: {what} of {unit.contender}")
        try:
            measure(context, contenders[unit.contender], unit)
        except MeasurementError as error:
            context.note_failure(
                error, unit.pass_name, unit.contender, unit.definition, unit.launch
            )
        context.end(unit)
    context.display.results(units[0].pass_name, None)


def named(unit: Unit) -> Message:
    """Name a unit, as its events do."""
    return {
        "contender": unit.contender,
        "definition": unit.definition,
        "launch": unit.launch,
    }


def cold_start(context: Context, contender: ContenderInfo, unit: Unit) -> Message:
    """Make the job of a worker that starts with nothing; see :mod:`aebench.bench.worker.cold_start`."""
    return {
        **context.job(unit.pass_name, contender, parse(unit.definition)),
        "batch_size": context.plan.info.batch_sizes[0],
        "npz": str(context.dataset.npz.resolve()),
        "train_samples": len(context.dataset.train),
    }
