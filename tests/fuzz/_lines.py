"""Records to start from, and what can be changed in their lines."""

import copy
import functools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from aebench import backends
from fuzz._calling import ROOT

Lines = list[Any]
_PUBLISHED = ROOT / "reports" / "published"
# Of each kind so many, so that all tables have something to show.
_OF_EACH_KIND = {"phase": 14, "round": 60, "block": 20}


def _plain(header: Any, events: list[Any]) -> Lines:
    return [json.loads(msgspec.json.encode(each)) for each in (header, *events)]


@functools.cache
def bases() -> dict[str, Lines]:
    """Read the tests' sample, one that could be carried on here, and pieces of published ones."""
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from helpers import sample

    made = sample.make()
    found = {"sample": _plain(made.header, made.events)}
    found["resumable"] = _resumable(copy.deepcopy(found["sample"]))
    for path in sorted(_PUBLISHED.glob("*/records/*.jsonl*")):
        found[f"{path.parent.parent.name}/{path.stem}"] = _excerpt(path)
    return found


def _resumable(lines: Lines) -> Lines:
    """Make a record seem measured here, and cut."""
    from aebench.bench.system import machine

    header, *events = lines
    here = machine.describe()
    header["machine"].update(processor=here.processor, cores=here.cores)
    header["data"].update(choice="embedded", train_samples=640, test_samples=1000)
    header["plan"].update(quality_train_samples=640)
    for each in header["contenders"]:
        version = backends.installed_version(each["backend"])
        each.update(version=version or "", missing="" if version else "not installed")
    return [header, *(each for each in events if each["kind"] not in ("end", "task_end"))]


def _excerpt(path: Path) -> Lines:
    """Take the header, and the first events of each kind."""
    taken: dict[str, int] = {}
    lines: Lines = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            kind = line.partition('"kind":"')[2].partition('"')[0]
            taken[kind] = taken.get(kind, 0) + 1
            if taken[kind] <= _OF_EACH_KIND.get(kind, 2):
                lines.append(json.loads(line))
    return lines


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List where in a line something can be put."""
    for key, each in value.items() if isinstance(value, dict) else enumerate(value[:3]):
        yield (*path, key)
        if isinstance(each, (dict, list)):
            yield from places(each, (*path, key))


def put(lines: Lines, number: int, place: int, value: Any) -> None:
    """Put a value somewhere; numbers beyond the end count on from the beginning."""
    line = lines[number % len(lines)]
    found = list(places(line)) if isinstance(line, (dict, list)) else []
    if not found:
        return
    path = found[place % len(found)]
    for key in path[:-1]:
        line = line[key]
    line[path[-1]] = value


def encoded(lines: Lines) -> list[bytes]:
    """Write lines; a :class:`Deep` in them is as deep as it says."""
    return [_deepened(json.dumps(each)).encode() for each in lines]


def deep(times: int) -> str:
    """Stand for so many lists in each other."""
    return f"@deep {times}@"


def _deepened(text: str) -> str:
    while '"@deep ' in text:
        before, _, rest = text.partition('"@deep ')
        times, _, after = rest.partition('@"')
        text = before + "[" * int(times) + "]" * int(times) + after
    return text
