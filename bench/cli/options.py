"""The options of all commands: spellings, values and help, defined in one place."""

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aebench import backends
from aebench.bench import workloads
from aebench.bench.data.choices import DATA
from aebench.bench.errors import BadInputError
from aebench.bench.models.autoencoder import TABLE
from aebench.bench.models.catalogue import BUILT_IN
from aebench.bench.plan.parameters import GRID, RUN_AXES, VARY
from aebench.bench.plan.presets import (
    BATCH_SIZE_SYNTAX,
    MOST_LAUNCHES,
    PASSES,
    PRESETS,
    ROUND_SECONDS,
    UNTIL_SYNTAX,
)
from aebench.bench.plan.settings import WORDS, split_contenders
from aebench.bench.protocol.loops import ALL, LOOPS, REPEATS
from aebench.bench.quoting import shortly

# The values of a command line's options and arguments, by name. Options left out have no entry.
Given = dict[str, Any]

DEFAULT_TIME_LIMIT_SECONDS = 600.0
DEFAULT_MARGIN_PERCENT = (1.0, 3.0)
# The options that may be given with --resume: they don't contradict the plan of the record.
_BESIDE_RESUME = (
    *("resume", "report", "time_limit", "dry_run", "contender", "model"),
    *("fresh_parity", "quiet", "json"),
)

_CONTENDERS = ("all", *backends.built_in_names())
_LANGUAGES = ("en", "fr")
SHELLS = ("bash", "zsh", "tcsh")


@dataclass(frozen=True)
class Option:
    """One option or argument of a command.

    Parameters
    ----------
    flags : tuple of str
        Spellings, the first of which messages use; a name without dashes is an argument.
    help : str
        The help text; a literal percent sign is doubled.
    keywords : dict
        Further keywords of :meth:`argparse.ArgumentParser.add_argument`.
    values : sequence of str
        Words that shell completion offers; the parser itself accepts others.
    path : str
        ``file`` or ``directory`` where shell completion offers paths, else empty.
    """

    flags: tuple[str, ...]
    help: str
    keywords: dict[str, Any] = field(default_factory=dict)
    values: Sequence[str] = ()
    path: str = ""

    @property
    def name(self) -> str:
        """Return the option's name without dashes, as files write it; empty for an argument."""
        return next((flag[2:] for flag in self.flags if flag.startswith("--")), "")

    @property
    def destination(self) -> str:
        """Return the name under which the parser keeps the option's values."""
        return str(self.keywords.get("dest", self.name.replace("-", "_")))

    @property
    def is_several(self) -> bool:
        """Return whether the option takes several values."""
        return self.keywords.get("nargs") == "+"

    @property
    def is_flag(self) -> bool:
        """Return whether the option takes no value: it is there or not."""
        return self.keywords.get("action") == "store_true"

    @property
    def is_switch(self) -> bool:
        """Return whether the option takes no value, and has an opposite that begins with no-."""
        return self.keywords.get("action") is argparse.BooleanOptionalAction


class _Extend(argparse.Action):
    """Collect all values of an option that is given several times, or with several values."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        earlier = getattr(namespace, self.dest, [])
        setattr(namespace, self.dest, [*earlier, *(value for group in values for value in group)])


def _word(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("'' is empty: give a value, or leave the option out")
    return text


def _words(text: str) -> list[str]:
    """Split a text at its commas; refuse an empty text."""
    return [_word(word) for word in text.split(",") if word] or [_word("")]


def sizes(text: str) -> list[str]:
    """Split batch sizes at the commas between them."""
    return _words(text)


def _whole(text: str) -> list[str]:
    """Return a text in whole: its commas separate values of its own."""
    return [_word(text)]


def _contenders(text: str) -> list[str]:
    """Split contenders at the commas between them, not at those between settings of a contender."""
    return split_contenders(text) or [_word("")]


def whole_number(text: str) -> int:
    """Convert a word to a whole number.

    Raises
    ------
    argparse.ArgumentTypeError
        If the word is not a whole number.
    """
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{shortly(text)} is not a whole number") from None


def number(text: str) -> float:
    """Convert a word to a number; raise ArgumentTypeError if it is none."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{shortly(text)} is not a number") from None


