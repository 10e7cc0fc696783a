from pathlib import Path

import msgspec
import pytest
import sample
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.journal import Journal, RecordError, load
from reports.record import SCHEMA, Header
from reports.summary import summarise


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    made = sample.make()
    journal = Journal(tmp_path_factory.mktemp("run") / "new" / "record.jsonl", made.header)
    for event in made.events:
        journal.append(event)
    journal.close()
    return journal.path


def test_what_was_written_is_read(written):
    made = sample.make()
    loaded = load(written)
    assert (loaded.header, loaded.events, loaded.damage) == (made.header, made.events, "")
    assert load(written.parent) == loaded


def test_each_event_is_in_the_file_at_once(tmp_path):
    made = sample.make()
    journal = Journal(tmp_path / "record.jsonl", made.header)
    journal.append(made.events[0])
    assert load(journal.path).events == made.events[:1]
    journal.close()


def test_nothing_is_overwritten(written):
    before = written.read_bytes()
    with pytest.raises(FileExistsError):
        Journal(written, sample.make().header)
    assert written.read_bytes() == before


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_record_cut_off_at_any_byte_loads_up_to_there(written, tmp_path, data):
    content = written.read_bytes()
    first = content.index(b"\n")
    end = data.draw(st.integers(0, len(content)))
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(content[:end])
    if end < first:
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
        (b'{"kind":"slice"}\n', "not a record"),
        (b'{"kind":"header","schema":1}\n', "header is damaged"),
        (b'{"kind":"header","schema":99}\n', "newer aebench"),
        (b"\xff\xfe\x00", "not a record"),
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
