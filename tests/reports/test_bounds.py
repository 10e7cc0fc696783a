"""Check that reports take linear time in the number of events of any kind."""

import os
import time
from pathlib import Path

import msgspec
import pytest

from aebench.reports import publish
from aebench.reports.journal import Journal, Record, RecordError, load
from aebench.reports.record import (
    Call,
    Cell,
    End,
    Failure,
    FootprintFacts,
    Library,
    Parity,
    Phase,
    QualityEpoch,
    Resume,
    Round,
    ShortEpoch,
    Task,
    TaskEnd,
    WorkerInfo,
)
from aebench.reports.record.bounds import MOST_POLLS, MOST_RECORD_BYTES
from aebench.reports.summary import MOST_NOTICES, MOST_REASON, summarise
from aebench.reports.summary.breakeven import MOST_PAIRS
from aebench.reports.summary.shared import ContenderView
from aebench.reports.tables.shared import MOST_SHOWN_CELLS, MOST_TABLES, Table, some_tables
from aebench.reports.terminal import new_console, render_summary
from helpers import sample

replace = msgspec.structs.replace
MADE = sample.make()


def first(kind):
    return next(each for each in MADE.events if isinstance(each, kind))


def header(contenders=1, models=1, batch_sizes=(32,), passes=("speed",), **changed):
    of_all, plan = MADE.header, MADE.header.plan
    return replace(
        of_all,
        contenders=[
            replace(of_all.contenders[0], name=f"jax:{number}") for number in range(contenders)
        ],
        models=[replace(of_all.models[0], name=f"ae{number}") for number in range(models)],
        plan=replace(
            plan,
            sizes=[replace(plan.sizes[0], batch_sizes=list(batch_sizes))],
            passes=list(passes),
            reference="jax:0",
            **changed,
        ),
        cells=[
            Cell(f"ae{number}", "train", size) for number in range(models) for size in batch_sizes
        ],
    )


def at(kind, contender=0, model=0, **changed):
    return replace(first(kind), contender=f"jax:{contender}", model=f"ae{model}", **changed)


def a_round(contender=0, model=0, batch_size=32, block=0, **changed):
    return at(
        Round,
        contender,
        model,
        workload="train",
        batch_size=batch_size,
        block=block,
        **changed,
    )


def many_batch_sizes(many):
    """Yield a record in which every batch size is a cell: scanning all events per cell is slow."""
    sizes = range(1, many + 1)
    yield header(batch_sizes=sizes)
    for size in sizes:
        yield a_round(batch_size=size)
        for _ in range(3):
            yield at(ShortEpoch, batch_size=size)
            yield at(Call, batch_size=size)
            yield Library("jax:0", "ae0", "train", size, 0, "mkl", {})
            yield at(WorkerInfo, settings={})
            yield Parity("jax:0", "ae0", "loss", 1e-9, 1e-6)


def many_models(many):
    passes = ("speed", "footprint", "quality", "profile", "memory", "parity")
    yield header(models=many, passes=passes, epochs=1, seeds=[0])
    for number in range(0, many, 2):
        for name in passes:
            who = "" if name == "speed" else "jax:0"
            yield TaskEnd(Task(name, f"ae{number}", who, 0), 1.0)
        yield a_round(model=number)
        yield at(QualityEpoch, 0, number, seed=0, epoch=1, train_loss=0.1)


def many_contenders(many):
    yield header(contenders=many, models=20, passes=("speed", "footprint"))
    for model in range(20):
        for number in range(many):
            where = (number, model)
            yield at(WorkerInfo, *where)
            yield a_round(*where, seconds=1 + number / many)
            yield at(ShortEpoch, *where, batch_size=32)
            yield at(Call, *where, batch_size=32)
            yield at(Phase, *where)
            yield at(FootprintFacts, *where)


def many_unshared_blocks(many):
    yield header(contenders=100)
    for block in range(many):
        yield a_round(block=block)
    for number in range(1, 100):
        yield a_round(number, launch=1)


def many_resumptions(many):
    yield replace(header(), machine=replace(MADE.header.machine, fixed_work_seconds=1.0))
    for _ in range(many):
        yield Resume("2026-01-01", [], [], 2.0)


def write(path, lines):
    with path.open("wb") as file:
        file.writelines(msgspec.json.encode(each) + b"\n" for each in lines)


