"""The table of commands, in the order of ``aebench --help``."""

from collections.abc import Callable
from dataclasses import dataclass

from aebench.bench.cli import (
    bisect,
    checking,
    compare,
    completion,
    duel,
    history,
    measure,
    overview,
    report,
    tune,
)
from aebench.bench.cli.measure import Measurement
from aebench.bench.cli.options import Given

_RECORD = ("data", "out", "resume", "time-limit", "dry-run")
_EXPLAINING = (
    "contender",
    "model",
    "set",
    "vary",
    "batch-size.one",
    "train-samples",
    *_RECORD,
    "report",
)


@dataclass(frozen=True)
class Command:
    """One command.

    Parameters
    ----------
    name : str
        The word by which the user calls the command.
    help : str
        One sentence, for the list of commands.
    handler : callable
        Runs the command with the given options; returns the exit code.
    options : tuple of str
        Names of the command's options in :data:`aebench.bench.cli.options.OPTIONS`.
    more : str
        Further sentences for the command's own help.
    """

    name: str
    help: str
    handler: Callable[[Given], int]
    options: tuple[str, ...] = ()
    more: str = ""


COMMANDS = (
    Command(
        "run",
        "Measure contenders, and keep a record.",
        Measurement(),
        (
            *("study", "preset", "contender", "model", "set", "vary", "workload", "passes"),
            *(
                "batch-size",
                "launches",
                "until",
                "blocks",
                "round-seconds",
                "epochs",
                "seeds",
                "train-samples",
            ),
            *("threads", "baselines", "reference", "margin", "fresh-parity", "rank-anyway"),
            *(*_RECORD, "write", "report", "quiet", "json.lines"),
        ),
        "Separate several values of an option by spaces (--backend jax torch) or commas, or "
        "repeat the option.",
    ),
    Command(
        "check",
        "Check that a model of yours builds, trains, predicts and agrees on every backend.",
        checking.check,
        ("models", "contender", "set", "vary", "data", "time-limit"),
        "Nothing is timed, and no record is kept. The exit code is 1 if the model fails or differs "
        "on a backend.",
    ),
    Command(
        "compare",
        "Compare two records, and fail where a rule says so.",
        compare.compare,
        ("base", "new", "history", "fail-if", "confirm", "model", "all", "format"),
        "Seconds are compared where both runs are of one machine whose own spread is known, else "
        "ratios to a contender that stayed the same. With rules the exit code is 0 if all pass, 1 "
        "if one fails, and 4 if one is undecided.",
    ),
    Command(
        "duel",
        "Compare two contenders, versions or checkouts, until it is decided which is faster.",
        duel.duel,
        (
            *("contenders", "versions", "checkout", "model", "set", "vary", "workload"),
            *(
                "batch-size",
                "launches",
                "until",
                "blocks",
                "round-seconds",
                "train-samples",
                "threads",
                "margin",
            ),
            *("fresh-parity", "data", "out", "time-limit", "dry-run", "report", "quiet"),
        ),
        "The first is what there is, the second what is new. The exit code is 0 if the second is "
        "nowhere slower, 1 if it is slower somewhere, can't be measured or isn't the same model, "
        "and 4 if a verdict is open. The last line is Markdown, for a pull request.",
    ),
    Command(
        "bisect",
        "Search the versions or commits of a package for the first that is slower.",
        bisect.bisect,
        (
            *("contender.one", "good", "bad", "model", "set", "vary", "workload", "batch-size"),
            *("launches", "until", "blocks", "round-seconds", "train-samples", "threads", "margin"),
            *("fresh-parity", "data", "out.bisect", "time-limit", "quiet"),
        ),
        "Each step is a duel with the good one. The exit code is 0 if the first slower one was "
        "found, 1 if the bad one isn't slower, and 4 if a verdict is open.",
    ),
    Command(
        "tune",
        "Search the settings of a backend for those that make a model faster.",
        tune.tune,
        (
            *("contender.tune", "minutes", "model", "set", "workload", "batch-size.one"),
            *("round-seconds", "train-samples", "threads", "margin", "fresh-parity", "data"),
            *("out.tune", "time-limit", "dry-run", "quiet"),
        ),
        "Settings that change no result race in shared blocks. The leader is compared with what "
        "there is in fresh processes, and only that is claimed. The exit code is 0 if a setting is "
        "faster or all are slower, 1 if something failed, and 4 if nothing is shown to be faster.",
    ),
    Command(
        "parity",
        "Check that contenders compute the same model, against a float64 oracle.",
        Measurement("parity", passes=("parity",), finish=measure.judge_parity),
        ("contender", "model", "set", "vary", "batch-size", "baselines", *_RECORD),
        "Every run that measures speed includes this check. The exit code is 1 if a contender "
        "differs.",
    ),
    Command(
        "selfcheck",
        "Test aebench on this machine by a comparison whose right verdicts are known.",
        measure.selfcheck,
        (
            *("preset.selfcheck", "contender.selfcheck", "model.selfcheck", "batch-size.one"),
            *("fresh-parity", *_RECORD),
        ),
        "One backend trains beside its A/A control, which does the same work, and beside a "
        "known-effect control, which does 5 % more work than it reports. The exit code is 0 if "
        "both verdicts are right, and 3 if the machine is too noisy for verdicts.",
    ),
    Command(
        "explain",
        "Show what each part adds to a step: matrix products, framework, Keras, fit.",
        Measurement("explain", preset="profile", passes=("parity", "ladder")),
        (
            *("contender", "model", "set", "vary", "workload", "batch-size"),
            *("launches", "blocks", "round-seconds", "train-samples", "threads", "fresh-parity"),
            *("report", *_RECORD),
        ),
        "The same steps are timed on each rung of a ladder, in shared blocks: what a rung takes "
        "beyond the rung below is that part's cost.",
    ),
    Command(
        "profile",
        "Show where the time of training steps goes, and what each backend compiles when.",
        Measurement("profile", preset="profile", passes=("profile",)),
        ("steps", *_EXPLAINING),
        "Each framework's own profiler traces warm steps inside fit. The traces are kept in "
        "traces/ beside the record, and ui.perfetto.dev shows them.",
    ),
    Command(
        "memory",
        "Show what each backend holds in memory when, and whether memory grows with the steps.",
        Measurement("memory", preset="profile", passes=("memory",)),
        ("loop", "repeats", *_EXPLAINING),
        "With --loop, what users do over and over is repeated too, with garbage collection and "
        "without: epochs, calls, models that are built and released, saved and loaded.",
    ),
    Command("show", "Show records again.", report.show, ("records", "detail", "wide", "json")),
    Command(
        "report",
        "Write a report on records: Markdown, HTML, figures, CSV, and the records themselves.",
        report.report,
        ("records", "out.report", "language"),
    ),
    Command(
        "open",
        "Show the report on records in the browser; write it first where it isn't up to date.",
        report.open_report,
        ("records",),
    ),
    Command(
        "site",
        "Build published reports into one static site with an index.",
        report.site,
        ("published", "out.site"),
    ),
    Command(
        "history",
        "Follow what records measured over time, and tell where it changed.",
        history.history,
        ("folders", "cell", "seconds", "out.history"),
        "The records are the store; an index of them is kept in the cache.",
    ),
    Command(
        "prune",
        "Remove old records, after asking.",
        history.prune,
        ("folders", "keep"),
        "The newest of each question stay: same models, contenders, data, versions, settings, "
        "machine, passes and sizes.",
    ),
    Command("list", "List models, backends, workloads and presets.", overview.list_everything),
    Command(
        "doctor",
        "List what could make measurements wrong on this machine, and what to do about it.",
        overview.doctor,
    ),
    Command(
        "completion",
        "Print a script that completes words in a shell.",
        completion.show,
        ("shell",),
        'In bash: eval "$(aebench completion bash)".',
    ),
)
