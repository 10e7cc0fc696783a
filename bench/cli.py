"""The command ``aebench``. Heavy imports wait inside the commands, so that --help is quick."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
import typer.core

from bench.errors import BadInputError

OK, FAILURES, BAD_INPUT, TOO_NOISY, INTERRUPTED = 0, 1, 2, 3, 130
_CODES = {"complete": OK, "failures": FAILURES, "interrupted": INTERRUPTED}
_NEAREST = {"×": "x", "–": "-", "→": "->", "…": "...", "·": "-", "†": "*", "‡": "**", "≥": ">="}
_BESIDE_RESUME = ("resume", "report", "time_limit", "dry_run")

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class _ManyValues(typer.core.TyperCommand):
    """Takes several values after one option: ``--backend jax torch`` or ``--backend jax,torch``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        many = {
            flag
            for parameter in self.params
            if getattr(parameter, "multiple", False)
            for flag in parameter.opts
        }
        return super().parse_args(ctx, _spread(args, many))


def _spread(arguments: list[str], many: set[str]) -> list[str]:
    """Repeat an option before each of its values."""
    spread: list[str] = []
    option = ""
    waiting = False
    for argument in arguments:
        flag, equals, value = argument.partition("=")
        if argument.startswith("--"):
            if waiting:
                spread.append(option)
            option, waiting = (flag, True) if flag in many else ("", False)
            if not option:
                spread.append(argument)
            elif equals:
                waiting = False
                for each in value.split(","):
                    spread += [option, each]
        elif option:
            waiting = False
            for each in filter(None, argument.split(",")):
                spread += [option, each]
        else:
            spread.append(argument)
    return [*spread, option] if waiting else spread


_Data = Annotated[
    str,
    typer.Option(
        envvar="AEBENCH_DATA",
        help="auto, mnist, fashion_mnist, embedded, or the path of an .npz.",
    ),
]
_Out = Annotated[Path | None, typer.Option(help="Folder for the record; results/NAME if left out.")]
_Resume = Annotated[
    Path | None,
    typer.Option(
        metavar="RECORD", help="Measure only what is missing in a record; nothing else to give."
    ),
]
_TimeLimit = Annotated[
    float, typer.Option(help="Seconds of silence after which a worker counts as hung.")
]
_DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the plan and what it would take; do nothing.")
]


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


