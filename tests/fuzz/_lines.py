"""Provide records to start from, and change values in their lines."""

import copy
import functools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from aebench import backends
from aebench.reports.compressed import open_record
from aebench.reports.record.bounds import MOST_RECORD_BYTES
from fuzz._calling import ROOT

Lines = list[Any]
_PUBLISHED = ROOT / "reports" / "published"
# How many events of a kind are taken from a published record: enough to fill all tables.
_OF_EACH_KIND = {"phase": 14, "round": 60, "block": 20}


def _plain(header: Any, events: list[Any]) -> Lines:
    return [json.loads(msgspec.json.encode(line)) for line in (header, *events)]


@functools.cache
def bases() -> dict[str, Lines]:
    """Return records by name: the sample, a resumable one, and excerpts of published ones."""
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from helpers import sample

    made = sample.make()
    found = {"sample": _plain(made.header, made.events)}
    found["resumable"] = _resumable(copy.deepcopy(found["sample"]))
    for path in sorted(_PUBLISHED.glob("*/records/*.jsonl*")):
        found[f"{path.parent.parent.name}/{path.stem}"] = _excerpt(path)
    return found


def _resumable(lines: Lines) -> Lines:
    """Change a record into that of an interrupted run on this machine, which can be resumed."""
    from aebench.bench.system import machine

    header, *events = lines
    here = machine.describe()
    header["machine"].update(processor=here.processor, cores=here.cores)
    header["data"].update(choice="embedded", train_samples=640, test_samples=1000)
    header["plan"].update(quality_train_samples=640)
    for contender in header["contenders"]:
        version = backends.installed_version(contender["backend"])
        contender.update(version=version or "", missing="" if version else "not installed")
    return [header, *(event for event in events if event["kind"] not in ("end", "task_end"))]


def _excerpt(path: Path) -> Lines:
    """Read the header of a record and its first events of every kind."""
    taken: dict[str, int] = {}
    lines: Lines = []
    with open_record(path, MOST_RECORD_BYTES) as file:
        for line in file:
            kind = line.partition(b'"kind":"')[2].partition(b'"')[0].decode()
            taken[kind] = taken.get(kind, 0) + 1
            if taken[kind] <= _OF_EACH_KIND.get(kind, 2):
                lines.append(json.loads(line))
    return lines


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all values in a line: keys, and indices of the first items of lists."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value[:3]):
        yield (*path, key)
        if isinstance(inner, (dict, list)):
            yield from places(inner, (*path, key))


def put(lines: Lines, number: int, place: int, value: Any) -> None:
    """Replace the value at a place of a line; numbers past the end start again at the beginning."""
    line = lines[number % len(lines)]
    found = list(places(line)) if isinstance(line, (dict, list)) else []
    if not found:
        return
    path = found[place % len(found)]
    for key in path[:-1]:
        line = line[key]
    line[path[-1]] = value


def encoded(lines: Lines) -> list[bytes]:
    """Return the lines as JSON; texts that :func:`deep` made become nested lists."""
    return [_deepened(json.dumps(line)).encode() for line in lines]


def deep(times: int) -> str:
    """Return a text that stands for lists nested ``times`` deep, which Python couldn't encode."""
    return f"@deep {times}@"


def _deepened(text: str) -> str:
    while '"@deep ' in text:
        before, _, rest = text.partition('"@deep ')
        times, _, after = rest.partition('@"')
        text = before + "[" * int(times) + "]" * int(times) + after
    return text
