"""RunOptions long a plan will take: rough, from what one 2-core machine without an accelerator did.

The display corrects itself by what really happens; ``--dry-run`` by how fast NumPy is here.
"""

import statistics
import time

import numpy as np

from aebench import backends
from aebench.bench import workloads
from aebench.bench.models.model import Model
from aebench.bench.plan.plan import Plan
from aebench.bench.plan.presets import LAUNCHES_WITH_SHORT_EPOCHS
from aebench.bench.protocol.phases import WATCHED_STEPS
from aebench.reports.record import Task

OPERATIONS_PER_SECOND = 90e9
# Where a backend's file has no cost of a workload: a step beside its matrix products.
_STEP_SECONDS = 0.003
# What a baseline takes beside its products, as a share of them.
_BASELINE_OVERHEAD = 0.5
# Median seconds of a product of 512 × 784 by 784 × 400 in float32, there.
_PRODUCT_SECONDS = 0.0021
_PRODUCTS = 30


def task_seconds(
    plan: Plan, task: Task, train_samples: int, test_samples: int, pace: float = 1.0
) -> float:
    """Guess what a task of a plan takes.

    Parameters
    ----------
    plan : Plan
        What will be done.
    task : Task
        One of its tasks.
    train_samples, test_samples : int
        Sizes of the data.
    pace : float
        RunOptions many times as long work takes as where the guess was made; see :func:`pace_here`.
        Slices are as many steps as fill their time, so that a block takes as long on any machine.
    """
    model = plan.model(task.model)
    if task.pass_name == "speed":
        return _speed_seconds(plan, model, task.launch, pace)
    return pace * _alone_seconds(plan, task, model, test_samples)


def _alone_seconds(plan: Plan, task: Task, model: Model, test_samples: int) -> float:
    """Guess what a task takes whose work is counted in steps."""
    (backend,) = (each.backend for each in plan.running if each.name == task.contender)
    if task.pass_name == "parity":
        return _costs(backend).parity_seconds
    if task.pass_name == "footprint":
        return _costs(backend).cold_start_seconds
    if task.pass_name in ("profile", "memory"):
        steps = WATCHED_STEPS if task.pass_name == "memory" else 20 * plan.info.profile_steps
        step = step_seconds(backend, "train", model, plan.info.batch_size)
        return 2 * _costs(backend).cold_start_seconds + steps * step
    return _quality_seconds(plan, model, backend, test_samples)


def pace_here() -> float:
    """Tell how many times as long matrix products take here as where the estimate was made."""
    images, weights = np.ones((512, 784), np.float32), np.ones((784, 400), np.float32)
    seconds = []
    for _ in range(_PRODUCTS):
        began = time.perf_counter()
        images @ weights
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) / _PRODUCT_SECONDS


def step_seconds(backend: str, workload: str, model: Model, batch_size: int) -> float:
    """Guess what a step takes."""
    found = workloads.load(workload)
    operations = found.operations(model) or 0
    products = batch_size * operations / OPERATIONS_PER_SECOND
    if not backends.runs_keras(backend):
        return products * (1 + (_BASELINE_OVERHEAD if backend != backends.GEMM else 0))
    overheads = _costs(backend).step_seconds
    usual = overheads.get("train" if found.trains else "predict", _STEP_SECONDS)
    return overheads.get(workload, usual) + products


def _costs(backend: str) -> backends.Costs:
    """Return the rough costs of a backend, those of its framework for a baseline."""
    return backends.load(backend).COSTS


def _speed_seconds(plan: Plan, model: Model, launch: int, pace: float) -> float:
    info = plan.info
    name = model.name
    cells = plan.cells(name, launch)
    starting = [
        each.backend
        for each in plan.in_blocks
        if any(plan.takes_part(each, cell) for cell in cells)
    ]
    total = 0.6 * pace * sum(_costs(each).start_seconds for each in starting)
    for cell in cells:
        steps = [
            pace * step_seconds(each.backend, cell.workload, model, cell.batch_size)
            for each in plan.in_blocks
            if plan.takes_part(each, cell)
        ]
        if not steps:
            continue
        rounds = [1.1 * step * max(1.0, 0.1 / min(steps), 0.5 / sum(steps)) for step in steps]
        warmup = sum(max(3 * each, 2.2) for each in rounds)
        compiling = 2.5 * pace * len(steps)
        blocks = info.sizes_of(cell.workload).blocks
        total += blocks * (sum(rounds) + 0.04 * len(steps)) + warmup + compiling
        if workloads.load(cell.workload).trains and launch < LAUNCHES_WITH_SHORT_EPOCHS:
            total += 5.0 * len(plan.on_keras)
    return total


def _quality_seconds(plan: Plan, model: Model, backend: str, test_samples: int) -> float:
    info = plan.info
    batch = info.batch_size
    train = step_seconds(backend, "train", model, batch)
    evaluate = step_seconds(backend, "predict", model, 500)
    epoch = info.quality_train_samples / batch * train + test_samples / 500 * evaluate + 0.5
    start = (_costs(backend).start_seconds + 3) / len(info.seeds)
    return start + info.epochs * epoch
