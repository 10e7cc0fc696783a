"""The plan of a record once more: checked like a request, since a record comes from anywhere."""

import shlex
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aebench import backends
from aebench.bench import workloads
from aebench.bench.data.datasets import Dataset
from aebench.bench.errors import BadInputError
from aebench.bench.models.autoencoder import parse
from aebench.bench.models.model import Model
from aebench.bench.plan import checks, contenders, settings
from aebench.bench.plan.checks import MOST_PROFILE_STEPS
from aebench.bench.plan.plan import Plan
from aebench.bench.plan.presets import PASSES, PRESETS
from aebench.bench.quoting import shortly
from aebench.bench.system import machine
from aebench.reports.record import MOST, ContenderInfo, Header, ModelInfo


def again(header: Header) -> Plan:
    """Make the plan of a record once more; nothing that it names is run or opened.

    Raises
    ------
    BadInputError
        If it can't be carried on here, or is none that this command could have made.
    """
    with _of_the_record():
        checks.listed("--model", header.models)
        _check_contenders(header.contenders)
        models = [_model(each) for each in header.models]
        plan = Plan(header.plan, models, header.contenders)
        _check_plan(plan)
    return plan


def check_images(plan: Plan, dataset: Dataset) -> None:
    """Make sure that a record's sizes fit into the images found.

    Raises
    ------
    BadInputError
        If they don't.
    """
    with _of_the_record():
        checks.batch_sizes([*plan.info.batch_sizes, plan.info.batch_size], dataset)
        checks.fits(plan, dataset)


def check_machine(header: Header) -> None:
    """Make sure that this is the machine of a record.

    Raises
    ------
    BadInputError
        If it is another.
    """
    here = machine.describe()
    was = header.machine
    if (here.processor, here.cores) != (was.processor, was.cores):
        raise BadInputError(
            f"the record was measured on {was.processor} with {was.cores} cores, this is "
            f"{here.processor} with {here.cores}: start a new run here."
        )


def programs(found: Sequence[ContenderInfo]) -> list[ContenderInfo]:
    """List the contenders of a record whose interpreters it names; others run in those too."""
    return [
        each
        for each in found
        if each.python and not (each.missing or each.control_of or each.baseline)
    ]


def command(folder: Path, found: Sequence[ContenderInfo]) -> str:
    """Write the command that carries a record of such contenders on."""
    own = programs(found)
    asked = f" {_consent(own)}" if own else ""
    return f"aebench run --resume {shlex.quote(str(folder))}{asked}"


def check_asked(plan: Plan, asked: Sequence[str]) -> None:
    """Make sure that what was asked for beside ``--resume`` is what the record runs.

    Raises
    ------
    BadInputError
        If it is something else.
    """
    own = programs(plan.contenders)
    if not asked:
        return
    if not own:
        raise BadInputError("--resume takes the plan from the record: leave out --contender.")
    if not contenders.same(asked, own):
        raise BadInputError(
            f"that isn't what the record runs: give {_consent(own)}, or leave it out to see what "
            "it runs."
        )


def check_allowed(plan: Plan, asked: Sequence[str]) -> None:
    """Make sure that the programs that a record names may be run.

    Raises
    ------
    BadInputError
        If nobody said so.
    """
    own = programs(plan.contenders)
    if own and not asked:
        raise BadInputError(
            f"to carry this record on would run what it names: if {_paths(own)} may be run, add "
            f"{_consent(own)}."
        )


def told(plan: Plan) -> str:
    """Say which programs carrying a record on would run; empty if none but this one's own."""
    own = programs(plan.contenders)
    if not own:
        return ""
    return f"Carrying it on would run {_paths(own)}; it needs {_consent(own)}."


def _paths(own: Sequence[ContenderInfo]) -> str:
    return ", ".join(dict.fromkeys(map(contenders.interpreter, own)))


def _consent(own: Sequence[ContenderInfo]) -> str:
    words = " ".join(shlex.quote(contenders.spelled(each)) for each in own)
    return f"--contender {words}"


