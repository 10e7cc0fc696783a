"""Options that several commands share, and how they are read."""

from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from aebench import backends
from aebench.bench.errors import BadInputError
from aebench.bench.plan.presets import DATA
from aebench.bench.plan.settings import WORDS

# Contenders are looked at later: they say whose interpreters may be run.
_BESIDE_RESUME = ("resume", "report", "time_limit", "dry_run", "contender", "backend")

Contenders = Annotated[
    list[str] | None,
    typer.Option(
        "--contender",
        "--backend",
        metavar="BACKEND[:SETTING,...][@PYTHON]",
        help=f"What to compare: {', '.join(backends.NAMES)}, native-jax, gemm, ...; the installed "
        f"ones of {', '.join(backends.default_names())} if left out, or all. "
        f"Settings: {WORDS}. PYTHON: another interpreter.",
    ),
]
Models = Annotated[
    list[str] | None, typer.Option(help="Which autoencoders, such as ae400 ae800-dropout0.5.")
]
Data = Annotated[
    str,
    typer.Option(
        envvar="AEBENCH_DATA",
        help=f"{', '.join(DATA)}, or the path of an .npz.",
    ),
]
BatchSize = Annotated[int, typer.Option(help="Samples per step.")]
TrainSamples = Annotated[
    int | None, typer.Option(help="Use only so many training images, in every pass.")
]
Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", help="Folder for the record; results/NAME if left out."),
]
Resume = Annotated[
    Path | None,
    typer.Option(
        metavar="RECORD",
        help="Measure only what is missing in a record; nothing else to give, but --contender "
        "where it names interpreters.",
    ),
]
Report = Annotated[bool, typer.Option("--report", help="Write the report beside the record too.")]
TimeLimit = Annotated[
    float, typer.Option(help="Seconds of silence after which a worker counts as hung.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the plan and what it would take; do nothing.")
]
Records = Annotated[
    list[Path],
    typer.Argument(
        metavar="RECORD...",
        help="A record.jsonl, the folder that holds it, or a folder of such folders; several are "
        "shown side by side.",
    ),
]


class ManyValues(typer.core.TyperCommand):
    """Takes several values after one option: ``--backend jax torch`` or ``--backend jax,torch``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat options of several values before each of them; the rest is Typer's."""
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
        if argument.startswith("--") or (argument[1:2].isalpha() and argument.startswith("-")):
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


def refuse_beside_resume(context: typer.Context) -> None:
    """Refuse what would contradict the plan of the record that is carried on."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in _BESIDE_RESUME and source and source.name == "COMMANDLINE":
            option = "--pass" if name == "passes" else "--" + name.replace("_", "-")
            raise BadInputError(f"--resume takes the plan from the record: leave out {option}.")
