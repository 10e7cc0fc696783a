"""Draw damaged and hostile records, and give them to all commands that read a record."""

import copy
import functools
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from fuzz import _lines, _odd
from fuzz._calling import Call
from fuzz._promise import Step
from fuzz._scene import Scene

_TRAP, _PRECIOUS = "@trap@", "@precious@"
_NAMES = ["jax", "torch", "tensorflow", "jax A/A", "gemm", "native-jax", "ae400", "ae200", "train"]
_NAMES += ["predict", "embedded", "auto", "speed", "quality", "profile", "header", "resume", "end"]


@dataclass(frozen=True)
class Put:
    """Replace a value somewhere in a line."""

    line: int
    place: int
    value: Any

    def __call__(self, lines: _lines.Lines) -> None:
        """Change the lines in place."""
        _lines.put(lines, self.line, self.place, copy.deepcopy(self.value))


@dataclass(frozen=True)
class Name:
    """Replace a text by another one wherever it stands."""

    old: str
    new: str

    def __call__(self, lines: _lines.Lines) -> None:
        """Change the lines in place."""
        lines[:] = [_renamed(line, self.old, self.new) for line in lines]


def _renamed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {name: _renamed(inner, old, new) for name, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, old, new) for inner in value]
    return new if value == old else value


@dataclass(frozen=True)
class Move:
    """Remove a line, repeat it, or move it to the end."""

    what: str
    line: int
    to: int

    def __call__(self, lines: _lines.Lines) -> None:
        """Change the lines in place."""
        number = self.line % len(lines)
        if self.what == "drop" and len(lines) > 1:
            del lines[number]
        elif self.what == "again":
            lines.insert(self.to % (len(lines) + 1), copy.deepcopy(lines[number]))
        elif self.what == "last":
            lines.append(lines.pop(number))


@dataclass(frozen=True)
class Many:
    """Repeat a line many times; its block, epoch, launch, seed and attempt are counted up."""

    line: int
    times: int

    def __call__(self, lines: _lines.Lines) -> None:
        """Change the lines in place."""
        number = self.line % (len(lines) - 1 or 1) + 1
        if number >= len(lines) or not isinstance(lines[number], dict):
            return
        counted = {"block", "epoch", "launch", "seed", "attempt"} & set(lines[number])
        lines[number:number] = [
            {**lines[number], **dict.fromkeys(counted, count)} for count in range(self.times)
        ]


@dataclass(frozen=True)
class Field:
    """Remove a field of a line, or add an unknown field."""

    line: int
    field: int
    add: bool

    def __call__(self, lines: _lines.Lines) -> None:
        """Change the lines in place."""
        line = lines[self.line % len(lines)]
        if isinstance(line, dict) and line:
            if self.add:
                line["unknown"] = {"x": [1, None]}
            else:
                del line[sorted(line)[self.field % len(line)]]


@dataclass(frozen=True)
class Bytes:
    """Change the bytes of the record's file."""

    what: str
    at: int
    put: bytes

    def __call__(self, content: bytes) -> bytes:
        """Return the changed bytes."""
        at = self.at % (len(content) + 1)
        if self.what == "cut":
            return content[:at]
        if self.what == "windows":
            return content.replace(b"\n", b"\r\n")
        if self.what == "unended":
            return content.rstrip(b"\n")
        return content[:at] + self.put + content[at + (self.what == "over") * len(self.put) :]


