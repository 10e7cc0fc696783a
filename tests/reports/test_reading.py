"""Test reading odd files as records: in linear time, with limits, and without following links."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import pytest

from aebench.reports import reading
from aebench.reports.journal import Journal, RecordError, load, load_all, record_paths, retire
from aebench.reports.record import Failure, Resume, Round, Task, TaskEnd
from aebench.reports.record.bounds import (
    MOST_CELLS,
    MOST_LINE_BYTES,
    MOST_NAME,
    MOST_RECORD_BYTES,
    MOST_RECORDS,
)
from helpers import sample
from helpers.paths import ROOT


def line(value):
    return msgspec.json.encode(value) + b"\n"


@pytest.fixture
def written(tmp_path):
    made = sample.make()
    path = tmp_path / "run" / "record.jsonl"
    path.parent.mkdir()
    path.write_bytes(b"".join(map(line, [made.header, *made.events])))
    return path


def odd_places(folder):
    """Make things that are no records, such as pipes and folders; yield a name and a path."""
    folder.mkdir(exist_ok=True)
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to(folder / "loop")
    with (folder / "sparse").open("wb") as file:
        file.truncate(MOST_RECORD_BYTES + 1)
    (folder / "run").mkdir()
    (folder / "run" / "record.jsonl").mkdir()
    (folder / "piped").mkdir()
    os.mkfifo(folder / "piped" / "record.jsonl")
    return {
        "a pipe": folder / "pipe",
        "a loop of links": folder / "loop",
        "below a loop": folder / "loop" / "record.jsonl",
        "without an end": Path("/dev/zero"),
        "a device": Path("/dev/null"),
        "too large": folder / "sparse",
        "a folder by its name": folder / "run",
        "a pipe in a run": folder / "piped",
        "a long name": folder / ("a" * 5000),
        "a long path": folder.joinpath(*["a" * 200] * 100),
        "a null": folder / "a\0b",
        "nothing": folder / "nothing",
        "below a file": folder / "sparse" / "record.jsonl",
    }


def test_what_is_no_plain_file_is_refused_in_a_sentence(tmp_path):
    for what, path in odd_places(tmp_path / "odd").items():
        for read in (load, lambda path: load_all(record_paths([path])), Journal.resume, retire):
            if read is retire and not os.path.lexists(path):
                continue  # retire moves an old record away; without a file it does nothing
            with pytest.raises(RecordError) as refused:
                read(path)
            assert "None" not in str(refused.value) and "\n" not in str(refused.value), what
    with pytest.raises(RecordError, match="larger than 1 GiB"):
        load(tmp_path / "odd" / "sparse")


def test_a_line_says_what_of_it_is_too_much(written):
    whole = written.read_bytes()
    (row, *_) = (each for each in sample.make().events if isinstance(each, Round))
    long = msgspec.structs.replace(row, contender="a" * (MOST_NAME + 1))
    for last, why in (
        (line(long), f"length <= {MOST_NAME}"),
        (b"[" * 100_000 + b"\n", "cut off or damaged"),
        (b'{"kind":"end","x":' + b"[" * 100_000 + b"\n", "cut off or damaged"),
        (b'{"kind":"end","x":"' + b"a" * MOST_LINE_BYTES + b'"}\n', "longer than 16 MiB"),
    ):
        written.write_bytes(whole + last)
        loaded = load(written)
        assert why in loaded.damage
        assert len(loaded.events) == len(sample.make().events)
    for first in (b"[" * 100_000, b'{"kind":"header","schema":5,"x":' + b"[" * 100_000):
        written.write_bytes(first + b"\n")
        with pytest.raises(RecordError, match="not a record"):
            load(written)


def test_values_are_bounded_since_memory_goes_with_them(written, monkeypatch):
    monkeypatch.setattr(reading, "MOST_VALUES", 100)
    loaded = load(written)
    assert "more than 100 values aren't read" in loaded.damage
    assert 0 < len(loaded.events) < 20


def test_sizes_in_a_plan_are_bounded(written):
    header, *rest = map(json.loads, written.read_text().splitlines())
    for name, value in (
        ("footprint_launches", 2**50),
        ("launches", 2**50),
        ("epochs", 2**50),
        ("batch_sizes", list(range(1, 50_000))),
        ("passes", ["speed"] * 1000),
    ):
        (sizes,) = header["plan"]["sizes"]
        where = {"sizes": [{**sizes, name: value}]} if name in sizes else {name: value}
        planned = {**header, "plan": {**header["plan"], **where}}
        written.write_text("".join(json.dumps(each) + "\n" for each in [planned, *rest]))
        with pytest.raises(RecordError, match="<="):
            load(written)
    many = [{**sizes, "batch_sizes": list(range(1, 10_000))}]
    cell = {"model": "ae400", "workload": "train", "batch_size": 32}
    for changed in ({"plan": {**header["plan"], "sizes": many}}, {"cells": [cell] * 10_000}):
        written.write_text(json.dumps({**header, **changed}) + "\n")
        with pytest.raises(RecordError, match=f"of which {MOST_CELLS:,} are read"):
            load(written)


def test_cells_of_a_workload_without_sizes_are_refused(written):
    header, *rest = map(json.loads, written.read_text().splitlines())
    header["cells"].append({"model": "ae400", "workload": "predict", "batch_size": 32})
    written.write_text("".join(json.dumps(each) + "\n" for each in [header, *rest]))
    with pytest.raises(RecordError, match="its plan has no sizes for predict"):
        load(written)


@pytest.mark.parametrize("name", ["x" * 41, "Train", "", "train\n", "a b"])
def test_names_of_workloads_are_bounded(written, name):
    header, *rest = map(json.loads, written.read_text().splitlines())
    for good in ("a", "latency", "predict_2-b", "x" * 40):
        renamed = [{**each, "workload": good} if "workload" in each else each for each in rest]
        written.write_text("".join(json.dumps(each) + "\n" for each in [header, *renamed]))
        assert not load(written).damage
    renamed = [{**each, "workload": name} if "workload" in each else each for each in rest]
    written.write_text("".join(json.dumps(each) + "\n" for each in [header, *renamed]))
    assert "cut off or damaged" in load(written).damage


def test_more_records_than_can_be_shown_are_refused(tmp_path):
    for number in range(MOST_RECORDS + 1):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "record.jsonl").touch()
    with pytest.raises(RecordError, match=f"of which {MOST_RECORDS:,} can be shown"):
        record_paths([tmp_path])


def test_a_copy_and_a_beginning_of_a_record_count_with_it(written, tmp_path):
    whole = written.read_bytes()
    names = ("copy", "beginning", "renamed", "other")
    copy, beginning, renamed, other = (tmp_path / name for name in names)
    copy.write_bytes(whole)
    beginning.write_bytes(whole[: len(whole) // 2])
    renamed.write_bytes(whole.replace(b'"sample"', b'"another"', 1))
    other.write_bytes(whole.replace(b"2026-01-01T00", b"2026-01-01T05", 1))
    found = load_all([beginning, renamed, other, written, copy, written.parent])
    assert [path for path, _ in found] == [written, other]
    assert not found[0][1].damage
    assert [record.copies for _, record in found] == [4, 0]
    # One run that was resumed twice, from copies of its record, counts as two runs.
    made = sample.make().header
    for path, seconds in ((copy, 1.0), (beginning, 2.0)):
        path.write_bytes(line(made) + line(TaskEnd(Task("speed", "ae400", "", 0), seconds)))
    assert len(load_all([copy, beginning])) == 2


def test_nothing_planted_in_a_run_is_written_through(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("precious")
    run = tmp_path / "run"
    run.mkdir()
    (run / ".record.jsonl.reserve").symlink_to(precious)
    journal = Journal.begin(run / "record.jsonl", sample.make().header)
    assert {path.name for path in run.iterdir()} == {".record.jsonl.reserve", "record.jsonl"}
    journal.close()
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "record.jsonl").symlink_to(journal.path)
    before = journal.path.read_bytes()
    for refuse in (Journal.resume, retire):
        with pytest.raises(RecordError, match="is a link: give the record itself"):
            refuse(tmp_path / "linked" / "record.jsonl")
    assert precious.read_text() == "precious" and journal.path.read_bytes() == before
    with pytest.raises(FileExistsError):
        Journal.begin(tmp_path / "linked" / "record.jsonl", sample.make().header)


def test_a_record_that_is_retired_takes_nobodys_place(written):
    taken = written.with_name("record-20260101T000000.jsonl")
    taken.write_text("precious")
    with pytest.raises(RecordError, match="exists already"):
        retire(written)
    assert taken.read_text() == "precious" and written.exists()


def test_a_record_that_cannot_begin_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "_write", fail)
    with pytest.raises(KeyboardInterrupt):
        Journal.begin(tmp_path / "deep" / "run" / "record.jsonl", sample.make().header)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").touch()
    with pytest.raises(KeyboardInterrupt):
        Journal.begin(tmp_path / "mine" / "record.jsonl", sample.make().header)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["file"]


def test_a_record_of_nothing_can_be_discarded(tmp_path):
    Journal.begin(tmp_path / "run" / "record.jsonl", sample.make().header).discard()
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_text_is_written_as_escapes(tmp_path):
    journal = Journal.begin(tmp_path / "record.jsonl", sample.make("\udcff").header)
    journal.append(Failure("speed", "jax\udcff", "ae400", 0, "\udcfe", ""))
    journal.close()
    loaded = load(journal.path)
    assert loaded.header.name == r"sample\udcff"
    assert loaded.of(Failure)[0].reason == r"\udcfe"


def test_many_resumptions_are_read_in_time(written):
    (row, *_) = (each for each in sample.make().events if isinstance(each, Round))
    events = []
    for launch in range(20_000):
        events.append(msgspec.structs.replace(row, launch=launch))
        events.append(Resume("", [], [Task("speed", "ae400", "", launch - launch % 2)]))
    written.write_bytes(b"".join(map(line, [sample.make().header, *events])))
    assert len(load(written).of(Round)) == 10_000


MANY = """
import os, resource, sys
from pathlib import Path
sys.path[:0] = [{root!r}]
from aebench.reports.journal import load
from aebench.reports.summary import summarise
from aebench.reports.terminal import new_console, render_summary
record = load(Path({path!r}))
console = new_console()
console.file = open(os.devnull, "w")
console.print(render_summary(summarise(record)))
print(len(record.events), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["rounds", "workers"])
def test_a_million_events_are_shown_in_2_gb(tmp_path, kind):
    made = sample.make()
    (row, *_) = (each for each in made.events if isinstance(each, Round))
    (worker, *_) = (each for each in made.events if type(each).__name__ == "WorkerInfo")
    replace = msgspec.structs.replace
    make = {
        "rounds": lambda number: replace(row, launch=number // 100, block=number % 100),
        "workers": lambda number: replace(worker, versions={"keras": str(number)}),
    }[kind]
    path = tmp_path / "record.jsonl"
    with path.open("wb") as file:
        file.write(line(made.header))
        file.writelines(line(make(number)) for number in range(1_000_000))
    code = textwrap.dedent(MANY).format(root=str(ROOT), path=str(path))
    # The limit is ten times the usual time; quadratic code takes hours.
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True
    )
    events, peak_bytes = map(int, done.stdout.split())
    assert events == 1_000_000 and peak_bytes < 2e9
