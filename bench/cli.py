"""The command ``aebench``. Heavy imports wait inside the commands, so that --help is quick."""

import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
import typer.core

from bench.errors import BadInputError

OK, FAILURES, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Measure the same MNIST autoencoders on Keras 3's three backends.",
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


@app.command(cls=_ManyValues)
def run(
    preset: Annotated[str, typer.Option(help="quick, standard or publish (see: list).")] = "quick",
    backend: Annotated[
        list[str] | None, typer.Option(help="Which backends; all installed ones if left out.")
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
    data: Annotated[
        str,
        typer.Option(
            envvar="AEBENCH_DATA",
            help="auto, mnist, fashion_mnist, embedded, or the path of an .npz.",
        ),
    ] = "auto",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the record; results/NAME if left out.")
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Write the Markdown report beside the record too.")
    ] = False,
    time_limit: Annotated[
        float, typer.Option(help="Seconds of silence after which a worker counts as hung.")
    ] = 600.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and what it would take; do nothing.")
    ] = False,
) -> int:
    """Measure, and keep a record.

    Options that take several values take them one after the other (--backend jax torch), with
    commas, or by repeating the option.
    """
    from bench import datasets, planned
    from bench.plan import Request, make
    from reports.terminal import new_console

    console = new_console()
    if time_limit <= 0:
        raise BadInputError(f"--time-limit {time_limit:g} must be more than 0 seconds.")
    with datasets.scratch_folder() as scratch:
        dataset = datasets.load(data, train_samples, Path(scratch))
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
        )
        plan = make(request, dataset)
        planned.show(console, plan, dataset)
        if dry_run:
            return OK
        from bench import campaign

        folder = out or planned.new_folder(preset)
        outcome = campaign.run(
            plan,
            dataset,
            folder=folder,
            command=["aebench", *sys.argv[1:]],
            scratch=Path(scratch),
            console=console,
            answer_seconds=time_limit,
        )
    planned.show_end(console, folder, outcome)
    if report:
        _write_report(folder, folder / "report", console)
    return {"complete": OK, "failures": FAILURES, "interrupted": INTERRUPTED}[outcome]


@app.command()
def show(
    record: Annotated[Path, typer.Argument(help="A record.jsonl, or the folder that holds it.")],
    json: Annotated[bool, typer.Option("--json", help="Everything shown, as JSON.")] = False,
) -> int:
    """Show the tables of a record again."""
    from reports.summary import summarise

    summary = summarise(_load(record))
    if json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(summary)).decode() + "\n")
        return OK
    from reports.terminal import new_console, render_summary

    new_console().print(render_summary(summary))
    return OK


@app.command()
def report(
    record: Annotated[Path, typer.Argument(help="A record.jsonl, or the folder that holds it.")],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder; report/ beside the record if left out."),
    ] = None,
) -> int:
    """Write the Markdown report and its figures."""
    from reports.terminal import new_console

    folder = record if record.is_dir() else record.parent
    _write_report(record, out or folder / "report", new_console())
    return OK


@app.command(name="list")
def list_everything() -> int:
    """List definitions, backends, workloads and presets."""
    from bench.listing import render
    from reports.terminal import new_console

    new_console().print(render())
    return OK


def _load(path: Path) -> Any:
    from reports.journal import RecordError, load

    try:
        return load(path)
    except RecordError as error:
        raise BadInputError(str(error)) from error


def _write_report(record: Path, folder: Path, console: Any) -> None:
    from rich.text import Text

    from reports import markdown
    from reports.summary import summarise

    file = record / "record.jsonl" if record.is_dir() else record
    summary = summarise(_load(record))
    try:
        target = markdown.write(summary, folder, file.as_posix())
    except OSError as error:
        raise BadInputError(f"{folder} can't be written: {error.strerror}.") from error
    console.print(Text(f"Report: {target}"), soft_wrap=True)


def main() -> NoReturn:
    """Run the command; every error of the user's is one sentence and exit code 2."""
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
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
