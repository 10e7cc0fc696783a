"""Test the index: it follows the records, and is made anew where it is missing or old."""

import sqlite3

import pytest

from aebench.reports.history import Index, all_series
from helpers import other_runs


@pytest.fixture
def records(tmp_path):
    """Write three runs; return the paths of their records."""
    return [
        tmp_path / name / "record.jsonl"
        for seed, name in enumerate(("a", "b", "c"), 1)
        if other_runs.write(other_runs.run(seed), tmp_path / name)
    ]


def named(index, quantity="time", contender="torch"):
    return [
        each for each in index.figures() if (each.quantity, each.contender) == (quantity, contender)
    ]


def test_figures_are_those_of_the_records(records, tmp_path):
    index = Index(tmp_path / "cache" / "index.sqlite")
    assert index.refresh(records) == []
    found = [each for each in named(index) if each.against == "jax"]
    assert [each.name for each in found] == ["run-1", "run-2", "run-3"]
    assert all(each.value == pytest.approx(4.0, rel=0.02) for each in found)
    assert all(each.low < each.value < each.high for each in found)
    assert {each.key for each in named(index, "peak")} == {"ae400/torch"}
    assert named(index, "peak")[0].value == pytest.approx(600 * 2**20, rel=0.02)
    assert index.versions()[found[0].path]["torch"] == {"keras": "3.15.1", "torch": "1.0"}
    assert len(all_series(index.figures(), index.versions(), "train/*")) == 3
    index.close()


def test_what_changed_is_read_again_and_what_is_gone_is_forgotten(records, tmp_path, monkeypatch):
    path = tmp_path / "index.sqlite"
    index = Index(path)
    index.refresh(records)
    index.close()
    from aebench.reports import journal

    read = []
    load = journal.load
    monkeypatch.setattr(journal, "load", lambda path: read.append(path) or load(path))
    index = Index(path)
    index.refresh(records)
    assert read == []
    other_runs.write(other_runs.run(9), tmp_path / "d")
    records[0].write_bytes(records[0].read_bytes()[:-20])
    index.refresh([*records[:2], tmp_path / "d" / "record.jsonl"])
    assert sorted(each.parent.name for each in read) == ["a", "d"]
    assert {each.name for each in index.figures()} == {"run-1", "run-2", "run-9"}
    index.close()


@pytest.mark.parametrize("content", [b"", b"not a database" * 100, None])
def test_an_index_that_is_none_is_made_anew(records, tmp_path, content):
    path = tmp_path / "index.sqlite"
    if content is None:  # of another version
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE files (path TEXT)")
    else:
        path.write_bytes(content)
    index = Index(path)
    assert index.refresh(records) == []
    assert len({each.name for each in index.figures()}) == 3
    index.close()


def test_a_record_that_cannot_be_read_is_left_out_with_the_reason(records, tmp_path):
    records[1].write_bytes(b"{")
    index = Index(None)
    (problem,) = index.refresh(records)
    assert "b/record.jsonl" in problem
    assert {each.name for each in index.figures()} == {"run-1", "run-3"}
    index.close()
