"""The commands that measure. Heavy imports wait inside them, so that --help is quick."""

from typing import Annotated, Any

import typer

from aebench.bench.cli import options
from aebench.bench.cli.exit_codes import CODES, FAILURES, OK, TOO_NOISY
from aebench.bench.cli.report import summarise, write_beside
from aebench.bench.errors import BadInputError
from aebench.bench.plan.presets import PASSES, PRESETS, WORKLOADS


def run(
    context: typer.Context,
    preset: Annotated[str, typer.Option(help=f"{', '.join(PRESETS)} (see: list).")] = "quick",
    contender: options.Contenders = None,
    model: options.Models = None,
    workload: Annotated[list[str] | None, typer.Option(help=f"{', '.join(WORKLOADS)}.")] = None,
    passes: Annotated[
        list[str] | None,
        typer.Option(
            "--pass",
            help=f"{', '.join(PASSES)}; parity comes with speed.",
        ),
    ] = None,
    batch_size: Annotated[
        list[int] | None,
        typer.Option(help="Batch sizes of the speed pass; the other passes use the first."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of the quality pass.")] = None,
    seeds: Annotated[int | None, typer.Option(help="Seeds of the quality pass.")] = None,
    train_samples: options.TrainSamples = None,
    threads: Annotated[
        int | None, typer.Option(help="Cores that each contender may use; all if left out.")
    ] = None,
    baselines: Annotated[
        bool | None,
        typer.Option(
            help="Measure the frameworks without Keras, and matrix products alone, beside them; "
            f"on in {', '.join(name for name in PRESETS if PRESETS[name].baselines)}."
        ),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="The contender that the others are compared with.")
    ] = None,
    different_beyond: Annotated[
        float,
        typer.Option(metavar="PERCENT", help="Faster or slower from this difference on."),
    ] = 1.0,
    same_within: Annotated[
        float, typer.Option(metavar="PERCENT", help="The same up to this difference.")
    ] = 3.0,
    data: options.Data = "auto",
    out: options.Out = None,
    resume: options.Resume = None,
    report: options.Report = False,
    time_limit: options.TimeLimit = 600.0,
    dry_run: options.DryRun = False,
) -> int:
    """Measure, and keep a record.

    Options that take several values take them one after the other (--backend jax torch), with
    commas, or by repeating the option.
    """
    from aebench.bench.cli.run_command import RunOptions, measure
    from aebench.bench.plan.request import Request

    if resume:
        options.refuse_beside_resume(context)
    request = Request(
        preset=preset,
        backends=contender or (),
        models=model or (),
        workloads=workload or (),
        passes=passes or (),
        batch_sizes=batch_size or (),
        epochs=epochs,
        seeds=seeds,
        train_samples=train_samples,
        threads=threads,
        reference=reference,
        different=different_beyond / 100,
        same=same_within / 100,
        baselines=baselines,
    )
    outcome, folder = measure(request, preset, RunOptions(data, out, resume, time_limit, dry_run))
    if folder and report:
        write_beside(folder)
    return CODES[outcome]


def parity(
    context: typer.Context,
    contender: options.Contenders = None,
    model: options.Models = None,
    baselines: Annotated[
        bool, typer.Option(help="Compare the frameworks without Keras too.")
    ] = False,
    data: options.Data = "auto",
    out: options.Out = None,
    resume: options.Resume = None,
    time_limit: options.TimeLimit = 600.0,
    dry_run: options.DryRun = False,
) -> int:
    """Show whether contenders are the same model: each beside a float64 reference.

    The same is part of every run that measures speed. Ends with exit code 1 if one differs.
    """
    from aebench.bench.cli.run_command import RunOptions, measure
    from aebench.bench.plan.request import Request

    if resume:
        options.refuse_beside_resume(context)
    request = Request(
        backends=contender or (),
        models=model or (),
        passes=("parity",),
        baselines=baselines,
    )
    outcome, folder = measure(request, "parity", RunOptions(data, out, resume, time_limit, dry_run))
    if outcome != "complete" or not folder:
        return CODES[outcome]
    return FAILURES if any(row.differs for row in summarise([folder]).parity) else OK


def selfcheck(
    context: typer.Context,
    preset: Annotated[
        str, typer.Option(help="RunOptions many launches and blocks; a smaller one sees less.")
    ] = "publish",
    backend: Annotated[
        str | None,
        typer.Option("--backend", "--contender", help="With which backend; jax if it is there."),
    ] = None,
    model: Annotated[str, typer.Option(help="Of which autoencoder.")] = "ae400",
    batch_size: Annotated[int, typer.Option(help="With which batch size.")] = 32,
    data: options.Data = "auto",
    out: options.Out = None,
    resume: options.Resume = None,
    time_limit: options.TimeLimit = 600.0,
    dry_run: options.DryRun = False,
) -> int:
    """Test aebench on this machine: whether its verdicts are right where the truth is known.

    One backend trains against its A/A control, which does the same, and against one that does 5 % more
    than it reports. Ends with exit code 0 if both verdicts are right, with 3 if the machine is too
    noisy for verdicts.
    """
    from aebench.bench.cli.run_command import RunOptions, measure
    from aebench.bench.plan import selfcheck
    from aebench.bench.plan.request import Request

    if resume:
        options.refuse_beside_resume(context)
        request = Request(backends=[backend] if backend else ())
    else:
        request = selfcheck.request(backend, preset, model, batch_size)
    how = RunOptions(data, out, resume, time_limit, dry_run)
    outcome, folder = measure(request, "selfcheck", how)
    if not folder or outcome != "complete":
        return CODES[outcome]
    from aebench.reports.selfcheck import judge
    from aebench.reports.terminal import new_console, plain

    check = judge(summarise([folder]))
    if not check:
        raise BadInputError(f"{folder} is not a self-check's: use aebench run --resume for it.")
    console = new_console()
    for finding in check.findings:
        console.print(plain(finding, "bold" if finding is check.findings[-1] else ""))
    return OK if check.right else TOO_NOISY


def profile(
    context: typer.Context,
    contender: options.Contenders = None,
    model: options.Models = None,
    batch_size: options.BatchSize = 32,
    steps: Annotated[
        int, typer.Option(help="RunOptions many warm training steps are traced.")
    ] = 20,
    train_samples: options.TrainSamples = None,
    data: options.Data = "auto",
    out: options.Out = None,
    resume: options.Resume = None,
    report: options.Report = False,
    time_limit: options.TimeLimit = 600.0,
    dry_run: options.DryRun = False,
) -> int:
    """Show where the time of training steps goes, and what each backend compiles when.

    Each framework's own profiler traces warm steps inside fit. The traces are kept beside the
    record, in traces/, for ui.perfetto.dev.
    """
    from aebench.bench.cli.run_command import RunOptions
    from aebench.bench.plan.request import Request

    request = Request(
        preset="profile",
        backends=contender or (),
        models=model or (),
        passes=("profile",),
        batch_sizes=(batch_size,),
        train_samples=train_samples,
        profile_steps=steps,
    )
    how = RunOptions(data, out, resume, time_limit, dry_run)
    return _explain(context, request, "profile", how, report)


def memory(
    context: typer.Context,
    contender: options.Contenders = None,
    model: options.Models = None,
    batch_size: options.BatchSize = 32,
    train_samples: options.TrainSamples = None,
    data: options.Data = "auto",
    out: options.Out = None,
    resume: options.Resume = None,
    report: options.Report = False,
    time_limit: options.TimeLimit = 600.0,
    dry_run: options.DryRun = False,
) -> int:
    """Show what each backend holds in memory when, and whether it grows with the steps."""
    from aebench.bench.cli.run_command import RunOptions
    from aebench.bench.plan.request import Request

    request = Request(
        preset="profile",
        backends=contender or (),
        models=model or (),
        passes=("memory",),
        batch_sizes=(batch_size,),
        train_samples=train_samples,
    )
    how = RunOptions(data, out, resume, time_limit, dry_run)
    return _explain(context, request, "memory", how, report)


def _explain(context: typer.Context, request: Any, name: str, how: Any, report: bool) -> int:
    from aebench.bench.cli.run_command import measure

    if how.resume:
        options.refuse_beside_resume(context)
    outcome, folder = measure(request, name, how)
    if folder and report:
        write_beside(folder)
    return CODES[outcome]
