"""The command ``aebench``. Heavy imports wait inside the commands, so that --help is quick."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from bench import options, printing
from bench.errors import BadInputError, refusing

OK, FAILURES, BAD_INPUT, TOO_NOISY, INTERRUPTED = 0, 1, 2, 3, 130
_CODES = {"complete": OK, "failures": FAILURES, "interrupted": INTERRUPTED}

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def aebench(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> int:
    """Measure the same MNIST autoencoders on Keras 3's three backends."""
    if version:
        from importlib import metadata

        print(f"aebench {metadata.version('aebench')}")
    elif context.invoked_subcommand is None:
        print(context.get_help())
    return OK


@app.command(cls=options.ManyValues)
def run(
    context: typer.Context,
    preset: Annotated[
        str, typer.Option(help="quick, standard, publish, original or profile (see: list).")
    ] = "quick",
    contender: options.Contenders = None,
    definition: options.Definitions = None,
    workload: Annotated[list[str] | None, typer.Option(help="train, predict.")] = None,
    passes: Annotated[
        list[str] | None,
        typer.Option(
            "--pass",
            help="parity, speed (parity comes with it), footprint, quality; profile, memory.",
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
    yardsticks: Annotated[
        bool | None,
        typer.Option(
            help="Measure the frameworks without Keras, and matrix products alone, beside them; "
            "on in publish."
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
    from bench.measuring import How, measure
    from bench.request import Request

    if resume:
        options.refuse_beside_resume(context)
    request = Request(
        preset=preset,
        backends=contender or (),
        definitions=definition or (),
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
        yardsticks=yardsticks,
    )
    outcome, folder = measure(request, preset, How(data, out, resume, time_limit, dry_run))
    if folder and report:
        _report_beside(folder)
    return _CODES[outcome]


@app.command(cls=options.ManyValues)
def parity(
    context: typer.Context,
    contender: options.Contenders = None,
    definition: options.Definitions = None,
    yardsticks: Annotated[
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
    from bench.measuring import How, measure
    from bench.request import Request

    if resume:
        options.refuse_beside_resume(context)
    request = Request(
        backends=contender or (),
        definitions=definition or (),
        passes=("parity",),
        yardsticks=yardsticks,
    )
    outcome, folder = measure(request, "parity", How(data, out, resume, time_limit, dry_run))
    if outcome != "complete" or not folder:
        return _CODES[outcome]
    return FAILURES if any(row.differs for row in _summarise([folder]).parity) else OK


@app.command()
def selfcheck(
    context: typer.Context,
    preset: Annotated[
        str, typer.Option(help="How many launches and blocks; a smaller one sees less.")
    ] = "publish",
    backend: Annotated[
        str | None, typer.Option(help="With which backend; jax if it is there.")
    ] = None,
    definition: Annotated[str, typer.Option(help="Of which autoencoder.")] = "ae400",
    batch_size: Annotated[int, typer.Option(help="With which batch size.")] = 32,
    data: options.Data = "auto",
    out: options.Out = None,
    resume: options.Resume = None,
    time_limit: options.TimeLimit = 600.0,
    dry_run: options.DryRun = False,
) -> int:
    """Test aebench on this machine: whether its verdicts are right where the truth is known.

    One backend trains against its twin, which does the same, and against one that does 5 % more
    than it reports. Ends with exit code 0 if both verdicts are right, with 3 if the machine is too
    noisy for verdicts.
    """
    from bench import selfcheck
    from bench.measuring import How, measure
    from bench.request import Request

    if resume:
        options.refuse_beside_resume(context)
        request = Request()
    else:
        request = selfcheck.request(backend, preset, definition, batch_size)
    how = How(data, out, resume, time_limit, dry_run)
    outcome, folder = measure(request, "selfcheck", how)
    if not folder or outcome != "complete":
        return _CODES[outcome]
    from reports.selfcheck import judge
    from reports.terminal import new_console, plain

    check = judge(_summarise([folder]))
    if not check:
        raise BadInputError(f"{folder} is not a self-check's: use aebench run --resume for it.")
    console = new_console()
    for finding in check.findings:
        console.print(plain(finding, "bold" if finding is check.findings[-1] else ""))
    return OK if check.right else TOO_NOISY


@app.command(cls=options.ManyValues)
def profile(
    context: typer.Context,
    contender: options.Contenders = None,
    definition: options.Definitions = None,
    batch_size: options.BatchSize = 32,
    steps: Annotated[int, typer.Option(help="How many warm training steps are traced.")] = 20,
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
    from bench.measuring import How
    from bench.request import Request

    request = Request(
        preset="profile",
        backends=contender or (),
        definitions=definition or (),
        passes=("profile",),
        batch_sizes=(batch_size,),
        train_samples=train_samples,
        profile_steps=steps,
    )
    how = How(data, out, resume, time_limit, dry_run)
    return _explain(context, request, "profile", how, report)


@app.command(cls=options.ManyValues)
def memory(
    context: typer.Context,
    contender: options.Contenders = None,
    definition: options.Definitions = None,
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
    from bench.measuring import How
    from bench.request import Request

    request = Request(
        preset="profile",
        backends=contender or (),
        definitions=definition or (),
        passes=("memory",),
        batch_sizes=(batch_size,),
        train_samples=train_samples,
    )
    how = How(data, out, resume, time_limit, dry_run)
    return _explain(context, request, "memory", how, report)


def _explain(context: typer.Context, request: Any, name: str, how: Any, report: bool) -> int:
    from bench.measuring import measure

    if how.resume:
        options.refuse_beside_resume(context)
    outcome, folder = measure(request, name, how)
    if folder and report:
        _report_beside(folder)
    return _CODES[outcome]


@app.command()
def show(
    records: options.Records,
    json: Annotated[bool, typer.Option("--json", help="Everything shown, as JSON.")] = False,
) -> int:
    """Show the tables of a record again."""
    summary = _summarise(records)
    if json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(summary)).decode())
        return OK
    from reports.terminal import new_console, render_summary

    new_console().print(render_summary(summary))
    return OK


@app.command()
def report(
    records: options.Records,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder; report/ beside the first if left out."),
    ] = None,
    language: Annotated[
        str, typer.Option(help="Of the answer to the two first questions: en or fr.")
    ] = "en",
) -> int:
    """Write the report: Markdown, HTML, figures, CSV, and the records it all follows from."""
    from reports.phrases import LANGUAGES
    from reports.terminal import new_console

    if language not in LANGUAGES:
        raise BadInputError(f"--language {language!r} isn't known: use {' or '.join(LANGUAGES)}.")
    first = records[0] if records[0].is_dir() else records[0].parent
    _write_report(records, out or first / "report", new_console(), language)
    return OK


@app.command()
def site(
    published: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="Of reports; those of this suite if left out."),
    ] = None,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Folder to write, for any web host.")
    ] = Path("site"),
) -> int:
    """Build published reports into one static site, with an index."""
    from reports import site
    from reports.terminal import new_console, plain

    with _writing(out):
        index = site.build(published or site.PUBLISHED, out)
    new_console().print(plain(f"Site: {index}"), soft_wrap=True)
    return OK


@app.command(name="list")
def list_everything() -> int:
    """List definitions, backends, workloads and presets."""
    from bench.listing import render
    from reports.terminal import new_console

    new_console().print(render())
    return OK


@app.command()
def doctor() -> int:
    """Say what could make numbers wrong here, and what to do."""
    from bench.doctor import diagnose, render
    from reports.terminal import new_console

    new_console().print(render(diagnose()))
    return OK


def _summarise(paths: list[Path]) -> Any:
    """Summarise records side by side."""
    from reports.journal import RecordError, load, record_paths
    from reports.summary import summarise

    with refusing(RecordError):
        return summarise(*map(load, record_paths(paths)))


def _report_beside(folder: Path) -> None:
    from reports.terminal import new_console

    _write_report([folder], folder / "report", new_console())


def _write_report(records: list[Path], folder: Path, console: Any, language: str = "en") -> None:
    from reports import publish
    from reports.journal import record_paths

    if (folder / "record.jsonl").exists():
        raise BadInputError(f"{folder} holds a record of its own: give another -o.")
    from reports.terminal import plain

    with _writing(folder):
        written = publish.write(record_paths(records), folder, language)
    console.print(plain(f"Report: {written.readme}"), soft_wrap=True)


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Refuse records that can't be read, and a folder that can't be written."""
    from reports.journal import RecordError

    try:
        with refusing(RecordError):
            yield
    except OSError as error:
        raise BadInputError(f"{folder} can't be written: {error.strerror}.") from error


def main() -> NoReturn:
    """Run the command; every error of the user's is one sentence and exit code 2."""
    printing.prepare()
    try:
        code = app(sys.argv[1:], standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        # Nobody reads on, which Typer makes a SystemExit of; nothing shall fail at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = OK
    except BadInputError as error:
        _refuse(str(error))
    except typer.TyperException as error:
        _refuse(error.format_message())
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    sys.exit(code if isinstance(code, int) else OK)


def _refuse(sentence: str) -> NoReturn:
    print(f"aebench: {sentence}", file=sys.stderr)
    sys.exit(BAD_INPUT)
