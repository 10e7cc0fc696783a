"""Run one step of every contender in every cell, to check that the contender works.

No time is reported, and no record is written.
"""

from aebench.bench.campaign.campaign import RunInputs
from aebench.bench.campaign.context import speed_job
from aebench.bench.campaign.fleet import Fleet
from aebench.bench.data.model_data import ModelData
from aebench.bench.errors import MeasurementError
from aebench.bench.models.model import Model
from aebench.bench.plan.interpreters import interpreter
from aebench.bench.plan.plan import ContenderCell, Plan
from aebench.bench.protocol.messages.every_pass import RuntimeInfo
from aebench.bench.protocol.messages.speed import Calibrate, Calibrated
from aebench.reports.record import ContenderInfo


def run(plan: Plan, inputs: RunInputs) -> dict[ContenderCell, str]:
    """Run one step of every contender in every cell that a plan selects.

    Parameters
    ----------
    plan : Plan
        The plan.
    inputs : RunInputs
        The samples and the other inputs of a run.

    Returns
    -------
    dict of ContenderCell to str
        The reason of the failure for each contender and cell that failed; empty if none failed.
    """
    fleet = Fleet(inputs.scratch, inputs.answer_seconds, plan.outside_modules())
    failures: dict[ContenderCell, str] = {}
    try:
        for model in plan.models:
            for contender in plan.running:
                data = inputs.data[model.name]
                failures |= _steps(plan, data, fleet, contender, model)
    finally:
        fleet.close()
    return failures


def _steps(
    plan: Plan, data: ModelData, fleet: Fleet, contender: ContenderInfo, model: Model
) -> dict[ContenderCell, str]:
    left = [
        ContenderCell(contender.name, cell.model, cell.workload, cell.batch_size)
        for cell in plan.cells(model.name)
        if plan.takes_part(contender, cell)
    ]
    if not left:
        return {}
    try:
        job = speed_job(plan, data, contender, model)
        worker = fleet.start(contender.backend, job, interpreter(contender))
        try:
            worker.answer(RuntimeInfo)
            while left:
                cell = left[0]
                worker.ask(Calibrate(cell.workload, cell.batch_size, steps=1), Calibrated)
                left.pop(0)
        finally:
            fleet.stop(worker)
    except MeasurementError as error:
        return dict.fromkeys(left, str(error))
    return {}
