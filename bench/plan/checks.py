"""Check a plan that a user asked for, or that was read from a record.

"Refuse" means: raise :class:`aebench.bench.errors.BadInputError`, with a message that says what is
wrong and what to do.
"""

from collections.abc import Collection, Sequence
from typing import Any

from aebench.bench import workloads as all_workloads
from aebench.bench.data.model_data import Counts
from aebench.bench.errors import BadInputError, refusing
from aebench.bench.plan.controls import taking_turns
from aebench.bench.plan.plan import Plan
from aebench.bench.plan.presets import LEAST_ROUND_SECONDS, MOST_ROUND_SECONDS
from aebench.bench.protocol.loops import LEAST_REPEATS, LOOPS, MOST_REPEATS
from aebench.bench.protocol.rungs import RUNGS
from aebench.bench.quoting import shortly
from aebench.bench.system import machine, proc_memory
from aebench.reports.record import ContenderInfo, PlanInfo
from aebench.reports.record.bounds import MOST_CELLS, MOST_EVENTS

# The most contenders, models or batch sizes that may be asked for.
MOST_LISTED = 1000
# Most tasks start their own process, so more than this many would take days.
MOST_TASKS = 10_000
# The most rounds and epochs together: half of the events that a record may have. The other half is
# left for events of other kinds.
MOST_MEASUREMENTS = MOST_EVENTS // 2
MOST_PROFILE_STEPS = 1000
MOST_PROFILE_BYTES = 2 * 2**30
MOST_TIME_LIMIT_SECONDS = 7 * 24 * 3600


def known(what: str, asked: Sequence[str], names: Collection[str]) -> None:
    """Refuse names that are not among the known names; ``what`` is their kind, such as ``pass``."""
    for name in asked:
        if name not in names:
            raise BadInputError(f"{shortly(name)} is not a {what}: use {', '.join(names)}.")


def usable_workloads(asked: Sequence[str]) -> None:
    """Refuse workloads that don't exist, and workloads of other packages that can't be used."""
    known("workload", asked, all_workloads.names())
    with refusing(all_workloads.WorkloadError):
        for name in asked:
            all_workloads.load(name)


def within(option: str, value: int | None, most: int) -> None:
    """Refuse a number below 1 or above ``most``; None means that the option was left out."""
    if value is None:
        return
    if value < 1:
        raise BadInputError(f"{option} {shortly(value)} must be at least 1.")
    if value > most:
        raise BadInputError(f"{option} {shortly(value)} must be at most {most:,}.")


def list_length(option: str, values: Sequence[Any]) -> None:
    """Refuse a list of more than :data:`MOST_LISTED` values."""
    if len(values) > MOST_LISTED:
        raise BadInputError(
            f"{option} has {len(values):,} values, more than the {MOST_LISTED:,} allowed: give "
            "fewer."
        )


def time_limit(seconds: float) -> None:
    """Refuse a time limit that is not above 0 seconds, or is longer than a week."""
    if not 0 < seconds <= MOST_TIME_LIMIT_SECONDS:
        raise BadInputError(
            f"--time-limit {seconds:g} must be more than 0 seconds, and at most "
            f"{MOST_TIME_LIMIT_SECONDS:,}."
        )


def threads(asked: int | None) -> None:
    """Refuse more threads than the cores of this machine, or fewer than 1.

    Any number is refused where the system can't limit cores. None means all cores and is allowed.
    """
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


def round_seconds(asked: float) -> None:
    """Refuse rounds that are too short to be timed, or take more than a minute."""
    if not LEAST_ROUND_SECONDS <= asked <= MOST_ROUND_SECONDS:
        raise BadInputError(
            f"--round-seconds {asked:g} must be from {LEAST_ROUND_SECONDS:g} to "
            f"{MOST_ROUND_SECONDS:g}."
        )


def margins(different: float, same: float) -> None:
    """Refuse margins that are not shares with 0 <= ``different`` <= ``same`` < 1."""
    for share in (different, same):
        percent = 100 * share
        if not 0 <= percent < 100:
            raise BadInputError(f"--margin {percent:g} must be from 0 to 100: it is in per cent.")
    if different > same:
        raise BadInputError(
            f"--margin {100 * different:g} {100 * same:g}: the first number, beyond which a "
            "contender is different, must be at most the second, within which it is the same."
        )


def some_supported(
    found: Sequence[ContenderInfo], passes: Collection[str], workloads: Sequence[str]
) -> None:
    """Refuse a request if no contender supports any of its passes and workloads."""
    reasons: dict[str, str] = {}
    # Parity is checked for the sake of the other passes: without them it answers nothing.
    counted = [name for name in passes if name != "parity"] or passes
    for contender in found:
        for name in () if contender.missing else counted:
            whole = contender.why_not(name)
            why_not = [whole] if whole or name != "speed" else map(contender.why_not, workloads)
            for reason in why_not:
                if not reason:
                    return
                reasons.setdefault(reason, contender.name)
    told = "; ".join(f"{name}: {reason}" for reason, name in reasons.items())
    raise BadInputError(f"no contender supports what was asked for: {told}.")