_NUMBER = st.integers(0, 400)
_VALUES = st.one_of(
    st.sampled_from(_odd.NUMBERS),
    st.sampled_from([None, True, [], {}, [[]], [1e9] * 3, {"": ""}]),
    st.sampled_from([*_NAMES, _TRAP, _PRECIOUS]),
    _odd.texts("\ud800"),
    st.sampled_from([10, 600, 5000, 100_000]).map(_lines.deep),
    st.lists(_odd.texts(), max_size=3),
    st.sampled_from(
        [list(range(5000)), ["x"] * 5000, {f"k{number}": "v" for number in range(500)}]
    ),
)
_LINE = st.just(0) | _NUMBER
CHANGES: st.SearchStrategy[Callable[[_lines.Lines], None]] = st.one_of(
    st.builds(Put, _LINE, _NUMBER, _VALUES),
    st.builds(Put, _LINE, _NUMBER, _VALUES),
    st.builds(Name, st.sampled_from(_NAMES), _odd.texts("\ud800") | st.sampled_from(_NAMES)),
    st.builds(Move, st.sampled_from(["drop", "again", "last"]), _LINE, _NUMBER),
    st.builds(Field, _LINE, _NUMBER, st.booleans()),
    st.builds(Many, _NUMBER, st.sampled_from([2, 30, 1500])),
)
RAW = st.builds(
    Bytes,
    st.sampled_from(["cut", "windows", "unended", "over", "into"]),
    st.integers(0, 200_000),
    st.sampled_from(
        [
            b"",
            b"\0",
            b"\n",
            b"\xff\xfe",
            b"\xed\xa0\x80",
            b"\xef\xbb\xbf",
            b"[" * 50_000,
            b"9" * 5000,
        ]
    ),
)
# What is at the record's path: the record itself, a link to it, or something else.
PLACES = ["plain"] * 12 + ["link", "folder link", "fifo", "folder", "missing", "empty", "loop"]
PLACES += ["device", "sparse", "socket"]
_TRACES = [""] * 6 + ["link", "fifo", "folder", "device", "folder link"]
# What is already at the path of the report.
OUTS = [""] * 6 + ["folder", "file", "link", "page link", "figures link", "records link", "page"]
OUTS += ["fifo", "manifest", "own folder", "records file", "dangling"]
COMMANDS = ["show", "show", "json", "json", "resume", "resume", "report", "again", "copies", "two"]
COMMANDS += ["twice", "site", "beside"]


@dataclass(frozen=True)
class RecordCase:
    """Hold a record, what is at its path and at the report's path, and the command to run."""

    base: str
    changes: tuple[Callable[[_lines.Lines], None], ...]
    raw: tuple[Bytes, ...]
    place: str
    traces: str
    out: str
    command: str

    def lay(self, scene: Scene) -> Iterator[Step]:
        """Write the files, and yield the commands to run."""
        content = self.content(scene)
        run = scene.work / "run"
        if self.command == "site":
            run = scene.work / "published" / "one" / "records"
        _lay_record(scene, run, self.place, content)
        _lay_traces(scene, run, self.traces)
        out = scene.work / ("site" if self.command == "site" else "out")
        out = run if self.out == "own folder" else out
        _lay_out(scene, out, self.out)
        if self.command == "two":
            other = scene.work / "other" / "run"
            other.mkdir(parents=True)
            (other / "record.jsonl").write_bytes(_plain_content())
        for arguments, written in _calls(self.command, run, out):
            environment, folder = scene.environment(), str(scene.work)
            yield Step(Call(tuple(arguments), environment, folder, str(scene.room)), written)

    def content(self, scene: Scene) -> bytes:
        """Return the bytes of the record."""
        lines = copy.deepcopy(_lines.bases()[self.base])
        for change in self.changes:
            change(lines)
        content = b"".join(line + b"\n" for line in _lines.encoded(lines))
        content = content.replace(_TRAP.encode(), os.fsencode(scene.trap))
        content = content.replace(_PRECIOUS.encode(), os.fsencode(scene.outside / "precious.txt"))
        for damage in self.raw:
            content = damage(content)
        return content


@functools.cache
def _plain_content() -> bytes:
    return b"".join(line + b"\n" for line in _lines.encoded(_lines.bases()["sample"]))


def _lay_record(scene: Scene, run: Path, place: str, content: bytes) -> None:
    run.parent.mkdir(parents=True, exist_ok=True)
    if place == "folder link":
        real = scene.outside / "run"
        real.mkdir()
        run.symlink_to(real)
        (real / "record.jsonl").write_bytes(content)
        return
    run.mkdir()
    path = run / "record.jsonl"
    if place == "link":
        (scene.outside / "real.jsonl").write_bytes(content)
        path.symlink_to(scene.outside / "real.jsonl")
    elif place in _NOT_PLAIN:
        _NOT_PLAIN[place](path)
    elif place != "missing":
        path.write_bytes(b"" if place == "empty" else content)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


