"""Does it run at all? One step of everything, nothing timed or kept."""

from aebench import backends
from aebench.bench.campaign.campaign import RunInputs
from aebench.bench.campaign.context import job
from aebench.bench.campaign.fleet import Fleet
from aebench.bench.data.datasets import Arrays, convert
from aebench.bench.errors import MeasurementError
from aebench.bench.models.autoencoder import Model
from aebench.bench.plan.contenders import interpreter
from aebench.bench.plan.plan import Place, Plan
from aebench.reports.record import ContenderInfo


def run(plan: Plan, setting: RunInputs) -> dict[Place, str]:
    """Run one step of every contender in every cell that a plan selects.

    Parameters
    ----------
    plan : Plan
        What to run.
    setting : RunInputs
        On which images, and so on.

    Returns
    -------
    dict of Place to str
        Why some didn't run.
    """
    arrays = convert(setting.dataset, setting.scratch)
    fleet = Fleet(
        setting.scratch,
        setting.answer_seconds,
        backends.outside_modules(each.backend for each in plan.running),
    )
    failures: dict[Place, str] = {}
    try:
        for model in plan.models:
            for contender in plan.running:
                failures |= _steps(plan, arrays, fleet, contender, model)
    finally:
        fleet.close()
    return failures


def _steps(
    plan: Plan, arrays: Arrays, fleet: Fleet, contender: ContenderInfo, model: Model
) -> dict[Place, str]:
    places = [
        Place(contender.name, model.name, workload, batch_size)
        for workload in plan.info.workloads
        for batch_size in plan.info.batch_sizes
        if plan.selects(contender, model.name, workload, batch_size)
    ]
    if not places:
        return {}
    left = list(places)
    try:
        task = job(plan, arrays, "speed", contender, model)
        worker = fleet.start(contender.backend, task, interpreter(contender))
        try:
            worker.answer()
            for place in places:
                request = {"workload": place.workload, "batch_size": place.batch_size}
                worker.ask({"do": "calibrate", **request, "steps": 1})
                left.remove(place)
        finally:
            fleet.stop(worker)
    except MeasurementError as error:
        return dict.fromkeys(left, str(error))
    return {}
