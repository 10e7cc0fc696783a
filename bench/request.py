"""What the user asked for, checked, and made into a plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import backends
from bench import contenders, machine
from bench.datasets import Dataset
from bench.definitions import parse
from bench.errors import BadInputError
from bench.plan import ORDER_SEED, Plan, blocks_of, default_reference, with_controls
from bench.presets import PASSES, PRESETS, WORKLOADS
from reports.record import DIFFERENT, MOST, SAME, ContenderInfo, PlanInfo

T = TypeVar("T")
PROFILE_STEPS, MOST_PROFILE_STEPS = 20, 1000
MOST_PROFILE_BYTES = 2 * 2**30
_FLOAT_BYTES = 4


@dataclass(frozen=True)
class Request:
    """What the user asked for; what is None or empty is the preset's.

    ``backends`` are contenders as :func:`bench.contenders.find` takes them. ``different`` and
    ``same`` are the verdicts' margins, as shares. With a ``handicap`` one more
    worker of the reference runs so large a share more steps than it reports.
    """

    preset: str = "quick"
    backends: Sequence[str] = ()
    definitions: Sequence[str] = ()
    workloads: Sequence[str] = ()
    passes: Sequence[str] = ()
    batch_sizes: Sequence[int] = ()
    epochs: int | None = None
    seeds: int | None = None
    train_samples: int | None = None
    threads: int | None = None
    reference: str | None = None
    different: float = DIFFERENT
    same: float = SAME
    handicap: float = 0.0
    yardsticks: bool | None = None
    profile_steps: int = PROFILE_STEPS


def make(request: Request, dataset: Dataset) -> Plan:
    """Check a request and fix all sizes.

    Raises
    ------
    BadInputError
        If something asked for isn't known, isn't there or can't be done with these data.
    """
    if request.preset not in PRESETS:
        raise BadInputError(f"{request.preset!r} is not a preset: use {', '.join(PRESETS)}.")
    preset = PRESETS[request.preset]
    _known("workload", request.workloads, WORKLOADS)
    _known("pass", request.passes, PASSES)
    for option, value in (
        ("--epochs", request.epochs),
        ("--seeds", request.seeds),
        ("--threads", request.threads),
        ("--steps", request.profile_steps),
    ):
        if value is not None and value < 1:
            raise BadInputError(f"{option} {value} must be at least 1.")
    if request.epochs and request.epochs > MOST:
        raise BadInputError(f"--epochs {request.epochs} must be at most {MOST:,}.")
    if request.profile_steps > MOST_PROFILE_STEPS:
        raise BadInputError(
            f"--steps {request.profile_steps} must be at most {MOST_PROFILE_STEPS:,}: a trace "
            "holds every operation of every step."
        )
    if request.threads and not machine.can_limit_cores():
        raise BadInputError("--threads needs CPU affinity, which this system hasn't: leave it out.")
    cores = machine.usable_cores()
    if request.threads and request.threads > cores:
        raise BadInputError(
            f"--threads {request.threads} is more than the {cores} cores that "
            "this machine lets it use."
        )
    _check_margins(request.different, request.same)
    batch_sizes = _unique(request.batch_sizes or preset.batch_sizes)
    _check_batch_sizes(batch_sizes, dataset)
    definitions = _unique([parse(name) for name in request.definitions or preset.definitions])
    found = contenders.find(request.backends)
    asked = set(request.passes or preset.passes)
    elsewhere = [each.name for each in found if not each.missing and not each.on_keras]
    if elsewhere and not {"speed", "parity"} & asked:
        raise BadInputError(
            f"{elsewhere[0]} takes part in parity and speed alone, and has nothing to measure in "
            f"{', '.join(sorted(asked))}: leave it out."
        )
    image_bytes = dataset.train[0].size * _FLOAT_BYTES
    traced_bytes = request.profile_steps * batch_sizes[0] * image_bytes
    if "profile" in asked and traced_bytes > MOST_PROFILE_BYTES:
        raise BadInputError(
            f"--steps {request.profile_steps} of {batch_sizes[0]:,} images are "
            f"{traced_bytes / 2**30:.1f} GiB of them, of which {MOST_PROFILE_BYTES // 2**30} can "
            "be had: give fewer."
        )
    # Nobody is ranked who isn't shown to be the same model.
    passes = [
        name for name in PASSES if name in asked | ({"parity"} if "speed" in asked else set())
    ]
    reference = _reference(request.reference, found)
    wanted = preset.yardsticks if request.yardsticks is None else request.yardsticks
    if wanted and {"speed", "parity"} & asked:
        found = [*found, *contenders.yardsticks(found)]
    found = with_controls(found, reference, request.handicap)
    train_samples = len(dataset.train)
    if request.train_samples is None and preset.quality_train_samples is not None:
        train_samples = min(train_samples, preset.quality_train_samples)
    if "quality" in passes and batch_sizes[0] > train_samples:
        raise BadInputError(
            f"--batch-size {batch_sizes[0]} is larger than the {train_samples:,} images that "
            "the quality pass trains on: give --train-samples or leave the pass out."
        )
    info = PlanInfo(
        preset=request.preset,
        passes=passes,
        workloads=_unique(request.workloads or preset.workloads),
        batch_sizes=batch_sizes,
        launches=preset.launches,
        blocks=blocks_of(request.preset, found),
        footprint_launches=preset.footprint_launches,
        quality_batch_size=batch_sizes[0],
        epochs=request.epochs or preset.epochs,
        seeds=list(range(request.seeds or preset.seeds)),
        quality_train_samples=train_samples,
        threads=request.threads or 0,
        reference=reference,
        order_seed=ORDER_SEED,
        different=request.different,
        same=request.same,
        profile_steps=request.profile_steps,
    )
    return Plan(info, definitions, found)


def _reference(asked: str | None, found: Sequence[ContenderInfo]) -> str:
    if asked is None:
        return default_reference(found)
    able = [each.name for each in found if not each.missing and each.backend != backends.GEMM]
    if asked not in able:
        raise BadInputError(
            f"--reference {asked!r} is not among the backends measured: use {', '.join(able)}."
        )
    return asked


def _unique(values: Sequence[T]) -> list[T]:
    return list(dict.fromkeys(values))


def _known(what: str, asked: Sequence[str], known: Sequence[str] | dict[str, str]) -> None:
    for name in asked:
        if name not in known:
            raise BadInputError(f"{name!r} is not a {what}: use {', '.join(known)}.")


def _check_margins(different: float, same: float) -> None:
    margins = {"--different-beyond": 100 * different, "--same-within": 100 * same}
    for option, percent in margins.items():
        if not 0 <= percent < 100:
            raise BadInputError(f"{option} {percent:g} must be from 0 to 100: it is in per cent.")
    if different >= same:
        raise BadInputError(
            f"--different-beyond {100 * different:g} must be less than --same-within "
            f"{100 * same:g}, both in per cent: give both."
        )


def _check_batch_sizes(batch_sizes: Sequence[int], dataset: Dataset) -> None:
    most = min(len(dataset.train), len(dataset.test))
    for size in batch_sizes:
        if size < 1:
            raise BadInputError(f"--batch-size {size} must be at least 1.")
        if size > most:
            raise BadInputError(
                f"--batch-size {size} is larger than the data: {dataset.name} has "
                f"{len(dataset.train):,} training and {len(dataset.test):,} test images, and a "
                "batch must fit into both."
            )
