"""The user's request, and the plan made from it after checks."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from aebench import backends
from aebench.bench import workloads
from aebench.bench.data.model_data import Counts
from aebench.bench.errors import BadInputError
from aebench.bench.models.autoencoder import parse
from aebench.bench.models.model import Model
from aebench.bench.plan import checks, contenders
from aebench.bench.plan.checks import MOST_PROFILE_STEPS
from aebench.bench.plan.contender_texts import are_same
from aebench.bench.plan.controls import with_controls
from aebench.bench.plan.parameters import GRID
from aebench.bench.plan.plan import ORDER_SEED, Plan, default_reference
from aebench.bench.plan.presets import PASSES, PRESETS, ROUND_SECONDS
from aebench.bench.plan.sizes import batch_sizes, first_batch_size, plan_sizes
from aebench.bench.plan.until import stopping_rule
from aebench.bench.protocol.loops import ALL, LOOPS, REPEATS
from aebench.bench.quoting import shortly
from aebench.reports.record import DIFFERENT, MOST, SAME, ContenderInfo, PlanInfo

T = TypeVar("T")
PROFILE_STEPS = 20


@dataclass(frozen=True)
class Request:
    """What a user asked for; a field that is None or empty takes the preset's value.

    Parameters
    ----------
    preset : str
        Name of the preset.
    backends : sequence of str
        The contenders, as :func:`aebench.bench.plan.contenders.find` reads them.
    models, workloads, passes : sequence of str
        Names of the models, workloads and passes; models also as
        :func:`aebench.bench.plan.model_refs.read` reads them.
    sets : sequence of str
        Parameters of users' models; see :func:`aebench.bench.plan.parameters.combinations`.
    vary : str
        How they are combined.
    batch_sizes : sequence of int or str
        Numbers, or words such as ``train=32``; see :func:`aebench.bench.plan.sizes.batch_sizes`.
    launches, blocks : int or None
        Numbers of launches, and of blocks in a launch, in the speed pass.
    until : str
        The rule by which cells have launches enough, of which ``launches`` are then the most; see
        :func:`aebench.bench.plan.until.stopping_rule`.
    round_seconds : float
        How long a round takes about.
    epochs, seeds : int or None
        Numbers of epochs and of seeds in the quality pass.
    train_samples : int or None
        Number of training samples that every pass uses.
    threads : int or None
        Number of cores that a contender may use; None allows all.
    reference : str or None
        Name of the contender that the others are compared with.
    different, same : float
        The verdicts' margins, as shares.
    known_effect : float
        If not 0, a known-effect control runs this share more steps than it reports.
    baselines : bool or None
        Whether baselines are measured too.
    profile_steps : int
        Number of steps that the profile pass traces.
    rank_anyway : bool
        Whether contenders are ranked too that are not shown to be the same model.
    loops : sequence of str
        Names of the loops in which the memory pass looks for growth; ``all`` stands for all.
    repeats : int or None
        Number of repeats of each loop.
    """

    preset: str = "quick"
    backends: Sequence[str] = ()
    models: Sequence[str] = ()
    workloads: Sequence[str] = ()
    passes: Sequence[str] = ()
    batch_sizes: Sequence[int | str] = ()
    launches: int | None = None
    blocks: int | None = None
    until: str = ""
    round_seconds: float = ROUND_SECONDS
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
    sets: Sequence[str] = ()
    vary: str = GRID
    rank_anyway: bool = False
    loops: Sequence[str] = ()
    repeats: int | None = None


def plan_from_request(
    request: Request, counts: Counts, models: Sequence[Model] | None = None, run: bool = True
) -> Plan:
    """Check a request, and return the plan with all sizes filled in.

    Parameters
    ----------
    request : Request
        The request.
    counts : Counts
        The numbers of samples.
    models : sequence of Model, optional
        The models that the request names, where they aren't all autoencoders.
    run : bool
        Whether the interpreters of contenders may be run to ask for their versions.

    Raises
    ------
    BadInputError
        If the request names something unknown or not installed, or doesn't fit these data.
    """
    check(request)
    preset = PRESETS[request.preset]
    names = _unique(request.workloads or preset.workloads)
    asked_sizes = batch_sizes(request.batch_sizes, names)
    for asked in asked_sizes.values():
        checks.batch_sizes(asked, counts)
    if models is None:
        models = [parse(name) for name in request.models or preset.models]
    # Not by equality: a model of a file holds a dictionary, which has no hash.
    planned = list({model.name: model for model in models}.values())
    passes = _passes(request.passes or preset.passes)
    found, reference = _contenders(request, names, passes, run)
    rule = stopping_rule(request.until, request.preset, request.launches)
    if rule and "speed" not in passes:
        raise BadInputError("--until is about the speed pass, which isn't measured: leave it out.")
    launches = rule.most_launches if rule else request.launches
    sizes = plan_sizes(preset, asked_sizes, launches, request.blocks)
    for workload_sizes in sizes:
        checks.batch_sizes(workload_sizes.batch_sizes, counts)
    train_samples = counts.train
    if request.train_samples is None and preset.quality_train_samples is not None:
        train_samples = min(train_samples, preset.quality_train_samples)
    batch_size = first_batch_size(sizes)
    # What a user names, models or passes, is measured in full.
    in_full = None
    if preset.measured_in_full is not None and not (request.models or request.passes):
        in_full = [model.name for model in planned[: preset.measured_in_full]]
    info = PlanInfo(
        preset=request.preset,
        passes=passes,
        sizes=sizes,
        footprint_launches=preset.footprint_launches,
        batch_size=batch_size,
        epochs=request.epochs
        or preset.epochs_of(train_samples, batch_size, any(model.form for model in planned)),
        seeds=list(range(request.seeds or preset.seeds)),
        quality_train_samples=train_samples,
        threads=request.threads or 0,
        reference=reference,
        order_seed=ORDER_SEED,
        different=request.different,
        same=request.same,
        profile_steps=request.profile_steps,
        measured_in_full=in_full,
        until=rule,
        rank_anyway=request.rank_anyway,
        loops=_loops(request.loops),
        repeats=request.repeats or REPEATS,
        round_seconds=request.round_seconds,
    )
    plan = Plan(info, planned, found)
    checks.resources(plan, counts)
    without = [model for model in planned if model.no_training]
    if without and not plan.tasks():
        raise BadInputError(
            f"nothing can be measured: {without[0].name} can't be trained, since "
            f"{without[0].no_training}."
        )
    return plan


def check(request: Request) -> None:
    """Refuse a request whose mistakes can be seen without its contenders and data.

    Raises
    ------
    BadInputError
        If there is one.
    """
    checks.known("preset", [request.preset], PRESETS)
    checks.usable_workloads(request.workloads)
    checks.known("pass", request.passes, PASSES)
    checks.within("--launches", request.launches, MOST)
    checks.within("--blocks", request.blocks, MOST)
    checks.round_seconds(request.round_seconds)
    checks.within("--epochs", request.epochs, MOST)
    checks.within("--seeds", request.seeds, MOST)
    checks.loops(_loops(request.loops), request.repeats)
    checks.within("--steps", request.profile_steps, MOST_PROFILE_STEPS)
    checks.within("--train-samples", request.train_samples, 2**50)
    checks.threads(request.threads)
    checks.margins(request.different, request.same)
    checks.list_length("--contender", request.backends)
    checks.list_length("--model", request.models)
    checks.list_length("--batch-size", request.batch_sizes)


def _loops(asked: Sequence[str]) -> list[str]:
    each = ([*LOOPS] if name == ALL else [name] for name in asked)
    return _unique([name for names in each for name in names])


def _passes(asked: Sequence[str]) -> list[str]:
    """Return the passes in order; add the parity pass if the speed pass is among them.

    Speed is compared only between contenders that compute the same, as the parity pass shows.
    """
    wanted = {*asked, *(["parity"] if "speed" in asked else [])}
    return [name for name in PASSES if name in wanted]


def _contenders(
    request: Request, names: Sequence[str], passes: Sequence[str], run: bool
) -> tuple[list[ContenderInfo], str]:
    """Return the contenders with their baselines and controls, and the reference's name."""
    found = contenders.find(request.backends, run)
    compares = bool({"speed", "parity"} & set(passes))
    without_keras = [
        contender.name for contender in found if not contender.missing and not contender.on_keras
    ]
    if without_keras and not compares:
        raise BadInputError(
            f"{without_keras[0]} takes part in parity and speed alone, and has nothing to measure "
            f"in {', '.join(sorted(passes))}: leave it out."
        )
    checks.some_supported(found, passes, names)
    for contender in found:
        if "threads" in contender.settings:
            checks.threads(int(contender.settings["threads"]))
    reference = _reference(request.reference, found)
    wanted = PRESETS[request.preset].baselines if request.baselines is None else request.baselines
    if wanted and compares:
        found = [*found, *contenders.baselines(found, run)]
    found = [_without_calls(contender, names) for contender in found]
    return with_controls(found, reference, request.known_effect), reference


