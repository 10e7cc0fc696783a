"""Draw commands and options with odd values, odd environments, and closed or full streams."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from fuzz import _lines, _odd
from fuzz._calling import Call
from fuzz._promise import Step
from fuzz._scene import Scene

_MEASURING = ("run", "parity", "selfcheck", "tune", "profile", "memory")
# The options of every command, with the kind of values that an option takes.
_RECORD, _FOLDER, _NUMBER, _WORD, _NONE = "record", "folder", "number", "word", "none"
_COMMON = {"--data": _WORD, "--out": _FOLDER, "-o": _FOLDER, "--time-limit": _NUMBER}
_WHO = {"--contender": _WORD, "--backend": _WORD, "--model": _WORD}
_OPTIONS: dict[str, dict[str, str]] = {
    "run": {
        **_COMMON,
        **_WHO,
        "--preset": _WORD,
        "--workload": _WORD,
        "--pass": _WORD,
        "--batch-size": _NUMBER,
        "--round-seconds": _NUMBER,
        "--epochs": _NUMBER,
        "--seeds": _NUMBER,
        "--train-samples": _NUMBER,
        "--threads": _NUMBER,
        "--baselines": _NONE,
        "--no-baselines": _NONE,
        "--reference": _WORD,
        "--margin": _NUMBER,
        "--resume": _RECORD,
        "--report": _NONE,
    },
    "parity": {
        **_COMMON,
        **_WHO,
        "--batch-size": _NUMBER,
        "--baselines": _NONE,
        "--resume": _RECORD,
    },
    "selfcheck": {**_COMMON, "--preset": _WORD, "--batch-size": _NUMBER, "--resume": _RECORD},
    "tune": {**_COMMON, **_WHO, "--batch-size": _NUMBER, "--minutes": _NUMBER},
    "profile": {**_COMMON, **_WHO, "--batch-size": _NUMBER, "--steps": _NUMBER},
    "memory": {
        **_COMMON,
        **_WHO,
        "--batch-size": _NUMBER,
        "--train-samples": _NUMBER,
        "--loop": _WORD,
        "--repeats": _NUMBER,
    },
    "show": {"--json": _NONE, "": _RECORD},
    "report": {"-o": _FOLDER, "--out": _FOLDER, "--language": _WORD, "": _RECORD},
    "site": {"-o": _FOLDER, "": _RECORD},
    "list": {},
    "doctor": {},
    "completion": {"": _WORD},
    "": {"--version": _NONE, "--help": _NONE, "": _WORD},
}
_WORDS = ["jax", "torch", "ae200", "ae400", "quick", "standard", "publish", "original", "profile"]
_WORDS += [
    "train",
    "predict",
    "speed",
    "quality",
    "parity",
    "embedded",
    "auto",
    "mnist",
    "en",
    "fr",
]
_WORDS += ["fashion_mnist", "all", "jax,torch", "de", "x.npz", "pipe", "loop/x.npz", "file/x.npz"]
_PLACES = ["run", "run/record.jsonl", "file", "pipe", "loop", "folder", "nowhere", "file/inside"]
_PLACES += ["dangling", "/dev/full", "/dev/stdin", "/proc/self/mem", "out", "deep/er/out", "."]
_NUMBERS = st.sampled_from([*_odd.NUMBER_TEXTS, "2", "32", "64", "3"])
_VALUES = {
    _RECORD: st.sampled_from([*_PLACES, "run", "run"]) | _odd.argument_texts(),
    # No links to other folders are here: fuzz.record tests them as places to write to.
    _FOLDER: st.sampled_from(_PLACES) | _odd.argument_texts(),
    _NUMBER: _NUMBERS | _NUMBERS | _odd.argument_texts(),
    _WORD: st.sampled_from(_WORDS) | st.sampled_from(_WORDS) | _odd.argument_texts(),
}
_VARIABLES: dict[str, list[str]] = {
    "COLUMNS": ["0", "1", "5", "80", "²", "٣", "-1", "9" * 30, "100000000", "x", "", " 7"],
    "LINES": ["0", "x", "9" * 30],
    "MPLBACKEND": ["x", "", "qtagg", "module://os"],
    "MATPLOTLIBRC": ["pipe", "nowhere", "file", "loop", "folder", ""],
    "MPLCONFIGDIR": ["nowhere", "file", "/dev/null", ""],
    "TERM": ["dumb", "", "x", "xterm-256color", "\udcff"],
    "NO_COLOR": ["1", ""],
    "FORCE_COLOR": ["1", "", "x"],
    "CLICOLOR_FORCE": ["1"],
    "TTY_COMPATIBLE": ["1", "x"],
    "TTY_INTERACTIVE": ["1", "x"],
    "TMPDIR": ["nowhere", "file", "loop", "", "/proc", "\udcff"],
    "HOME": ["nowhere", "file", "", "loop", "~", "\udcff"],
    "KERAS_HOME": ["nowhere", "file", "loop", "pipe", "\udcff", "~nouser", "A" * 5000],
    "AEBENCH_DATA": ["", "embedded", "nowhere.npz", "\udcff.npz", "\u202e", "~nouser/x.npz"],
    "LANG": ["C", "", "xx_XX", "en_US.ISO-8859-1"],
    "LC_ALL": ["C", "POSIX", "x"],
    "PYTHONIOENCODING": ["ascii", "utf-8", "latin-1:strict", "ascii:strict"],
    "PYTHONUTF8": ["0", "1"],
    "PYTHONOPTIMIZE": ["2"],
    "CXX": ["", "\u202e"],
    "PATH": ["", "nowhere", "file"],
    "OMP_NUM_THREADS": ["x", "0", "-1", "99999", "\u202e"],
    "TF_XLA_FLAGS": ["\x1b[31m", "\u202e", "\udcff"],
    "KERAS_BACKEND": ["x", ""],
    "TZ": ["x", ":pipe", "A" * 5000],
    "SOURCE_DATE_EPOCH": ["x", "-1", "9" * 30],
    "XDG_CACHE_HOME": ["file"],
    "_AEBENCH_COMPLETE": ["complete_bash", "source_x"],
    "TERMINAL_WIDTH": ["x", "0"],
    "DUMMY": ["\udcff"],
}
# Variables that change Python itself, before aebench runs: with other values Python doesn't start.
_INTERPRETERS = ("PYTHONIOENCODING", "PYTHONUTF8", "PYTHONOPTIMIZE")
STREAMS = ["kept"] * 12 + ["full", "unread", "closed"]


@dataclass(frozen=True)
class CommandCase:
    """Hold a command line, its environment, and what its output streams are connected to."""

    command: str
    words: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    stdout: str
    stderr: str
    folder_gone: bool
    fresh: bool

    def lay(self, scene: Scene) -> list[Step]:
        """Write the files that the command line may name, and return the command to run."""
        for name, make in _THINGS.items():
            make(scene.work / name)
        run = scene.work / "run"
        run.mkdir()
        lines = _lines.encoded(_lines.bases()["sample"])
        (run / "record.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
        variables = dict(self.variables)
        fresh = self.fresh or bool(variables) or "closed" in (self.stdout, self.stderr)
        call = Call(
            (*self._start(), *self.words),
            {**scene.environment(), **variables},
            str(scene.work),
            str(scene.room),
            stdout=self.stdout,
            stderr=self.stderr,
            folder_gone=self.folder_gone,
            fresh=fresh,
        )
        coloured = {"FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE"}
        return [Step(call, self._out(scene), coloured=bool(coloured & set(variables)))]

    def _start(self) -> tuple[str, ...]:
        """Return the first words; --dry-run comes early, or an option could take it as a value."""
        if self.command in _MEASURING:
            return (self.command, "--dry-run")
        return (self.command,) if self.command else ()

    def _out(self, scene: Scene) -> Path | None:
        """Return the folder that the command may write to."""
        if self.command not in ("report", "site"):
            return None
        given = [
            value
            for option, value in zip(self.words, self.words[1:], strict=False)
            if option in ("-o", "--out")
        ]
        if given:
            return scene.work / given[-1]
        if self.command == "site":
            return scene.work / "site"
        # The report is written to report/ beside the first record.
        return scene.work


def _executable(path: Path) -> None:
    path.write_text('#!/bin/sh\necho ran >> "$0.ran"\n')
    path.chmod(0o755)


_THINGS: dict[str, Callable[[Path], object]] = {
    "file": lambda path: path.write_text("mine\n"),
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
    "loop": lambda path: path.symlink_to(path.name),
    "dangling": lambda path: path.symlink_to("nowhere-at-all"),
    "jax": _executable,
    "x.npz": lambda path: path.symlink_to("/dev/zero"),
}


@st.composite
def _words(draw: st.DrawFn, command: str) -> tuple[str, ...]:
    options = _OPTIONS[command]
    words = ["--data", "embedded"] if command in _MEASURING and draw(st.booleans()) else []
    words += ["run"] if "" in options and options[""] == _RECORD and draw(st.booleans()) else []
    for _ in range(draw(st.integers(0, 4))):
        option = draw(st.sampled_from([*options, ""])) if options else ""
        kind = options.get(option, _WORD)
        words += [option] if option else []
        words += [draw(_VALUES[kind])] if kind != _NONE else []
    if draw(st.integers(0, 9)) == 0:
        words.insert(
            draw(st.integers(0, len(words))), draw(st.sampled_from(["--help", "--", "-x", "-"]))
        )
    return tuple(words)


@st.composite
def _variables(draw: st.DrawFn) -> tuple[tuple[str, str], ...]:
    names = draw(st.lists(st.sampled_from(sorted(_VARIABLES)), max_size=3, unique=True))
    found = []
    for name in names:
        values = st.sampled_from(_VARIABLES[name])
        drawn = values if name in _INTERPRETERS else values | _odd.argument_texts()
        found.append((name, draw(drawn)))
    return tuple(found)


@st.composite
def _cases(draw: st.DrawFn) -> CommandCase:
    command = draw(st.sampled_from([*_OPTIONS, *["run", "show", "report"] * 2]))
    return CommandCase(
        command,
        draw(_words(command)),
        draw(_variables()) if draw(st.integers(0, 3)) == 3 else (),
        draw(st.sampled_from(STREAMS)),
        draw(st.sampled_from(STREAMS)),
        draw(st.integers(0, 15)) == 15,
        draw(st.integers(0, 15)) == 15,
    )


CASES = _cases()
