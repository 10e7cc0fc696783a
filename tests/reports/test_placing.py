"""Test the folder of a report: other people's files are never replaced, followed or lost."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aebench.reports import figures, manifest, publish, site
from aebench.reports.compressed import open_record
from aebench.reports.journal import Journal
from aebench.reports.manifest import ManifestError
from aebench.reports.placing import keep, write_into
from helpers import sample


@pytest.fixture(autouse=True)
def one_figure(monkeypatch):
    """Draw one figure in a report: most of a report's time goes to figures, which lie alike."""
    monkeypatch.setattr(
        figures, "FIGURES", [each for each in figures.FIGURES if each.name == "loss"]
    )


def run_of(folder, torch="2.0"):
    """Write a record named ``sample`` of a run with this torch, on a day of its own."""
    made = sample.make()
    contenders = [
        msgspec.structs.replace(each, version=torch) if each.name == "torch" else each
        for each in made.header.contenders
    ]
    day = f"2026-01-{1 + sum(map(ord, torch)) % 28:02}T00:00:00+00:00"
    header = msgspec.structs.replace(made.header, contenders=contenders, created=day)
    journal = Journal.begin(folder / "record.jsonl", header)
    for event in made.events:
        journal.append(event)
    journal.close()
    return journal.path


@pytest.fixture
def two(tmp_path):
    """Make a report of two records; return its folder, and the records' contents by name."""
    paths = [run_of(tmp_path / name / "run", name) for name in ("a", "b")]
    publish.write(paths, tmp_path / "out")
    contents = [path.read_bytes() for path in paths]
    assert held(tmp_path / "out") == dict(
        zip(("1-sample.jsonl", "2-sample.jsonl"), contents, strict=True)
    )
    return tmp_path / "out", contents


def held(report):
    """Return the unpacked content of a report's records, by name without the ending."""
    return {path.name.removesuffix(".zst"): plain(path) for path in (report / "records").iterdir()}


def plain(path):
    with open_record(path, 2**30) as file:
        return file.read()


def files(folder):
    """Return the content of all files in a folder; a link has its target instead."""
    return {
        path.relative_to(folder).as_posix(): str(path.readlink())
        if path.is_symlink()
        else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_a_report_made_where_its_records_lie_in_another_order_loses_none(two):
    out, _ = two
    before = held(out)
    records = out / "records"
    publish.write([records / "2-sample.jsonl.zst", records / "1-sample.jsonl.zst"], out)
    assert held(out) == before
    text = (out / "README.md").read_text()
    assert "aebench report records/2-sample.jsonl.zst records/1-sample.jsonl.zst -o ." in text


def test_a_record_that_is_given_twice_counts_once_wherever_it_lies(two, tmp_path):
    out, _ = two
    alone = publish.write([out / "records" / "1-sample.jsonl.zst"], tmp_path / "alone").readme
    again = [out / "records" / "1-sample.jsonl.zst", tmp_path / "a" / "run" / "record.jsonl"]
    text = publish.write(again, tmp_path / "twice").readme.read_text()
    notice = "The run sample was given 2 times and counts once."
    assert notice in text
    lines = [line for line in text.splitlines() if notice not in line]
    assert set(alone.read_text().splitlines()) == set(lines)
    assert len(held(tmp_path / "twice")) == 1


def test_a_record_that_a_report_no_longer_has_is_kept_beside_it(two, tmp_path):
    out, contents = two
    written = publish.write([tmp_path / "a" / "run" / "record.jsonl"], out)
    assert held(out) == {"sample.jsonl": contents[0]}
    # The same record is in the report already, under another name.
    assert [plain(path) for path in written.left_out] == [contents[1]]
    assert [path.name for path in manifest.records(out)] == ["sample.jsonl.zst"]
    # The site counts the records that a report lists, not other files in its folder.
    (tmp_path / "none" / "records").mkdir(parents=True)
    (tmp_path / "none" / "records" / "record.jsonl").write_bytes(contents[1])
    site.build(tmp_path, tmp_path / "site")
    assert held(tmp_path / "site" / "out") == {"sample.jsonl": contents[0]}
    assert {path.name for path in (tmp_path / "site").iterdir() if path.is_dir()} == {"out"}


def test_a_record_that_went_on_takes_the_place_of_its_beginning(tmp_path):
    path = run_of(tmp_path / "run")
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    publish.write([path], tmp_path / "out")
    path.write_bytes(whole)
    assert publish.write([path], tmp_path / "out").left_out == []
    assert held(tmp_path / "out") == {"sample.jsonl": whole}
    assert not (tmp_path / "out" / "left-out").exists()


def test_other_records_of_one_name_take_nobodys_place(two, tmp_path):
    out, contents = two
    other = run_of(tmp_path / "c" / "run", "c")
    publish.write([other, tmp_path / "b" / "run" / "record.jsonl"], out)
    everything = {plain(path) for path in out.rglob("*.zst")}
    assert {*contents, other.read_bytes()} <= everything
    assert set(held(out).values()) == {contents[1], other.read_bytes()}


@pytest.mark.parametrize("name", ["README.md", "figures/loss.svg", "manifest.json"])
@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_nothing_of_anybody_elses_is_replaced_or_followed(tmp_path, name, kind):
    record = run_of(tmp_path / "run")
    mine = tmp_path / "mine.txt"
    mine.write_text("precious")
    place = tmp_path / "out" / name
    place.parent.mkdir(parents=True)
    if kind == "file":
        place.write_text("precious")
    elif kind == "link":
        place.symlink_to(mine)
    else:
        place.mkdir()
    before = files(tmp_path)
    with pytest.raises(ManifestError, match="give another folder"):
        publish.write([record], tmp_path / "out")
    assert files(tmp_path) == before


@pytest.mark.parametrize("name", ["records", "figures", "records/traces"])
def test_a_folder_that_is_a_link_is_not_followed(tmp_path, name):
    record = run_of(tmp_path / "run")
    (tmp_path / "elsewhere").mkdir()
    place = tmp_path / "out" / name
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "elsewhere")
    if name == "records/traces":
        # This report has no traces, and leaves the link alone.
        publish.write([record], tmp_path / "out")
    else:
        with pytest.raises(ManifestError, match="is a link or a file"):
            publish.write([record], tmp_path / "out")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_was_changed_since_is_not_ours_any_more(two):
    out, _ = two
    (out / "README.md").write_text("what I found out")
    before = files(out)
    with pytest.raises(ManifestError, match=r"README.md is not what aebench wrote there"):
        publish.write(manifest.records(out), out)
    assert files(out) == before


