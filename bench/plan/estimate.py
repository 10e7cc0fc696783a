"""Estimate roughly how long a plan takes, from times on a 2-core machine without an accelerator.

:mod:`aebench.bench.plan.forecast` corrects an estimate by what is known of this machine. While a
plan runs, the display corrects it by the time that finished tasks took.
"""

import statistics
import time

import numpy as np

from aebench import backends
from aebench.backends.contract import Costs
from aebench.bench import workloads
from aebench.bench.models.model import Model
from aebench.bench.plan.parity_sizes import parity_sizes
from aebench.bench.plan.plan import Plan
from aebench.bench.plan.presets import (
    BLOCKS_A_TURN,
    LAUNCHES_WITH_SHORT_EPOCHS,
    LEAST_STEPS,
)
from aebench.bench.protocol.loops import LOOP_BATCHES, WARM_REPEATS
from aebench.bench.protocol.parity_checks import short_steps
from aebench.bench.protocol.phases import WATCHED_STEPS
from aebench.bench.protocol.rungs import RUNGS
from aebench.bench.protocol.settings import ContenderSettings
from aebench.reports.record import ContenderInfo, Task

# Multiplications and additions per second in matrix products on the machine of the estimate.
OPERATIONS_PER_SECOND = 90e9
# Seconds of a step beyond its matrix products, if a backend's file gives none for the workload.
_STEP_SECONDS = 0.003
# Seconds to compile for each batch size of the parity pass after the first, for inference and for
# training.
_COMPILING_SECONDS = 1.0
# How many times as long parity takes without a closed form: the model is compiled for float64 too,
# and its results are computed from disturbed weights.
_GENERAL_PARITY = 3.0
# The time that workers need to start and compile side by side, divided by the sum of their times.
_SIDE_BY_SIDE = 0.6
# The time of a baseline's step beyond its matrix products, divided by the time of the products.
_BASELINE_OVERHEAD = 0.5
# Median seconds of a float32 matrix product, 512 × 784 by 784 × 400, on the estimate's machine.
_PRODUCT_SECONDS = 0.0021
_PRODUCTS = 30
# Seconds to compile and to calibrate a rung of the ladder, and what is around its round.
_RUNG_SECONDS = 1.5
_AROUND_RUNG_SECONDS = 0.15


def task_seconds(
    plan: Plan, task: Task, train_samples: int, test_samples: int, pace: float = 1.0
) -> float:
    """Estimate the seconds that a task of a plan takes.

    Parameters
    ----------
    plan : Plan
        The plan.
    task : Task
        A task of the plan.
    train_samples, test_samples : int
        Numbers of training and of test images.
    pace : float
        How many times as long work takes here as on the machine of the estimate; see
        :func:`pace_here`. It hardly changes the estimate for blocks: the number of steps in a
        round is chosen so that a round takes about the same time on any machine.
    """
    model = plan.model(task.model)
    if task.pass_name == "ladder":
        return _ladder_seconds(plan, model, task.launch, pace)
    if task.pass_name == "speed":
        return _speed_seconds(plan, model, task.launch, test_samples, pace)
    return pace * _alone_seconds(plan, task, model, test_samples)


def _alone_seconds(plan: Plan, task: Task, model: Model, test_samples: int) -> float:
    """Estimate the seconds of a task of any pass but speed: a single worker runs at a time."""
    (contender,) = (entry for entry in plan.running if entry.name == task.contender)
    backend = contender.backend
    # A model that trains and predicts has two functions to compile.
    jit = 2 * _jit_seconds(contender)
    if task.pass_name == "parity":
        return _parity_seconds(plan, task, model)
    if task.pass_name == "footprint":
        return _costs(backend).cold_start_seconds + jit
    if task.pass_name in ("profile", "memory"):
        steps = WATCHED_STEPS if task.pass_name == "memory" else 20 * plan.info.profile_steps
        step = step_seconds(backend, "train", model, plan.info.batch_size)
        once = 2 * _costs(backend).cold_start_seconds + jit + steps * step
        if task.pass_name == "profile":
            return once
        return once + _loops_seconds(plan, _costs(backend).cold_start_seconds + jit, step)
    return _quality_seconds(plan, model, backend, test_samples) + jit


def _loops_seconds(plan: Plan, start_seconds: float, step_seconds: float) -> float:
    """Estimate the seconds of the memory pass's loops: a start each, and their repeats twice."""
    repeats = 2 * (WARM_REPEATS + plan.info.repeats)
    # A model that is built anew compiles anew.
    a_repeat = {"build": start_seconds / 2, "save": 0.2}
    each = (a_repeat.get(loop, LOOP_BATCHES * step_seconds) for loop in plan.info.loops)
    return sum(start_seconds + repeats * seconds for seconds in each)


