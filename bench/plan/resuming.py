"""Resume a record: rebuild its plan, and check it like a request.

A record may come from a stranger. Its plan is therefore checked as strictly as a command line.
"""

import shlex
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aebench import backends
from aebench.bench import workloads
from aebench.bench.data.model_data import Counts
from aebench.bench.errors import BadInputError
from aebench.bench.models import autoencoder
from aebench.bench.models.autoencoder import parse
from aebench.bench.models.model import Model
from aebench.bench.plan import capabilities, checks, model_files, settings, until
from aebench.bench.plan.checks import MOST_PROFILE_STEPS
from aebench.bench.plan.contender_texts import MOST_CHARACTERS, are_same, check_known, spelling
from aebench.bench.plan.interpreters import interpreter
from aebench.bench.plan.plan import Plan
from aebench.bench.plan.presets import PASSES, PRESETS
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.quoting import shortly
from aebench.bench.system import machine
from aebench.reports.record import MOST, ContenderInfo, Header, ModelInfo


def plan_from_header(header: Header, files: Sequence[str] = ()) -> Plan:
    """Rebuild the plan from a record's header; no program that it names is opened.

    Parameters
    ----------
    header : Header
        The record's header.
    files : sequence of str
        The paths of the users' own files that build its models, as far as they were given; see
        :mod:`aebench.bench.plan.model_files`.

    Raises
    ------
    BadInputError
        If the plan can't be measured here, or is a plan that no command line could have made.
    """
    with _blaming_the_record():
        checks.list_length("--model", header.models)
        _check_contenders(header.contenders)
        models = [_model(each, files) for each in header.models]
        plan = Plan(header.plan, models, header.contenders)
        _check_plan(plan)
    return plan


def check_samples(plan: Plan, counts: Counts) -> None:
    """Check that there are enough samples for the sizes of a record's plan.

    Raises
    ------
    BadInputError
        If there are too few.
    """
    with _blaming_the_record():
        checks.batch_sizes([*plan.info.batch_sizes, plan.info.batch_size], counts)
        checks.resources(plan, counts)


def check_timings(header: Header) -> None:
    """Check that this version times the same of each workload as the record does.

    Raises
    ------
    BadInputError
        If it doesn't: rounds of both kinds can't be compared.
    """
    for was in header.workloads:
        if was.name not in header.plan.workloads:
            continue
        now = workloads.load(was.name).timing
        if now != was.timing:
            raise BadInputError(
                f"the record times {was.name} by the {was.timing}, and this version by the {now}: "
                "measure again into a new record."
            )


def check_machine(header: Header) -> None:
    """Check that this machine has the processor and the cores of a record's machine.

    Raises
    ------
    BadInputError
        If the processor or the number of cores differs.
    """
    here = machine.describe()
    was = header.machine
    if (here.processor, here.cores) != (was.processor, was.cores):
        raise BadInputError(
            f"the record was measured on {was.processor} with {was.cores} cores, this is "
            f"{here.processor} with {here.cores}: start a new run here."
        )
    for name in was.identity.keys() | here.identity.keys() if was.identity else ():
        before, now = (each.identity.get(name, "none") for each in (was, here))
        if before != now:
            raise BadInputError(
                f"the record was measured on another machine of the name {was.processor} "
                f"({name}: {shortly(before)}, here {shortly(now)}): start a new run here."
            )


def programs(found: Sequence[ContenderInfo]) -> list[ContenderInfo]:
    """List the contenders for which a record names an interpreter.

    Controls and baselines are left out: they run in the interpreters of these contenders.
    """
    return [
        contender
        for contender in found
        if contender.python
        and not (contender.missing or contender.control_of or contender.baseline)
    ]


def command(folder: Path, found: Sequence[ContenderInfo], models: Sequence[Model] = ()) -> str:
    """Return the command line that resumes the record in a folder.

    Parameters
    ----------
    folder : Path
        The folder.
    found : sequence of ContenderInfo
        The contenders of the record.
    models : sequence of Model
        The models of the plan.
    """
    own, files = programs(found), model_files.paths(models)
    words = ["aebench run --resume", shlex.quote(str(folder))]
    words += [_consent(own)] if own else []
    words += ["--model", *map(shlex.quote, files)] if files else []
    return " ".join(words)


def check_asked(plan: Plan, asked: Sequence[str]) -> None:
    """Check that contenders given together with ``--resume`` are those of the record.

    Raises
    ------
    BadInputError
        If the given contenders differ from those of the record.
    """
    own = programs(plan.contenders)
    if not asked:
        return
    if not own:
        raise BadInputError("--resume takes the plan from the record: leave out --contender.")
    if not are_same(asked, own):
        raise BadInputError(
            f"the record runs other contenders: give {_consent(own)}, or leave --contender out."
        )