def test_a_record_that_was_changed_is_not_put_on_the_site(two, tmp_path):
    out, _ = two
    path = out / "records" / "1-sample.jsonl.zst"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ManifestError, match="not the record that the report was made of"):
        site.build(tmp_path, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_manifest_that_names_files_outside_is_refused(two, tmp_path):
    out, _ = two
    (tmp_path / "precious").write_text("precious")
    hashes = [manifest.sha256(tmp_path / "precious")]
    (out / "manifest.json").write_bytes(manifest.Manifest({"../precious": hashes}).encode())
    with pytest.raises(ManifestError, match="names files outside"):
        publish.write([tmp_path / "a" / "run" / "record.jsonl"], out)
    assert (tmp_path / "precious").exists()


def test_a_failure_leaves_what_was_there(tmp_path):
    def fail(fresh):
        (fresh / "half").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_into(tmp_path / "deep" / "out", fail)
    assert list(tmp_path.iterdir()) == []


def test_what_was_cut_between_two_files_can_be_done_again(two, tmp_path, monkeypatch):
    out, _ = two
    source = tmp_path / "b" / "run" / "record.jsonl"
    moved = type(out).replace
    count = 0

    def cut(path, target):
        nonlocal count
        count += 1
        if count == 5:
            raise KeyboardInterrupt
        return moved(path, target)

    monkeypatch.setattr(type(out), "replace", cut)
    with pytest.raises(KeyboardInterrupt):
        publish.write([source], out)
    monkeypatch.undo()
    publish.write([source], out)
    assert held(out) == {"sample.jsonl": source.read_bytes()}
    whole = publish.write([source], tmp_path / "whole").readme
    assert (out / "README.md").read_text() == whole.read_text()


NAMES = st.sampled_from(["a", "b", "c", "records/a", "records/b", "d/e"])
MADE = st.dictionaries(NAMES, st.sampled_from([b"1", b"2", b"3"]), max_size=4)


@given(
    history=st.lists(st.one_of(MADE, st.tuples(NAMES, st.sampled_from([b"x", b"y"]))), max_size=6)
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_happens_to_a_folder_nothing_raw_or_foreign_is_lost(tmp_path_factory, history):
    folder = tmp_path_factory.mktemp("out")
    precious, now = set(), {}
    for step in history:
        if isinstance(step, tuple):  # a user writes a file
            name, content = step
            (folder / name).parent.mkdir(exist_ok=True)
            if now.get(name) == content:
                continue
            if name.startswith("records/") and name in now:
                precious.discard(now[name])  # the user replaced this file himself
            (folder / name).write_bytes(content)
            now = {each: known for each, known in now.items() if each != name}
            precious = {each for each in precious if each[0] != name} | {(name, content)}
            continue

        def fill(fresh, step=step):
            for name, content in step.items():
                (fresh / name).parent.mkdir(exist_ok=True)
                (fresh / name).write_bytes(content)

        before = files(folder)
        try:
            write_into(folder, fill)
        except ManifestError:
            assert files(folder) == before
            continue
        now = dict(step)
        after = files(folder)
        assert {name: after[name] for name in step} == step
        raw = {content for name, content in before.items() if "records/" in name}
        assert raw <= {content for name, content in after.items() if "records/" in name}
        for name, content in precious:
            assert name in step or after[name] == content


def test_a_trace_takes_nobodys_place(tmp_path):
    source = tmp_path / "trace"
    source.write_text("new")
    (tmp_path / "mine").write_text("precious")
    (tmp_path / "run" / "traces").mkdir(parents=True)
    target = tmp_path / "run" / "traces" / "t"
    target.symlink_to(tmp_path / "mine")
    with pytest.raises(FileExistsError):
        keep(source, target)
    assert (tmp_path / "mine").read_text() == "precious"
    target.unlink()
    keep(source, target)
    assert [path.name for path in target.parent.iterdir()] == ["t"] and target.read_text() == "new"
    (tmp_path / "other").symlink_to(tmp_path / "run")
    with pytest.raises(OSError, match="a link lies where its folder goes"):
        keep(source, tmp_path / "other" / "t")
