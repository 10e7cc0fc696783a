"""How long a plan will take: rough, from what one 2-core machine without an accelerator did.

The display corrects itself by what really happens; only ``--dry-run`` shows these figures bare.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.definitions import Definition
from bench.plan import Plan

OPERATIONS_PER_SECOND = 90e9
# Seconds that Keras and the framework add to a step beside the matrix products.
_STEP_OVERHEAD_SECONDS = {
    "train": {"jax": 0.0008, "tensorflow": 0.0035, "torch": 0.0085},
    "predict": {"jax": 0.0004, "tensorflow": 0.0025, "torch": 0.0035},
}
_START_SECONDS = {"jax": 4.0, "tensorflow": 9.0, "torch": 6.0}
_COLD_START_SECONDS = {"jax": 6.0, "tensorflow": 12.0, "torch": 8.0}


@dataclass(frozen=True)
class Stage:
    """One piece of a run, as the display shows it."""

    pass_name: str
    definition: str
    seconds: float


def stages(plan: Plan, train_samples: int, test_samples: int) -> Iterator[Stage]:
    """List the pieces of a run in order, with a guess at each one's time.

    Parameters
    ----------
    plan : Plan
        What will be done.
    train_samples, test_samples : int
        Sizes of the data.
    """
    info = plan.info
    for pass_name in info.passes:
        launches = {"speed": info.launches, "footprint": info.footprint_launches}
        for _ in range(launches.get(pass_name, 1)):
            for definition in plan.definitions:
                if pass_name == "speed":
                    seconds = _speed_seconds(plan, definition)
                elif pass_name == "footprint":
                    seconds = sum(_COLD_START_SECONDS[each.backend] for each in plan.running)
                else:
                    seconds = _quality_seconds(plan, definition, test_samples)
                yield Stage(pass_name, definition.name, seconds)


def step_seconds(backend: str, workload: str, definition: Definition, batch_size: int) -> float:
    """Guess what a step takes."""
    train = workload == "train"
    operations = definition.training_operations if train else definition.forward_operations
    overhead = _STEP_OVERHEAD_SECONDS[workload][backend]
    return overhead + batch_size * operations / OPERATIONS_PER_SECOND


def _speed_seconds(plan: Plan, definition: Definition) -> float:
    info = plan.info
    total = 1.2 * sum(_START_SECONDS[each.backend] for each in plan.running) / 2
    for workload in info.workloads:
        for batch_size in info.batch_sizes:
            steps = [
                step_seconds(each.backend, workload, definition, batch_size)
                for each in plan.running
            ]
            slices = [1.2 * step * max(1.0, 0.1 / min(steps), 0.5 / sum(steps)) for step in steps]
            warmup = sum(max(3 * each, 2.2) for each in slices)
            ends = 5.0 * len(steps) if workload == "train" else 0.0
            compiling = 2.5 * len(steps)
            total += info.blocks * (sum(slices) + 0.025 * len(steps)) + warmup + ends + compiling
    return total


def _quality_seconds(plan: Plan, definition: Definition, test_samples: int) -> float:
    info = plan.info
    batch = info.quality_batch_size
    total = 0.0
    for each in plan.running:
        train = step_seconds(each.backend, "train", definition, batch)
        evaluate = step_seconds(each.backend, "predict", definition, 500)
        epoch = info.quality_train_samples / batch * train + test_samples / 500 * evaluate + 0.5
        total += _START_SECONDS[each.backend] + 3 + len(info.seeds) * info.epochs * epoch
    return total
