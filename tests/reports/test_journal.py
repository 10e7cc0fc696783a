import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aebench.reports.journal import Journal, RecordError, load, record_paths, retire
from aebench.reports.record import (
    SCHEMA,
    Block,
    End,
    Failure,
    Header,
    MemoryCurve,
    MemoryLoop,
    Phase,
    QualityEpoch,
    Resume,
    Round,
    Task,
    TaskEnd,
    TaskPart,
    WorkerInfo,
)
from aebench.reports.summary import summarise
from helpers import sample


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    made = sample.make()
    journal = Journal.begin(tmp_path_factory.mktemp("run") / "new" / "record.jsonl", made.header)
    for event in made.events:
        journal.append(event)
    journal.close()
    return journal.path


def test_the_time_at_which_a_block_began_is_read(written):
    made = load(written)
    block = msgspec.structs.replace(made.of(Block)[0], began_at=time.time())
    text = msgspec.json.encode(block) + b"\n"
    written.write_bytes(written.read_bytes() + text)
    found = load(written)
    assert found.damage == "" and found.of(Block)[-1] == block
    written.write_bytes(written.read_bytes()[: -len(text)])


def test_what_was_written_is_read(written):
    made = sample.make()
    loaded = load(written)
    assert (loaded.header, loaded.events, loaded.damage) == (made.header, made.events, "")
    assert load(written.parent) == loaded


def test_each_event_is_in_the_file_at_once(tmp_path):
    made = sample.make()
    journal = Journal.begin(tmp_path / "record.jsonl", made.header)
    journal.append(made.events[0])
    assert load(journal.path).events == made.events[:1]
    journal.close()


def test_nothing_is_overwritten(written):
    before = written.read_bytes()
    with pytest.raises(FileExistsError):
        Journal.begin(written, sample.make().header)
    assert written.read_bytes() == before


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_record_cut_off_at_any_byte_loads_up_to_there(written, tmp_path, data):
    content = written.read_bytes()
    first = content.index(b"\n")
    end = data.draw(st.integers(0, len(content)))
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(content[:end])
    if end <= first:
        with pytest.raises(RecordError):
            load(cut)
        return
    loaded = load(cut)
    whole = content[:end].count(b"\n") - 1
    assert len(loaded.events) >= whole
    assert loaded.events == sample.make().events[: len(loaded.events)]
    assert bool(loaded.damage) == (len(loaded.events) < whole + (content[:end][-1:] != b"\n"))
    summarise(loaded)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"hello\n", "not a record"),
        (b'{"kind":"round"}\n', "not a record"),
        (b'{"kind":"header","schema":1}\n', "header is damaged"),
        (b'{"kind":"header","schema":99}\n', "newer aebench"),
        (b"\xff\xfe\x00", "not a record"),
        (b'{"kind":"header","schema":1,"aeb', "cut off in its first line"),
    ],
)
def test_what_is_no_record_is_refused(tmp_path, content, reason):
    path = tmp_path / "record.jsonl"
    path.write_bytes(content)
    with pytest.raises(RecordError, match=reason):
        load(path)
    with pytest.raises(RecordError, match="can't be read"):
        load(tmp_path / "missing.jsonl")


def test_schema_is_in_the_first_line(written):
    header = msgspec.json.decode(written.read_bytes().split(b"\n")[0], type=Header)
    assert header.schema == SCHEMA


def a_task(contender: str = "jax") -> Task:
    return Task("footprint", "ae400", contender, 0)


def test_resuming_takes_a_torn_line_away_and_goes_on(written, tmp_path):
    whole = written.read_bytes()
    torn = tmp_path / "record.jsonl"
    torn.write_bytes(whole[:-9])
    journal = Journal.resume(tmp_path)
    assert journal.record.damage == ""
    journal.append(End("complete", 1.0))
    journal.close()
    assert torn.read_bytes().startswith(whole[: whole.rindex(b"\n", 0, -1) + 1])
    assert load(torn).events == [*sample.make().events[:-1], End("complete", 1.0)]