def _parity_seconds(plan: Plan, task: Task, model: Model) -> float:
    """Estimate the seconds to compare a contender.

    The cost in a backend's file is for one batch size; the time for more batch sizes is added.
    """
    (contender,) = (each for each in plan.running if each.name == task.contender)
    sizes = parity_sizes(plan, contender, task.model)
    total = _costs(contender.backend).parity_seconds
    if model.form is None:
        total *= _GENERAL_PARITY
    total += _COMPILING_SECONDS * max(0, len(sizes.inference) + len(sizes.training) - 2)
    # Results and short trainings are computed by a function each.
    total += _jit_seconds(contender) * (len(sizes.inference) + 2 * len(sizes.training))
    return total + sum(
        short_steps(size) * step_seconds(contender.backend, "train", model, size)
        for size in sizes.training
    )


def pace_here() -> float:
    """Time matrix products here; return their time divided by that on the estimate's machine."""
    images, weights = np.ones((512, 784), np.float32), np.ones((784, 400), np.float32)
    seconds = []
    for _ in range(_PRODUCTS):
        began = time.perf_counter()
        images @ weights
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) / _PRODUCT_SECONDS


def step_seconds(backend: str, workload: str, model: Model, batch_size: int) -> float:
    """Estimate the seconds of a step: its matrix products plus the backend's cost per step."""
    found = workloads.load(workload)
    operations = found.operations(model) or 0
    products = batch_size * operations / OPERATIONS_PER_SECOND
    if not backends.runs_keras(backend):
        return products * (1 + (_BASELINE_OVERHEAD if backend != backends.GEMM else 0))
    overheads = _costs(backend).step_seconds
    usual = overheads.get("train" if found.trains else "predict", _STEP_SECONDS)
    return overheads.get(workload, usual) + products


def _costs(backend: str) -> Costs:
    """Return the rough costs of a backend; a baseline has those of its framework."""
    return backends.load(backend).COSTS


def _jit_seconds(contender: ContenderInfo) -> float:
    """Return the seconds to compile one function of a contender, beyond its backend's usual."""
    asked = ContenderSettings.from_dict(contender.settings).jit
    return _costs(contender.backend).jit_seconds if asked else 0.0


def _speed_seconds(plan: Plan, model: Model, launch: int, test_samples: int, pace: float) -> float:
    info = plan.info
    name = model.name
    cells = plan.cells(name, launch)
    taking_part = {cell: plan.in_launch(cell, launch) for cell in cells}
    starting = {each.name: each.backend for found in taking_part.values() for each in found}
    total = (
        _SIDE_BY_SIDE * pace * sum(_costs(backend).start_seconds for backend in starting.values())
    )
    for cell in cells:
        steps = [
            pace * step_seconds(contender.backend, cell.workload, model, cell.batch_size)
            for contender in taking_part[cell]
        ]
        if not steps:
            continue
        whole = workloads.load(cell.workload).timing == workloads.WHOLE_CALL
        least = test_samples // cell.batch_size if whole else LEAST_STEPS
        rounds = [
            (1.1 if whole else 1.25) * max(plan.round_seconds, least * step) for step in steps
        ]
        blocks = info.sizes_of(cell.workload).blocks
        turns = -(-blocks // BLOCKS_A_TURN)
        compiling = 2.5 * len(steps) + sum(map(_jit_seconds, taking_part[cell]))
        total += blocks * (sum(rounds) + 0.04 * len(steps)) + _SIDE_BY_SIDE * pace * compiling
        if whole:
            # Four rounds of steps inside calls, their beginning and end.
            total += (4 * 1.25 * plan.round_seconds + 1.0 * pace) * len(plan.on_keras)
        else:
            total += turns * (0.3 * pace * len(steps) + sum(rounds))
        trains = workloads.load(cell.workload).trains
        timed = list(dict.fromkeys(each.model for each in plan.cells(launch=launch)))
        chosen = timed[launch % len(timed)] == name
        if trains and chosen and launch < LAUNCHES_WITH_SHORT_EPOCHS:
            total += 3.0 * len(plan.on_keras)
    return total


def _ladder_seconds(plan: Plan, model: Model, launch: int, pace: float) -> float:
    found = plan.in_ladder(model.name)
    starts = [_costs(each.backend).start_seconds + _jit_seconds(each) for each in found]
    total = _SIDE_BY_SIDE * pace * sum(starts)
    for cell in plan.ladder_cells(model.name, launch):
        rungs = len(RUNGS[cell.workload]) * len(found)
        blocks = plan.info.sizes_of(cell.workload).blocks
        round_seconds = _AROUND_RUNG_SECONDS + plan.round_seconds / 2
        total += rungs * (_RUNG_SECONDS * pace + blocks * round_seconds)
    return total


def _quality_seconds(plan: Plan, model: Model, backend: str, test_samples: int) -> float:
    info = plan.info
    batch = info.batch_size
    train = step_seconds(backend, "train", model, batch)
    evaluate = step_seconds(backend, "predict", model, 500)
    epoch = info.quality_train_samples / batch * train + test_samples / 500 * evaluate + 0.5
    start = (_costs(backend).start_seconds + 3) / len(info.seeds)
    return start + info.epochs * epoch