def _without_calls(contender: ContenderInfo, names: Sequence[str]) -> ContenderInfo:
    """Mark workloads that time calls as unsupported by a contender that runs without Keras.

    Such workloads time calls of Keras. The contender is returned with the reasons.
    """
    calls = [name for name in names if workloads.load(name).timing == workloads.CALL]
    if contender.on_keras or not calls:
        return contender
    reasons = {name: f"{name} times calls of Keras, and it runs without Keras" for name in calls}
    return msgspec.structs.replace(contender, unsupported={**reasons, **contender.unsupported})


def _reference(asked: str | None, found: Sequence[ContenderInfo]) -> str:
    if asked is None:
        return default_reference(found)
    able = {
        contender.name: contender
        for contender in found
        if not contender.missing and contender.backend != backends.GEMM
    }
    if asked not in able:
        # A name is shorter than the text that asks for the contender; both are understood.
        with contextlib.suppress(BadInputError):
            same = (name for name, each in able.items() if are_same([asked], [each]))
            asked = next(same, asked)
    if asked not in able:
        raise BadInputError(
            f"--reference {shortly(asked)} is not among the contenders measured: use "
            f"{', '.join(able)}."
        )
    return asked


def _unique(values: Sequence[T]) -> list[T]:
    return list(dict.fromkeys(values))