def _bind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.path.relpath(path) if len(str(path)) > 100 else str(path))


_NOT_PLAIN: dict[str, Callable[[Path], None]] = {
    "fifo": os.mkfifo,
    "folder": Path.mkdir,
    "loop": lambda path: path.symlink_to(path.name),
    "device": lambda path: path.symlink_to("/dev/zero"),
    "sparse": _sparse,
    "socket": _bind,
}


def _lay_traces(scene: Scene, run: Path, what: str) -> None:
    if not what or not run.is_dir():
        return
    traces = run / "traces"
    if what == "folder link":
        traces.symlink_to(scene.outside / "kept")
        return
    traces.mkdir()
    for backend in ("jax", "torch"):
        path = traces / f"{backend}-ae400-cccccccc.json.gz"
        if what == "link":
            path.symlink_to(scene.outside / "precious.txt")
        else:
            _NOT_PLAIN[what](path)


def _lay_out(scene: Scene, out: Path, what: str) -> None:
    kept, precious = scene.outside / "kept", scene.outside / "precious.txt"
    if what == "file":
        out.write_bytes(b"mine")
    elif what == "link":
        out.symlink_to(kept)
    elif what == "dangling":
        out.symlink_to(scene.outside / "nowhere")
    elif what and what != "own folder":
        out.mkdir()
        inner: dict[str, Callable[[], Any]] = {
            "page link": lambda: (out / "README.md").symlink_to(precious),
            "figures link": lambda: (out / "figures").symlink_to(kept),
            "records link": lambda: (out / "records").symlink_to(kept),
            "records file": lambda: (out / "records").write_bytes(b"mine"),
            "page": lambda: (out / "index.html").write_bytes(b"mine"),
            "fifo": lambda: os.mkfifo(out / "data.csv"),
            "manifest": lambda: (out / "manifest.json").write_text(
                '{"files":{"../../outside/precious.txt":["x"],"README.md":["x"]}}'
            ),
            "folder": lambda: (out / "own.txt").write_bytes(b"mine"),
        }
        inner[what]()


def _calls(command: str, run: Path, out: Path) -> Iterator[tuple[list[str], Path | None]]:
    """Yield the arguments of the calls in order; a call may read what an earlier call wrote."""
    report = ["report", str(run), "-o", str(out)]
    simple: dict[str, tuple[list[str], Path | None]] = {
        "show": (["show", str(run)], None),
        "json": (["show", "--json", str(run)], None),
        "resume": (["run", "--resume", str(run), "--dry-run"], None),
        "report": (report, out),
        "twice": (["show", str(run), str(run / "record.jsonl"), str(run)], None),
        "site": (["site", str(run.parent.parent), "-o", str(out)], out),
        "beside": (["report", str(run), "--language", "fr"], run / "report"),
    }
    if command in simple:
        yield simple[command]
        return
    others = [str(run.parent / "other" / "run")] if command == "two" else []
    yield [*report, *others], out
    # In reversed order, every copy is at the path to which another copy must be written.
    copies = sorted(map(str, (out / "records").glob("*.jsonl")), reverse=True)
    yield (report if command == "again" or not copies else ["report", *copies, "-o", str(out)]), out


@st.composite
def _cases(draw: st.DrawFn) -> RecordCase:
    command = draw(st.sampled_from(COMMANDS))
    base = "resumable" if command == "resume" else draw(st.sampled_from(sorted(_lines.bases())))
    reports = command not in ("show", "json", "resume", "twice")
    return RecordCase(
        base,
        tuple(draw(st.lists(CHANGES, max_size=4))),
        tuple(draw(st.lists(RAW, max_size=1))) if draw(st.integers(0, 4)) == 4 else (),
        draw(st.sampled_from(PLACES)),
        draw(st.sampled_from(_TRACES)),
        draw(st.sampled_from(OUTS)) if reports and command != "beside" else "",
        command,
    )


CASES = _cases()
