"""What the user asked for, checked, and made into a plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from aebench import backends
from aebench.bench.data.datasets import Dataset
from aebench.bench.errors import BadInputError
from aebench.bench.models.autoencoder import parse
from aebench.bench.plan import checks, contenders
from aebench.bench.plan.checks import MOST_PROFILE_STEPS
from aebench.bench.plan.plan import ORDER_SEED, Plan, blocks_of, default_reference, with_controls
from aebench.bench.plan.presets import PASSES, PRESETS, WORKLOADS
from aebench.bench.quoting import shortly
from aebench.reports.record import DIFFERENT, MOST, SAME, ContenderInfo, PlanInfo

T = TypeVar("T")
PROFILE_STEPS = 20


@dataclass(frozen=True)
class Request:
    """What the user asked for; what is None or empty is the preset's.

    ``backends`` are contenders as :func:`aebench.bench.plan.contenders.find` takes them. ``different`` and
    ``same`` are the verdicts' margins, as shares. With a ``known_effect`` one more
    worker of the reference runs so large a share more steps than it reports.
    """

    preset: str = "quick"
    backends: Sequence[str] = ()
    models: Sequence[str] = ()
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
    known_effect: float = 0.0
    baselines: bool | None = None
    profile_steps: int = PROFILE_STEPS


def make(request: Request, dataset: Dataset, run: bool = True) -> Plan:
    """Check a request and fix all sizes.

    Parameters
    ----------
    request : Request
        What was asked for.
    dataset : Dataset
        The images.
    run : bool
        Whether contenders' interpreters may be run, to tell their versions.

    Raises
    ------
    BadInputError
        If something asked for isn't known, isn't there or can't be done with these data.
    """
    checks.known("preset", [request.preset], PRESETS)
    preset = PRESETS[request.preset]
    checks.known("workload", request.workloads, WORKLOADS)
    checks.known("pass", request.passes, PASSES)
    checks.within("--epochs", request.epochs, MOST)
    checks.within("--seeds", request.seeds, MOST)
    checks.within("--steps", request.profile_steps, MOST_PROFILE_STEPS)
    checks.threads(request.threads)
    checks.margins(request.different, request.same)
    checks.listed("--contender", request.backends)
    checks.listed("--model", request.models)
    checks.listed("--batch-size", request.batch_sizes)
    batch_sizes = _unique(request.batch_sizes or preset.batch_sizes)
    checks.batch_sizes(batch_sizes, dataset)
    models = _unique([parse(name) for name in request.models or preset.models])
    found = contenders.find(request.backends, run)
    asked = set(request.passes or preset.passes)
    elsewhere = [each.name for each in found if not each.missing and not each.on_keras]
    if elsewhere and not {"speed", "parity"} & asked:
        raise BadInputError(
            f"{elsewhere[0]} takes part in parity and speed alone, and has nothing to measure in "
            f"{', '.join(sorted(asked))}: leave it out."
        )
    checks.some_supported(found, asked, request.workloads or preset.workloads)
    # Nobody is ranked who isn't shown to be the same model.
    passes = [
        name for name in PASSES if name in asked | ({"parity"} if "speed" in asked else set())
    ]
    reference = _reference(request.reference, found)
    wanted = preset.baselines if request.baselines is None else request.baselines
    if wanted and {"speed", "parity"} & asked:
        found = [*found, *contenders.baselines(found, run)]
    found = with_controls(found, reference, request.known_effect)
    train_samples = len(dataset.train)
    if request.train_samples is None and preset.quality_train_samples is not None:
        train_samples = min(train_samples, preset.quality_train_samples)
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
    plan = Plan(info, models, found)
    checks.fits(plan, dataset)
    return plan


def _reference(asked: str | None, found: Sequence[ContenderInfo]) -> str:
    if asked is None:
        return default_reference(found)
    able = [each.name for each in found if not each.missing and each.backend != backends.GEMM]
    if asked not in able:
        raise BadInputError(
            f"--reference {shortly(asked)} is not among the backends measured: use "
            f"{', '.join(able)}."
        )
    return asked


def _unique(values: Sequence[T]) -> list[T]:
    return list(dict.fromkeys(values))