def batch_sizes(sizes: Sequence[int], counts: Counts) -> None:
    """Refuse batch sizes below 1, or above the number of training or of test samples."""
    most = min(counts.train, counts.test)
    for size in sizes:
        if size < 1:
            raise BadInputError(f"--batch-size {shortly(size)} must be at least 1.")
        if size > most:
            raise BadInputError(
                f"--batch-size {shortly(size)} is larger than the data: {counts.name} has "
                f"{counts.train:,} training and {counts.test:,} test samples, and a batch must "
                "fit into both."
            )


def resources(plan: Plan, counts: Counts) -> None:
    """Refuse a plan that takes too long, needs too much memory, or has too few samples."""
    info = plan.info
    duration(plan)
    traced_bytes = info.profile_steps * info.batch_size * counts.sample_bytes
    if "profile" in info.passes and traced_bytes > MOST_PROFILE_BYTES:
        raise BadInputError(
            f"--steps {info.profile_steps} of {info.batch_size:,} samples need "
            f"{traced_bytes / 2**30:.1f} GiB, more than the {MOST_PROFILE_BYTES // 2**30} GiB "
            "allowed: give fewer."
        )
    if "quality" not in info.passes:
        return
    if info.quality_train_samples > counts.train:
        raise BadInputError(
            f"the quality pass would train on {info.quality_train_samples:,} samples, and "
            f"{counts.name} has {counts.train:,}."
        )
    if info.batch_size > info.quality_train_samples:
        raise BadInputError(
            f"--batch-size {info.batch_size} is larger than the "
            f"{info.quality_train_samples:,} samples that the quality pass trains on: give "
            "--train-samples or leave the pass out."
        )


def loops(asked: Sequence[str], repeats: int | None) -> None:
    """Refuse loops that don't exist or can't be measured here, too few repeats and too many."""
    known("loop", asked, LOOPS)
    if repeats is not None and not asked:
        raise BadInputError("--repeats is the number of repeats of each --loop: name one.")
    if repeats is not None and repeats < LEAST_REPEATS:
        raise BadInputError(
            f"--repeats {shortly(repeats)} must be at least {LEAST_REPEATS}: fewer say nothing of "
            "growth."
        )
    within("--repeats", repeats, MOST_REPEATS)
    if not asked:
        return
    try:
        proc_memory.anonymous_bytes()
    except OSError:
        raise BadInputError(
            "this system shows no process's anonymous memory, by which --loop tells growth: leave "
            "it out."
        ) from None


def duration(plan: Plan) -> None:
    """Refuse a plan that would take days.

    The tasks are counted without listing them: a list might not fit into memory.
    """
    info = plan.info
    list_length("--contender", plan.contenders)
    tasks, measurements = _counts(plan, info)
    for what, count, most in (
        ("comparisons", len(plan.contenders) * _cells(plan), MOST_CELLS),
        ("tasks", tasks, MOST_TASKS),
        ("single measurements", measurements, MOST_MEASUREMENTS),
    ):
        if count > most:
            raise BadInputError(
                f"that would be {count:,} {what}, more than the {most:,} allowed: ask for "
                "fewer contenders, models, batch sizes, seeds or epochs."
            )


def _cells(plan: Plan) -> int:
    """Return the number of cells, computed without listing them."""
    return len(plan.models) * sum(len(sizes.batch_sizes) for sizes in plan.info.sizes)


def _counts(plan: Plan, info: PlanInfo) -> tuple[int, int]:
    """Return the number of tasks of all passes, and the number of rounds and epochs."""
    models = len(plan.models)
    trainings = models * len(plan.on_keras)
    in_full = models if info.measured_in_full is None else min(models, len(info.measured_in_full))
    tasks = {
        "parity": models * len(plan.compared),
        "speed": in_full * info.launches,
        "footprint": in_full * len(plan.on_keras) * info.footprint_launches,
        "quality": (in_full * len(plan.on_keras) + models - in_full) * len(info.seeds),
        "ladder": models * info.launches,
        "profile": trainings,
        "memory": trainings,
    }
    blocks = sum(len(size.batch_sizes) * size.launches * size.blocks for size in info.sizes)
    measurements = {
        "speed": in_full * blocks * len(taking_turns(plan.in_blocks, 0)),
        "quality": tasks["quality"] * info.epochs,
        "memory": trainings * len(info.loops) * 2 * info.repeats,
        "ladder": models * blocks * sum(map(len, RUNGS.values())) * len(plan.on_keras),
    }
    return (
        sum(tasks[name] for name in info.passes),
        sum(measurements.get(name, 0) for name in info.passes),
    )