def check_allowed(plan: Plan, asked: Sequence[str]) -> None:
    """Check that the user allowed running the interpreters that a record names.

    The user allows that by giving the record's contenders together with ``--resume``. Without that
    check, a record from somebody else could run any program.

    Raises
    ------
    BadInputError
        If the user named no contenders.
    """
    own = programs(plan.contenders)
    if own and not asked:
        raise BadInputError(
            "resuming this record would run an interpreter that the record names: if "
            f"{_paths(own)} may be run, add {_consent(own)}."
        )


def describe_programs(plan: Plan) -> str:
    """Return a sentence on the interpreters that resuming the record would run.

    The text is empty if the record names no other interpreter than this one.
    """
    own = programs(plan.contenders)
    if not own:
        return ""
    return f"Resuming would run {_paths(own)}; add {_consent(own)} to allow it."


def _paths(own: Sequence[ContenderInfo]) -> str:
    return ", ".join(dict.fromkeys(map(interpreter, own)))


def _consent(own: Sequence[ContenderInfo]) -> str:
    words = " ".join(shlex.quote(spelling(contender)) for contender in own)
    return f"--contender {words}"


@contextmanager
def _blaming_the_record() -> Iterator[None]:
    """Add to the message of a BadInputError that the record is at fault, not the user's options."""
    try:
        yield
    except BadInputError as error:
        raise BadInputError(f"the record can't be resumed: {error}") from error


def _check_contenders(found: Sequence[ContenderInfo]) -> None:
    checks.list_length("--contender", found)
    _once("contender", [contender.name for contender in found])
    pythons = {"", *(contender.python for contender in programs(found))}
    for contender in found:
        check_known(contender.backend)
        settings.check(contender.backend, contender.settings)
        _check_capability(contender)
        if contender.baseline and (
            contender.on_keras or contender.control_of or contender.python not in pythons
        ):
            raise BadInputError(f"{shortly(contender.name)} is no baseline of its contenders.")
        if len(contender.python) > MOST_CHARACTERS:
            raise BadInputError(
                f"an interpreter's path has more than {MOST_CHARACTERS:,} characters."
            )
    originals = {
        contender.name: contender
        for contender in found
        if not (contender.control_of or contender.missing or contender.baseline)
    }
    for contender in found:
        if contender.control_of and not _is_like(contender, originals.get(contender.control_of)):
            raise BadInputError(f"{shortly(contender.name)} is a control of no contender.")
    if all(contender.backend == backends.GEMM for contender in originals.values()):
        raise BadInputError("it has no contender that can be measured.")


def _check_capability(info: ContenderInfo) -> None:
    """Refuse a contender whose backend supports other passes or workloads than in the record."""
    asked = ContenderSettings.from_dict(info.settings)
    capability = capabilities.capability(info.backend, asked)
    nature = ContenderInfo(info.name, info.backend, "", **capability)
    said = (info.on_keras, info.framework, info.unsupported.keys())
    if said != (nature.on_keras, nature.framework, nature.unsupported.keys()):
        raise BadInputError(
            f"the backend {shortly(info.backend)} supports here something other than the record "
            f"says of {shortly(info.name)}: the record was measured by another version of it."
        )


def _is_like(control: ContenderInfo, original: ContenderInfo | None) -> bool:
    return original is not None and all(
        getattr(control, name) == getattr(original, name)
        for name in ("backend", "python", "settings", "version", "missing")
    )


def _model(info: ModelInfo, files: Sequence[str]) -> Model:
    if model_files.is_own(info):
        return model_files.found(info, files)
    if info.where not in ("", autoencoder.__name__):
        return model_files.built_in(info)
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
    checks.usable_workloads(info.workloads)
    listed: list[tuple[str, Sequence[Hashable]]] = [
        ("model", [each.name for each in plan.models]),
        ("pass", info.passes),
        ("workload", info.workloads),
        *([("loop", info.loops)] if info.loops else []),
        *(("batch size", sizes.batch_sizes) for sizes in info.sizes),
    ]
    for what, values in listed:
        checks.list_length(f"--{what}", values)
        _once(what, values)
    _once("seed", info.seeds)
    checks.within("--seeds", len(info.seeds), MOST)
    if not all(0 <= seed < MOST for seed in info.seeds):
        raise BadInputError(f"seeds must be from 0 to {MOST - 1:,}.")
    able = [
        contender.name
        for contender in plan.running
        if contender.backend != backends.GEMM and not contender.baseline
    ]
    if info.reference not in able:
        raise BadInputError(f"its reference {shortly(info.reference)} is not among its contenders.")
    checks.round_seconds(plan.round_seconds)
    checks.within("--epochs", info.epochs, MOST)
    checks.within("--steps", info.profile_steps, MOST_PROFILE_STEPS)
    checks.loops(info.loops, info.repeats if info.loops else None)
    checks.threads(info.threads or None)
    checks.margins(info.different, info.same)
    until.check(info)
    checks.duration(plan)


def _once(what: str, values: Sequence[Hashable]) -> None:
    """Refuse an empty list, or a list with repetitions; ``what`` is the kind of its values."""
    if not values:
        raise BadInputError(f"it has no {what}.")
    if len(set(values)) < len(values):
        raise BadInputError(f"it has a {what} twice.")
