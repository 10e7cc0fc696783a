"""What a plan may be, whether it was asked for or comes from a record."""

from collections.abc import Collection, Sequence
from typing import Any

from aebench.bench.data.datasets import Dataset
from aebench.bench.errors import BadInputError
from aebench.bench.plan.plan import Plan
from aebench.bench.quoting import shortly
from aebench.bench.system import machine
from aebench.reports.record import PlanInfo
from aebench.reports.record.bounds import MOST_CELLS, MOST_EVENTS

# Of contenders, models or batch sizes.
MOST_LISTED = 1000
# A task is mostly a process of its own: more would take days.
MOST_TASKS = 10_000
# Of rounds and epochs, which leaves room in a record for what else is written of them.
MOST_MEASUREMENTS = MOST_EVENTS // 2
MOST_PROFILE_STEPS = 1000
MOST_PROFILE_BYTES = 2 * 2**30
MOST_TIME_LIMIT_SECONDS = 7 * 24 * 3600
_FLOAT_BYTES = 4


def known(what: str, asked: Sequence[str], names: Collection[str]) -> None:
    """Refuse names that aren't known."""
    for name in asked:
        if name not in names:
            raise BadInputError(f"{shortly(name)} is not a {what}: use {', '.join(names)}.")


def within(option: str, value: int | None, most: int) -> None:
    """Refuse a number that isn't from 1 to the most; None is none."""
    if value is None:
        return
    if value < 1:
        raise BadInputError(f"{option} {shortly(value)} must be at least 1.")
    if value > most:
        raise BadInputError(f"{option} {shortly(value)} must be at most {most:,}.")


def listed(option: str, values: Sequence[Any]) -> None:
    """Refuse longer lists than anything is meant for."""
    if len(values) > MOST_LISTED:
        raise BadInputError(
            f"{option} has {len(values):,} values, of which there may be {MOST_LISTED:,}: give "
            "fewer."
        )


def time_limit(seconds: float) -> None:
    """Refuse a time that isn't one to wait for."""
    if not 0 < seconds <= MOST_TIME_LIMIT_SECONDS:
        raise BadInputError(
            f"--time-limit {seconds:g} must be more than 0 seconds, and at most "
            f"{MOST_TIME_LIMIT_SECONDS:,}."
        )


def threads(asked: int | None) -> None:
    """Refuse more threads than this machine has, or can't keep to; None is all."""
    if asked is None:
        return
    within("--threads", asked, 2**50)
    if not machine.can_limit_cores():
        raise BadInputError("--threads needs CPU affinity, which this system hasn't: leave it out.")
    cores = machine.usable_cores()
    if asked > cores:
        raise BadInputError(
            f"--threads {asked} is more than the {cores} cores that this machine lets it use."
        )


def margins(different: float, same: float) -> None:
    """Refuse margins of verdicts that leave no room between them, or are none."""
    for option, share in (("--different-beyond", different), ("--same-within", same)):
        percent = 100 * share
        if not 0 <= percent < 100:
            raise BadInputError(f"{option} {percent:g} must be from 0 to 100: it is in per cent.")
    if different >= same:
        raise BadInputError(
            f"--different-beyond {100 * different:g} must be less than --same-within "
            f"{100 * same:g}, both in per cent: give both."
        )


def batch_sizes(sizes: Sequence[int], dataset: Dataset) -> None:
    """Refuse batches that don't fit into the images."""
    most = min(len(dataset.train), len(dataset.test))
    for size in sizes:
        if size < 1:
            raise BadInputError(f"--batch-size {shortly(size)} must be at least 1.")
        if size > most:
            raise BadInputError(
                f"--batch-size {shortly(size)} is larger than the data: {dataset.name} has "
                f"{len(dataset.train):,} training and {len(dataset.test):,} test images, and a "
                "batch must fit into both."
            )


def fits(plan: Plan, dataset: Dataset) -> None:
    """Refuse what is too much, or doesn't fit into the images."""
    info = plan.info
    bounded(plan)
    image_bytes = dataset.train[0].size * _FLOAT_BYTES
    traced_bytes = info.profile_steps * info.batch_size * image_bytes
    if "profile" in info.passes and traced_bytes > MOST_PROFILE_BYTES:
        raise BadInputError(
            f"--steps {info.profile_steps} of {info.batch_size:,} images are "
            f"{traced_bytes / 2**30:.1f} GiB of them, of which {MOST_PROFILE_BYTES // 2**30} can "
            "be had: give fewer."
        )
    if "quality" not in info.passes:
        return
    if info.quality_train_samples > len(dataset.train):
        raise BadInputError(
            f"the quality pass is to train on {info.quality_train_samples:,} images, of which "
            f"{dataset.name} has {len(dataset.train):,}."
        )
    if info.batch_size > info.quality_train_samples:
        raise BadInputError(
            f"--batch-size {info.batch_size} is larger than the "
            f"{info.quality_train_samples:,} images that the quality pass trains on: give "
            "--train-samples or leave the pass out."
        )


def bounded(plan: Plan) -> None:
    """Refuse a plan that would take days; its tasks are counted, not listed."""
    info = plan.info
    listed("--contender", plan.contenders)
    tasks, measurements = _counts(plan, info)
    for what, count, most in (
        ("comparisons", len(plan.contenders) * _cells(plan), MOST_CELLS),
        ("pieces", tasks, MOST_TASKS),
        ("single measurements", measurements, MOST_MEASUREMENTS),
    ):
        if count > most:
            raise BadInputError(
                f"that would be {count:,} {what}, of which there may be {most:,}: ask for "
                "fewer contenders, models, batch sizes, seeds or epochs."
            )


def _cells(plan: Plan) -> int:
    """Count the cells without listing them: a record may plan more than fit into memory."""
    return len(plan.models) * sum(len(sizes.batch_sizes) for sizes in plan.info.sizes)


def _counts(plan: Plan, info: PlanInfo) -> tuple[int, int]:
    """Count the tasks of all passes, and the rounds and epochs."""
    models = len(plan.models)
    trainings = models * len(plan.on_keras)
    tasks = {
        "parity": models * len(plan.compared),
        "speed": models * info.launches,
        "footprint": trainings * info.footprint_launches,
        "quality": trainings * len(info.seeds),
        "profile": trainings,
        "memory": trainings,
    }
    blocks = sum(len(each.batch_sizes) * each.launches * each.blocks for each in info.sizes)
    measurements = {
        "speed": models * blocks * len(plan.in_blocks),
        "quality": tasks["quality"] * info.epochs,
    }
    return (
        sum(tasks[name] for name in info.passes),
        sum(measurements.get(name, 0) for name in info.passes),
    )