def numbers(text: str) -> list[float]:
    """Split a text at its commas into numbers."""
    return [number(word) for word in _words(text)]


def _several(kind: Callable[[str], list[Any]], metavar: str) -> dict[str, Any]:
    return {"nargs": "+", "action": _Extend, "type": kind, "metavar": metavar}


_ONE_NUMBER = {"type": whole_number, "metavar": "N"}
_FLAG = {"action": "store_true"}
_PATH = {"type": Path}
_RECORDS = "A record.jsonl, the folder that holds one, a folder of such folders, or a report's"
_MODEL_NAMES = "An autoencoder by name, such as ae400 or ae800-dropout0.5"
_DATA_NAMES = f"{', '.join(DATA)}, or the path of an .npz file"
_WITH_BASELINES = ", ".join(name for name in PRESETS if PRESETS[name].baselines)

# The options by the names that the table of commands uses. A word after a dot names a variant.
OPTIONS = {
    "preset": Option(
        ("--preset",),
        f"{', '.join(PRESETS)} (default: quick); aebench list shows their sizes.",
        {"metavar": "NAME", "type": _word},
        values=tuple(PRESETS),
    ),
    "preset.selfcheck": Option(
        ("--preset",),
        "The preset whose launches and blocks are measured (default: publish). "
        "Fewer of them detect only larger differences.",
        {"metavar": "NAME", "type": _word},
        values=tuple(PRESETS),
    ),
    "contender": Option(
        ("--contender", "--backend"),
        "What is compared, as BACKEND[:SETTING,...][@PYTHON]. If left out, or all: "
        f"{', '.join(backends.default_names())}, as far as installed. "
        f"BACKEND is {', '.join(backends.built_in_names())}. SETTING is {WORDS}. "
        "PYTHON is the path of another interpreter.",
        _several(_contenders, "CONTENDER"),
        values=_CONTENDERS,
    ),
    "contenders": Option(
        ("contenders",),
        "Two contenders as --contender of aebench run takes them, such as torch torch:jit, or one "
        "with --versions or --checkout.",
        {"nargs": "+", "type": _word, "metavar": "CONTENDER"},
        values=backends.built_in_names(),
    ),
    "versions": Option(
        ("--versions",),
        "Two versions of a package, such as keras==3.14.1 keras==3.15.1; commas join packages. "
        "Environments with them are made by uv, else by pip, and kept in the cache.",
        {"nargs": "+", "type": _word, "metavar": "VERSIONS"},
    ),
    "checkout": Option(
        ("--checkout",),
        "Two commits of a package's git repository, as PATH@REVISION, or PATH for its files as "
        "they are.",
        {"nargs": "+", "type": _word, "metavar": "CHECKOUT", "dest": "checkouts"},
        path="directory",
    ),
    "base": Option(
        ("base",),
        f"What there was. {_RECORDS.split(', or')[0]}; several records are repetitions.",
        {**_PATH, "metavar": "BASE"},
        path="file",
    ),
    "new": Option(("new",), "What is new, likewise.", {**_PATH, "metavar": "NEW"}, path="file"),
    "history": Option(
        ("--history",),
        "Further records of this machine: runs of one question tell how runs differ here.",
        _several(lambda text: [Path(_word(text))], "RECORD"),
        path="directory",
    ),
    "fail-if": Option(
        ("--fail-if",),
        "A rule, or several: QUANTITY, or 'QUANTITY > NUMBER %%', or 'QUANTITY < -NUMBER %%'. "
        "QUANTITY is time, peak (memory), start (cold), loss or parity; 'time of train/*/32/jax' "
        "takes some cells. Without a number, the noise floor counts for a time.",
        {**_several(_whole, "RULE"), "dest": "fail_if"},
    ),
    "folders": Option(
        ("folders",),
        "Folders of records.",
        {**_PATH, "nargs": "+", "metavar": "FOLDER"},
        path="directory",
    ),
    "cell": Option(
        ("--cell",),
        "A shell pattern of what is shown, such as 'train/*/32/jax' or 'ae400/*'.",
        {"metavar": "PATTERN", "type": _word},
    ),
    "seconds": Option(
        ("--seconds",), "Show the seconds of each machine too where there are ratios.", _FLAG
    ),
    "out.history": Option(
        ("-o", "--out"),
        "Folder for a page with plots, history.html.",
        {**_PATH, "metavar": "FOLDER"},
        path="directory",
    ),
    "keep": Option(
        ("--keep",), "Records of each question that stay, the newest (default: 10).", _ONE_NUMBER
    ),
    "all": Option(("--all",), "Show what is the same, too, and what can't be compared.", _FLAG),
    "confirm": Option(
        ("--confirm",), "Measure what fails again, in fresh launches, before it fails.", _FLAG
    ),
    "format": Option(
        ("--format",),
        "markdown, json, junit, github (annotations) or bmf (Bencher's), in place of tables.",
        {"metavar": "FORMAT", "type": _word},
        values=("markdown", "json", "junit", "github", "bmf"),
    ),
    "contender.one": Option(
        ("contender",),
        "The contender, without an interpreter, such as jax or torch:jit.",
        {"type": _word, "metavar": "CONTENDER"},
        values=backends.NAMES,
    ),
    "good": Option(
        ("--good",),
        "What is fast: PACKAGE==VERSION, or PATH@REVISION of a package's git repository.",
        {"type": _word, "metavar": "WHAT", "required": True},
    ),
    "bad": Option(
        ("--bad",),
        "What is slow, of the same package.",
        {"type": _word, "metavar": "WHAT", "required": True},
    ),
    "out.bisect": Option(
        ("-o", "--out"),
        "Folder for the records of all steps; results/NAME if left out.",
        {**_PATH, "metavar": "FOLDER"},
        path="directory",
    ),
    "contender.tune": Option(
        ("--contender", "--backend"),
        "The contender to tune, without an interpreter, such as tensorflow or torch:jit.",
        {"metavar": "CONTENDER", "type": _word, "required": True},
        values=backends.NAMES,
    ),
    "minutes": Option(
        ("--minutes",),
        "The time to aim at (default: 10). A race and a comparison are measured in any case.",
        _ONE_NUMBER,
    ),
    "out.tune": Option(
        ("-o", "--out"),
        "Folder for the records of the races; results/NAME if left out.",
        {**_PATH, "metavar": "FOLDER"},
        path="directory",
    ),
    "contender.selfcheck": Option(
        ("--contender", "--backend"),
        "The backend to check (default: jax where it is installed).",
        {"metavar": "BACKEND", "type": _word},
        values=backends.NAMES,
    ),
    "model": Option(
        ("--model",),
        f"{_MODEL_NAMES}; another built-in model ({', '.join([*BUILT_IN][1:])}); or a model of "
        "yours: FILE.py, FILE.py:FUNCTION, PACKAGE.MODULE:FUNCTION, SAVED.keras. Its code runs in "
        "the measuring processes.",
        _several(_words, "MODEL"),
        values=(*TABLE, *[*BUILT_IN][1:]),
    ),
    "models": Option(
        ("models",),
        "FILE.py, FILE.py:FUNCTION, PACKAGE.MODULE:FUNCTION, SAVED.keras, or a built-in model.",
        {"nargs": "+", "type": _word, "metavar": "MODEL"},
        values=(*BUILT_IN,),
        path="file",
    ),
    "set": Option(
        ("--set",),
        "Values of parameters of build(), as NAME=VALUE[,VALUE...]: a model for each combination. "
        f"The names {', '.join(RUN_AXES)} are the run's: batch sizes, cores, and steps in a call.",
        {**_several(_whole, "NAME=VALUES"), "dest": "sets"},
    ),
    "vary": Option(
        ("--vary",),
        f"How --set combines values: {' or '.join(VARY)} (default: {GRID}).",
        {"metavar": "HOW", "type": _word},
        values=VARY,
    ),
    "model.selfcheck": Option(
        ("--model",),
        f"{_MODEL_NAMES} (default: ae400).",
        {"metavar": "MODEL", "type": _word},
        values=tuple(TABLE),
    ),
    "workload": Option(
        ("--workload",),
        f"{', '.join(workloads.names())}.",
        _several(_words, "WORKLOAD"),
        values=tuple(workloads.names()),
    ),
    "passes": Option(
        ("--pass",),
        f"{', '.join(PASSES)}. The speed pass includes the parity pass.",
        {**_several(_words, "PASS"), "dest": "passes"},
        values=PASSES,
    ),
    "batch-size": Option(
        ("--batch-size",),
        f"Batch sizes of the speed pass: {BATCH_SIZE_SYNTAX}. The other passes use the first.",
        _several(sizes, "N"),
    ),
    "launches": Option(
        ("--launches",),
        "Launches of the speed pass: how often all workers start anew. One launch gives no "
        "intervals.",
        _ONE_NUMBER,
    ),
    "until": Option(
        ("--until",),
        f"Start launches until enough is known: {UNTIL_SYNTAX.replace('%', '%%')}. --launches is "
        f"then the most that a cell may have (default: {MOST_LAUNCHES}).",
        {"metavar": "RULE", "type": _word},
        values=("decided", "3%"),
    ),
    "blocks": Option(("--blocks",), "Blocks in a launch of the speed pass.", _ONE_NUMBER),
    "round-seconds": Option(
        ("--round-seconds",),
        f"About how long a round takes (default: {ROUND_SECONDS:g}), a rung's half of it; of "
        "shorter ones, what begins and ends them is a larger part.",
        {"metavar": "S", "type": number},
    ),
    "batch-size.one": Option(("--batch-size",), "Samples in a step (default: 32).", _ONE_NUMBER),
    "steps": Option(
        ("--steps",), "Number of warm training steps to trace (default: 20).", _ONE_NUMBER
    ),
    "loop": Option(
        ("--loop",),
        f"What is repeated to see whether memory grows: {', '.join(LOOPS)}, or {ALL}.",
        {**_several(_words, "LOOP"), "dest": "loops"},
        values=(*LOOPS, ALL),
    ),
    "repeats": Option(
        ("--repeats",),
        f"Repeats of each loop (default: {REPEATS}); more see a slower growth.",
        _ONE_NUMBER,
    ),
    "epochs": Option(("--epochs",), "Epochs of the quality pass.", _ONE_NUMBER),
    "seeds": Option(("--seeds",), "Number of seeds in the quality pass.", _ONE_NUMBER),
    "train-samples": Option(
        ("--train-samples",), "Number of training samples that every pass uses.", _ONE_NUMBER
    ),
    "threads": Option(
        ("--threads",),
        "Number of cores that each contender may use; all cores if left out.",
        _ONE_NUMBER,
    ),
    "baselines": Option(
        ("--baselines",),
        "Measure the frameworks without Keras, and matrix products alone, beside the contenders "
        f"(default: only in {_WITH_BASELINES}).",
        {"action": argparse.BooleanOptionalAction},
    ),
    "reference": Option(
        ("--reference",),
        "The contender with which the others are compared.",
        {"metavar": "CONTENDER", "type": _word},
        values=backends.built_in_names(),
    ),
    "margin": Option(
        ("--margin",),
        "The difference that matters: a contender is faster or slower if its whole interval is "
        "beyond this, else the same if its whole interval is within it. Two numbers, such as "
        f"{' '.join(f'{each:g}' for each in DEFAULT_MARGIN_PERCENT)} (the default), let it be the "
        "same within the second.",
        _several(numbers, "PERCENT"),
    ),
    "study": Option(
        ("study",),
        "A file in TOML that holds options by their names. Options beside it count more.",
        # Without a default of its own argparse would pass the text of argparse.SUPPRESS on.
        {**_PATH, "nargs": "?", "metavar": "STUDY", "default": None},
        path="file",
    ),
    "write": Option(
        ("--write",),
        "With --dry-run: write the options into this file, which aebench run FILE takes.",
        {**_PATH, "metavar": "FILE"},
        path="file",
    ),
    "data": Option(
        ("--data",),
        f"{_DATA_NAMES} (default: $AEBENCH_DATA, or auto).",
        {"metavar": "DATA"},
        values=DATA,
    ),
    "out": Option(
        ("-o", "--out"),
        "Folder for the record; results/NAME if left out.",
        {**_PATH, "metavar": "FOLDER"},
        path="directory",
    ),
    "out.report": Option(
        ("-o", "--out"),
        "Folder for the report; report/ beside the first record if left out.",
        {**_PATH, "metavar": "FOLDER"},
        path="directory",
    ),
    "out.site": Option(
        ("-o", "--out"),
        "Folder for the site, which any web host can serve (default: site).",
        {**_PATH, "metavar": "FOLDER"},
        path="directory",
    ),
    "resume": Option(
        ("--resume",),
        "Measure only what this record lacks. Other options are refused, except --contender for "
        "a record that names interpreters, and --model with the path of a file of yours that "
        "builds its model.",
        {**_PATH, "metavar": "RECORD"},
        path="file",
    ),
    "report": Option(("--report",), "Write the report beside the record too.", _FLAG),
    "time-limit": Option(
        ("--time-limit",),
        "Seconds of silence after which a worker counts as hung and is ended "
        f"(default: {DEFAULT_TIME_LIMIT_SECONDS:g}).",
        {"type": number, "metavar": "SECONDS"},
    ),
    "dry-run": Option(
        ("--dry-run",), "Show the plan and an estimate of its time; measure nothing.", _FLAG
    ),
    "fresh-parity": Option(
        ("--fresh-parity",),
        "Check parity again, even where the same versions, machine, model and code were checked "
        "in an earlier run (kept in $AEBENCH_CACHE, or ~/.cache/aebench; off keeps nothing).",
        _FLAG,
    ),
    "rank-anyway": Option(
        ("--rank-anyway",),
        "Rank contenders that aren't shown to be the same model too; the tables say so.",
        _FLAG,
    ),
    "json": Option(("--json",), "Print everything that the tables show, as JSON.", _FLAG),
    "json.lines": Option(
        ("--json",),
        "Print each result as it comes, as a line of JSON, and nothing else.",
        _FLAG,
    ),
    "quiet": Option(("--quiet",), "Print the last screen alone.", _FLAG),
    "wide": Option(
        ("--wide",),
        "Show one table alone, with a column per contender: throughput, or ratio (to the "
        "reference).",
        {"metavar": "KIND", "type": _word},
        values=("throughput", "ratio"),
    ),
    "detail": Option(
        ("--detail",), "Show the tables of all cells and passes, with all notes.", _FLAG
    ),
    "language": Option(
        ("--language",),
        "Language of the answer to the first two questions: en or fr (default: en).",
        {"metavar": "LANGUAGE", "type": _word},
        values=_LANGUAGES,
    ),
    "records": Option(
        ("records",),
        f"{_RECORDS}. Several records are shown side by side.",
        {**_PATH, "nargs": "+", "metavar": "RECORD"},
        path="file",
    ),
    "published": Option(
        ("published",),
        "A folder that holds folders of reports; this project's own reports if left out.",
        # Without a default of its own argparse would pass the text of argparse.SUPPRESS on.
        {**_PATH, "nargs": "?", "metavar": "FOLDER", "default": None},
        path="directory",
    ),
    "shell": Option(("shell",), f"{', '.join(SHELLS)}.", {"metavar": "SHELL"}, values=SHELLS),
}


def data(given: Given) -> str:
    """Return the value of ``--data``, else of ``$AEBENCH_DATA``, else ``auto``."""
    return str(given.get("data") or os.environ.get("AEBENCH_DATA") or "auto")


def refuse_beside_resume(given: Given) -> None:
    """Refuse options that would contradict the plan of the record to resume.

    Raises
    ------
    BadInputError
        If such an option was given.
    """
    for name in given:
        if name not in _BESIDE_RESUME:
            option = "--pass" if name == "passes" else "--" + name.replace("_", "-")
            raise BadInputError(f"--resume takes the plan from the record: leave out {option}.")