@contextmanager
def _of_the_record() -> Iterator[None]:
    """Say of what is refused that a record says it."""
    try:
        yield
    except BadInputError as error:
        raise BadInputError(f"the record can't be carried on: {error}") from error


def _check_contenders(found: Sequence[ContenderInfo]) -> None:
    checks.listed("--contender", found)
    _once("contender", [each.name for each in found])
    pythons = {"", *(each.python for each in programs(found))}
    for each in found:
        contenders.check_known(each.backend)
        settings.check(each.backend, each.settings)
        _check_capability(each)
        if each.baseline and (each.on_keras or each.control_of or each.python not in pythons):
            raise BadInputError(f"{shortly(each.name)} is no baseline of its contenders.")
        if len(each.python) > contenders.MOST_CHARACTERS:
            raise BadInputError(
                f"an interpreter's path has more than {contenders.MOST_CHARACTERS:,} characters."
            )
    originals = {
        each.name: each for each in found if not (each.control_of or each.missing or each.baseline)
    }
    for each in found:
        if each.control_of and not _is_like(each, originals.get(each.control_of)):
            raise BadInputError(f"{shortly(each.name)} is a control of nobody.")
    if all(each.backend == backends.GEMM for each in originals.values()):
        raise BadInputError("it has no contender that can be measured.")


def _check_capability(info: ContenderInfo) -> None:
    """Refuse a contender of which the record says what isn't so of its backend here."""
    nature = ContenderInfo(info.name, info.backend, "", **contenders.capability(info.backend))
    said = (info.on_keras, info.framework, info.unsupported.keys())
    if said != (nature.on_keras, nature.framework, nature.unsupported.keys()):
        raise BadInputError(
            f"{shortly(info.name)} isn't what its backend {shortly(info.backend)} is here: the "
            "record was measured by another version of it."
        )


def _is_like(control: ContenderInfo, original: ContenderInfo | None) -> bool:
    return original is not None and all(
        getattr(control, name) == getattr(original, name)
        for name in ("backend", "python", "settings", "version", "missing")
    )


def _model(info: ModelInfo) -> Model:
    model = parse(info.name)
    here = model.description
    said = (info.name, info.where, info.function, info.build_parameters)
    if said != (here.name, here.where, here.function, here.parameters):
        raise BadInputError(f"{shortly(info.name)} is another autoencoder here.")
    return model


def _check_plan(plan: Plan) -> None:
    info = plan.info
    checks.known("preset", [info.preset], PRESETS)
    checks.known("pass", info.passes, PASSES)
    checks.known("workload", info.workloads, workloads.names())
    listed: list[tuple[str, Sequence[Hashable]]] = [
        ("model", [each.name for each in plan.models]),
        ("pass", info.passes),
        ("workload", info.workloads),
        *(("batch size", sizes.batch_sizes) for sizes in info.sizes),
    ]
    for what, values in listed:
        checks.listed(f"--{what}", values)
        _once(what, values)
    _once("seed", info.seeds)
    checks.within("--seeds", len(info.seeds), MOST)
    if not all(0 <= seed < MOST for seed in info.seeds):
        raise BadInputError(f"seeds must be from 0 to {MOST - 1:,}.")
    able = [
        each.name for each in plan.running if each.backend != backends.GEMM and not each.baseline
    ]
    if info.reference not in able:
        raise BadInputError(f"its reference {shortly(info.reference)} is not among its contenders.")
    checks.within("--epochs", info.epochs, MOST)
    checks.within("--steps", info.profile_steps, MOST_PROFILE_STEPS)
    checks.threads(info.threads or None)
    checks.margins(info.different, info.same)
    checks.bounded(plan)


def _once(what: str, values: Sequence[Hashable]) -> None:
    """Refuse a list that is empty, or holds something twice."""
    if not values:
        raise BadInputError(f"it has no {what}.")
    if len(set(values)) < len(values):
        raise BadInputError(f"it has a {what} twice.")