@app.command(cls=_ManyValues)
def run(
    context: typer.Context,
    preset: Annotated[str, typer.Option(help="quick, standard or publish (see: list).")] = "quick",
    backend: Annotated[
        list[str] | None,
        typer.Option(
            help="Which backends; all installed ones if left out. jax@PYTHON runs with another "
            "interpreter."
        ),
    ] = None,
    definition: Annotated[
        list[str] | None, typer.Option(help="Which autoencoders, such as ae400 ae800-dropout0.5.")
    ] = None,
    workload: Annotated[list[str] | None, typer.Option(help="train, predict.")] = None,
    passes: Annotated[
        list[str] | None, typer.Option("--pass", help="speed, footprint, quality.")
    ] = None,
    batch_size: Annotated[
        list[int] | None,
        typer.Option(help="Batch sizes of the speed pass; the other passes use the first."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of the quality pass.")] = None,
    seeds: Annotated[int | None, typer.Option(help="Seeds of the quality pass.")] = None,
    train_samples: Annotated[
        int | None, typer.Option(help="Use only so many training images, in every pass.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Cores that each contender may use; all if left out.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="The backend that the others are compared with.")
    ] = None,
    different_beyond: Annotated[
        float,
        typer.Option(metavar="PERCENT", help="Faster or slower from this difference on."),
    ] = 1.0,
    same_within: Annotated[
        float, typer.Option(metavar="PERCENT", help="The same up to this difference.")
    ] = 3.0,
    data: _Data = "auto",
    out: _Out = None,
    resume: _Resume = None,
    report: Annotated[
        bool, typer.Option("--report", help="Write the Markdown report beside the record too.")
    ] = False,
    time_limit: _TimeLimit = 600.0,
    dry_run: _DryRun = False,
) -> int:
    """Measure, and keep a record.

    Options that take several values take them one after the other (--backend jax torch), with
    commas, or by repeating the option.
    """
    from bench.plan import Request

    if resume:
        _refuse_beside_resume(context)
    request = Request(
        preset=preset,
        backends=backend or (),
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
    )
    outcome, folder = _measure(request, preset, data, out, resume, time_limit, dry_run)
    if folder and report:
        from reports.terminal import new_console

        _write_report([folder], folder / "report", new_console())
    return _CODES[outcome]


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
    data: _Data = "auto",
    out: _Out = None,
    resume: _Resume = None,
    time_limit: _TimeLimit = 600.0,
    dry_run: _DryRun = False,
) -> int:
    """Test aebench on this machine: whether its verdicts are right where the truth is known.

    One backend trains against its twin, which does the same, and against one that does 5 % more
    than it reports. Ends with exit code 0 if both verdicts are right, with 3 if the machine is too
    noisy for verdicts.
    """
    from bench import selfcheck
    from bench.plan import Request

    if resume:
        _refuse_beside_resume(context)
        request = Request()
    else:
        request = selfcheck.request(backend, preset, definition, batch_size)
    outcome, folder = _measure(request, "selfcheck", data, out, resume, time_limit, dry_run)
    if not folder or outcome != "complete":
        return _CODES[outcome]
    from reports.selfcheck import judge
    from reports.terminal import new_console, plain

    check = judge(_summarise([folder])[0])
    if not check:
        raise BadInputError(f"{folder} is not a self-check's: use aebench run --resume for it.")
    console = new_console()
    for finding in check.findings:
        console.print(plain(finding, "bold" if finding is check.findings[-1] else ""))
    return OK if check.right else TOO_NOISY


def _measure(
    request: Any,
    name: str,
    data: str,
    out: Path | None,
    resume: Path | None,
    time_limit: float,
    dry_run: bool,
) -> tuple[str, Path | None]:
    """Measure what is asked for, or what a record lacks; tell the outcome, and in which folder."""
    from bench import campaign, datasets, planned
    from bench.estimate import pace_here
    from bench.plan import again, make
    from reports.journal import load
    from reports.terminal import new_console

    console = new_console()
    if time_limit <= 0:
        raise BadInputError(f"--time-limit {time_limit:g} must be more than 0 seconds.")
    if resume:
        with _refusing_bad_records():
            begun = load(resume)
        folder = resume if resume.is_dir() else resume.parent
        plan = again(begun.header)
        units = campaign.missing(plan, begun)
        if not units:
            print("Nothing is missing.")
            return "complete", folder
    with datasets.scratch_folder() as scratch_path:
        scratch = Path(scratch_path)
        if resume:
            dataset = datasets.load_again(begun.header.data, scratch)
        else:
            dataset = datasets.load(data, request.train_samples, scratch)
            plan = make(request, dataset)
            units = plan.units()
            folder = out or planned.new_folder(name)
            campaign.check_folder(folder)
        pace = pace_here() if dry_run else None
        planned.show(console, plan, dataset, units, pace)
        if pace is not None:
            if not resume:
                planned.show_presets(console, request, dataset, pace)
            return "complete", None
        command = ["aebench", *sys.argv[1:]]
        setting = campaign.Setting(dataset, command, scratch, console, time_limit)
        if resume:
            outcome = campaign.resume(plan, setting, resume)
        else:
            outcome = campaign.run(plan, setting, folder)
    # Each pass's tables were shown when it ended: all of them, if all was measured just now.
    shown = outcome == "complete" and not resume
    planned.show_end(console, folder / "record.jsonl", outcome, shown)
    return outcome, folder


def _refuse_beside_resume(context: typer.Context) -> None:
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in _BESIDE_RESUME and source and source.name == "COMMANDLINE":
            option = "--pass" if name == "passes" else "--" + name.replace("_", "-")
            raise BadInputError(f"--resume takes the plan from the record: leave out {option}.")


_Records = Annotated[
    list[Path],
    typer.Argument(
        metavar="RECORD...",
        help="A record.jsonl, the folder that holds it, or a folder of such folders; several are "
        "shown side by side.",
    ),
]


@app.command()
def show(
    records: _Records,
    json: Annotated[bool, typer.Option("--json", help="Everything shown, as JSON.")] = False,
) -> int:
    """Show the tables of a record again."""
    summary, _ = _summarise(records)
    if json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(summary)).decode())
        return OK
    from reports.terminal import new_console, render_summary

    new_console().print(render_summary(summary))
    return OK


@app.command()
def report(
    records: _Records,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder; report/ beside the first if left out."),
    ] = None,
) -> int:
    """Write the Markdown report and its figures."""
    from reports.terminal import new_console

    first = records[0] if records[0].is_dir() else records[0].parent
    _write_report(records, out or first / "report", new_console())
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


@contextlib.contextmanager
def _refusing_bad_records() -> Iterator[None]:
    from reports.journal import RecordError

    try:
        yield
    except RecordError as error:
        raise BadInputError(str(error)) from error


def _summarise(paths: list[Path]) -> tuple[Any, list[Path]]:
    """Summarise records side by side; tell where they are."""
    from reports.journal import load, record_paths
    from reports.summary import summarise

    with _refusing_bad_records():
        found = record_paths(paths)
        return summarise(*map(load, found)), found


def _write_report(records: list[Path], folder: Path, console: Any) -> None:
    from reports import markdown
    from reports.terminal import plain

    summary, paths = _summarise(records)
    try:
        target = markdown.write(summary, folder, [path.as_posix() for path in paths])
    except OSError as error:
        raise BadInputError(f"{folder} can't be written: {error.strerror}.") from error
    console.print(plain(f"Report: {target}"), soft_wrap=True)


def main() -> NoReturn:
    """Run the command; every error of the user's is one sentence and exit code 2."""
    _print_what_can_be_printed()
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


def _print_what_can_be_printed() -> None:
    """Replace what a locale without UTF-8 can't show by what comes near it."""
    import codecs

    def nearest(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        text = error.object[error.start : error.end]
        return "".join(_NEAREST.get(each, "?") for each in text), error.end

    codecs.register_error("nearest", nearest)
    for stream in (sys.stdout, sys.stderr):
        unable = stream.encoding.lower().replace("-", "") != "utf8"
        if unable and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="nearest")


def _refuse(sentence: str) -> NoReturn:
    print(f"aebench: {sentence}", file=sys.stderr)
    sys.exit(BAD_INPUT)