def seconds_to_show(path, lines):
    """Return the processor's seconds for reading, summarising and showing a record."""
    write(path, [*lines, End("interrupted", 1.0)])
    began = time.process_time()
    record = load(path)
    assert not record.damage
    console = new_console()
    with Path(os.devnull).open("w") as console.file:
        console.print(render_summary(summarise(record)))
    return time.process_time() - began


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "few"),
    [
        (many_batch_sizes, 400),
        (many_models, 600),
        (many_contenders, 40),
        (many_unshared_blocks, 10_000),
        (many_resumptions, 10_000),
    ],
)
def test_four_times_as_much_takes_about_four_times_as_long(tmp_path, lines, few):
    path = tmp_path / "record.jsonl"
    seconds_to_show(path, lines(few // 10))  # what is imported at first use
    # Code that is quadratic in one kind of event takes 16 times as long.
    assert seconds_to_show(path, lines(4 * few)) < 8 * seconds_to_show(path, lines(few))


@pytest.mark.slow
def test_a_report_of_many_models_leaves_tables_out(tmp_path):
    path = tmp_path / "record.jsonl"
    write(path, [*many_models(4 * MOST_TABLES), End("complete", 1.0)])
    readme = publish.write([path], tmp_path / "report").readme
    pages = "".join(page.read_text() for page in readme.parent.glob("*.md"))
    assert "more such tables are in the record, and not shown" in pages
    assert len(max(readme.read_text().splitlines(), key=len)) < 1000


def summary_of(lines):
    found, *events = lines
    return summarise(Record(found, events))


def test_who_has_the_same_settings_is_said_once():
    workers = [at(WorkerInfo, number) for number in range(30)]
    notices = summary_of([header(contenders=30), *workers]).notices
    (told,) = [each for each in notices if "same settings" in each]
    assert told.startswith("jax:0, jax:1, ") and "jax:9 and 20 others turned out" in told


def test_more_notices_than_anybody_reads_are_counted():
    lines = [replace(header(), machine=replace(MADE.header.machine, fixed_work_seconds=1.0))]
    lines += [Resume("2026-01-01", [], [], 2.0)] * (MOST_NOTICES + 10)
    found = summary_of(lines)
    assert found.notices[-1].endswith("further notices aren't shown.")
    assert len(found.notices) == MOST_NOTICES + 1
    assert found.runs[0].carried_on[-1] == f"{MOST_NOTICES:,} others"


def test_a_reason_that_nobody_reads_to_its_end_is_shortened():
    (told,) = summary_of([header(), Failure("speed", "jax:0", "ae0", 0, "a" * 9000, "")]).failures
    assert len(told.reason) == MOST_REASON and told.reason.endswith("a…")


def test_pairs_beyond_the_bound_are_left_out():
    lines = [header(contenders=200, passes=("speed", "footprint"))]
    for number in range(200):
        lines.append(at(WorkerInfo, number))
        lines.append(a_round(number, seconds=1 + number / 1000))
        lines.append(at(ShortEpoch, number, batch_size=32))
        lines.append(at(Call, number, batch_size=32))
        lines.append(at(Phase, number))
        lines.append(at(FootprintFacts, number))
    found = summary_of(lines)
    assert len(found.break_even) == MOST_PAIRS
    assert any(f"the first {MOST_PAIRS:,} are shown" in each for each in found.notices)


def test_tables_beyond_the_bounds_are_counted():
    def small(number):
        return Table(f"{number}", ["a"], [["1"]])

    found = some_tables(small, range(MOST_TABLES + 2))
    assert len(found) == MOST_TABLES
    assert found[-1].notes == ["2 more such tables are in the record, and not shown."]
    large = some_tables(lambda _: Table("", ["a", "b"], [["1", "2"]] * MOST_SHOWN_CELLS), range(3))
    assert sum(len(each.rows) * len(each.columns) for each in large) <= 2 * MOST_SHOWN_CELLS
    assert "more rows are in the record" in large[0].notes[0]
    assert some_tables(small, []) == []


def test_events_are_sorted_by_batch_size_in_their_order():
    rows = [at(Call, batch_size=size, seconds=float(size)) for size in (2, 1, 2)]
    rows = [replace(each, launch=number) for number, each in enumerate(rows)]
    who = ContenderView("jax:0", 0, MADE, MADE.header.contenders[0], {(Call, "ae0"): rows})
    assert who.of_batch(Call, "ae0", 2) == [rows[0], rows[2]]
    assert who.of_batch(Call, "ae0", 3) == who.of_batch(Round, "ae0", 2) == []


def test_ticks_are_bounded(tmp_path):
    path = tmp_path / "record.jsonl"
    journal = Journal.begin(path, MADE.header)
    journal.append(at(WorkerInfo, epoch_end_polls_seconds=[0.1] * (MOST_POLLS + 1)))
    journal.close()
    assert f"length <= {MOST_POLLS}" in load(path).damage


def test_a_record_that_is_too_large_is_not_carried_on(tmp_path):
    path = tmp_path / "record.jsonl"
    Journal.begin(path, MADE.header).close()
    os.truncate(path, MOST_RECORD_BYTES + 1)
    with pytest.raises(RecordError, match="larger than 1 GiB"):
        Journal.resume(path)


def test_what_is_discarded_takes_only_folders_that_were_made_for_it(tmp_path):
    (tmp_path / "mine").mkdir()
    Journal.begin(tmp_path / "mine" / "record.jsonl", MADE.header).discard()
    Journal.begin(tmp_path / "new" / "run" / "record.jsonl", MADE.header).discard()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