def test_damage_before_the_last_line_is_not_resumed(written, tmp_path):
    lines = written.read_bytes().split(b"\n")
    lines[3] = b"{}"
    torn = tmp_path / "record.jsonl"
    torn.write_bytes(b"\n".join(lines))
    before = torn.read_bytes()
    with pytest.raises(RecordError, match=r"line 4 is cut off or damaged \(.*\), and more follows"):
        Journal.resume(torn)
    assert torn.read_bytes() == before


def test_a_record_has_one_writer(tmp_path):
    first = Journal.begin(tmp_path / "record.jsonl", sample.make().header)
    with pytest.raises(RecordError, match="being written by another run"):
        Journal.resume(tmp_path)
    with pytest.raises(RecordError, match="being written by another run"):
        retire(first.path)
    first.close()
    Journal.resume(tmp_path).close()
    assert list(tmp_path.iterdir()) == [first.path]
    kept = retire(first.path)
    assert kept == tmp_path / "record-20260101T000000.jsonl"
    assert list(tmp_path.iterdir()) == [kept]
    assert retire(first.path) is None


def test_what_a_resumption_declares_void_no_longer_counts(tmp_path):
    made = sample.make()
    journal = Journal.begin(tmp_path / "record.jsonl", made.header)
    full = Failure("", "", "", 0, "No space left on device", "")
    speed = [Task("speed", "ae400", "", launch) for launch in range(4)]
    for event in [*made.events[:-1], TaskEnd(a_task("jax")), TaskEnd(a_task("torch")), full]:
        journal.append(event)
    journal.append(Resume("", [], [a_task("torch"), *speed]))
    journal.close()
    loaded = load(journal.path)
    assert loaded.events == journal.record.events
    assert loaded.done() == {a_task("jax")}
    assert {row.contender for row in loaded.of(Phase)} == {"jax"}
    assert {(row.pass_name, row.contender) for row in loaded.of(WorkerInfo)} == {
        ("footprint", "jax"),
        *((name, who) for name in ("quality", "profile", "memory") for who in ("jax", "torch")),
    }
    assert not loaded.of(Round) and not loaded.of(Failure)
    assert len(loaded.of(QualityEpoch)) == 4
    assert loaded.outcome == "unfinished"


def test_parts_that_a_resumption_keeps_count_and_others_do_not(tmp_path):
    made = sample.make()
    task = Task("memory", "ae400", "jax", 0)
    first, second = (
        [
            msgspec.structs.replace(each, loop=loop, before_bytes=size)
            for each in made.events
            if isinstance(each, MemoryLoop) and task.holds(each)
            for loop in ("fit", "save")
        ]
        for size in (1, 2)
    )
    (phases,) = (each for each in made.events if isinstance(each, MemoryCurve) and task.holds(each))
    failed = Failure("memory", "jax", "ae400", 0, "not today", "", "predict")
    begun = msgspec.structs.replace(first[0], loop="predict")
    kept = [TaskPart(task, part) for part in ("", "fit", "save")]
    again = [each for each in second if each.loop == "save"]
    other = msgspec.structs.replace(begun, contender="torch")
    journal = Journal.begin(tmp_path / "record.jsonl", made.header)
    for event in (
        *(phases, *first, failed, begun, other),
        # The phases and fit are kept, and save is measured once more.
        *(Resume("", [], [task], None, kept[:2]), *again, failed),
        Resume("", [], [task], None, kept),
    ):
        journal.append(event)
    journal.close()
    loaded = load(journal.path)
    assert loaded.events == journal.record.events
    assert loaded.of(MemoryCurve) == [phases]
    assert loaded.of(MemoryLoop) == [
        *(each for each in first if each.loop == "fit"),
        *(other, *again),
    ]
    assert not loaded.of(Failure)


def test_folders_of_runs_are_records(written, tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "record.jsonl").write_bytes(written.read_bytes())
    both = [tmp_path / name / "record.jsonl" for name in ("a", "b")]
    assert record_paths([tmp_path]) == both
    again = [both[1], tmp_path / "a", both[1].parent]
    assert record_paths(again) == [both[1], both[0], both[1]]
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordError, match="holds no record"):
        record_paths([tmp_path / "a", tmp_path / "empty"])
