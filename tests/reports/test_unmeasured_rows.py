"""Test that a contender that can't be measured has its row, and its reason, in every table."""

import io

import msgspec
import pytest
from rich.console import Console

from aebench.bench.plan.capabilities import capability
from aebench.reports import record
from aebench.reports.journal import Record
from aebench.reports.record import Block, Cell, ContenderInfo, Parity, Round, WorkloadSizes
from aebench.reports.summary import summarise
from aebench.reports.tables import TABLES
from aebench.reports.terminal import WIDTH, render_summary
from helpers import sample
from helpers.contender_tables import contender_tables, entries

NUMPY = ContenderInfo("numpy", "numpy", "2.0", **capability("numpy"))
SIZES = (32, 500)


def made() -> Record:
    """Return the sample at two batch sizes, with parity and with a backend that can't train."""
    base = sample.make()
    plan = msgspec.structs.replace(
        base.header.plan,
        passes=["parity", *base.header.plan.passes],
        sizes=[WorkloadSizes("train", list(SIZES), 1, 8)],
    )
    base.header = msgspec.structs.replace(
        base.header,
        plan=plan,
        contenders=[*base.header.contenders, NUMPY],
        cells=[Cell("ae400", "train", size) for size in SIZES],
    )
    base.events += [
        msgspec.structs.replace(each, batch_size=500)
        for each in base.events
        if isinstance(each, (Round, Block))
    ]
    for contender in ("jax", "torch", "numpy"):
        checks = ["forward", "loss", "step", "dropout rate"][: 2 if contender == "numpy" else 4]
        base.events += [Parity(contender, "ae400", name, 1e-8, 1e-6) for name in checks]
    return base


@pytest.fixture(scope="module")
def found():
    """Return the tables in which every contender has a row or a column, by title."""
    return {table.title: table for table in contender_tables(summarise(made()))}


def test_a_backend_that_cannot_train_is_a_row_with_its_reason_in_every_table(found):
    assert list(found) == [
        "At a glance",
        "train ae400, batch 32",
        "train ae400, batch 500",
        "Cold start",
        "Memory",
        "When the shorter epoch pays",
        "Losses after training",
        "Where the time goes: ae400, training, batch 32",
        "What is compiled when: ae400, batch 32",
        "What training should need, and what it took",
        "Growth with the steps",
        "Growth with what is repeated: ae400, batch 32",
        "Parity",
        "Parity of dropout",
    ]
    for title, table in found.items():
        assert set(entries(table, "numpy")) == {"–"} or title == "Parity", title
        profiled = title.startswith(("Where", "What is compiled"))
        reason = "there is no profiler for numpy here" if profiled else "NumPy backend has no fit"
        (note,) = [note for note in table.notes if "numpy:" in note]
        assert note.endswith(reason), title
    assert entries(found["Parity"], "numpy") == ["1e-08", "1e-08", "–", "same"]


def test_the_terminal_shows_these_rows_in_its_width():
    console = Console(file=io.StringIO(), width=WIDTH)
    console.print(render_summary(summarise(made())))
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= WIDTH
    rows = [line for line in lines if line.startswith((" numpy  ", " ae400 numpy  "))]
    # In one table the contender is a column.
    assert len(rows) == 12, rows


def test_what_was_not_installed_is_such_a_row_too(found):
    for title in ("Memory", "Growth with the steps", "What is compiled when: ae400, batch 32"):
        assert set(entries(found[title], "tensorflow")) == {"–"}
        assert any(note.endswith("tensorflow: not installed") for note in found[title].notes)


def test_a_cell_that_no_contender_can_run_is_a_row_among_the_controls():
    base = made()
    contenders = [
        msgspec.structs.replace(each, unsupported={"predict": "it can't predict"})
        for each in base.header.contenders
        if not each.missing
    ]
    cells = [*base.header.cells, Cell("ae400", "predict", 32)]
    base.header = msgspec.structs.replace(base.header, contenders=contenders, cells=cells)
    (table,) = next(view for view in TABLES if view.name == "controls").make(summarise(base))
    assert [row[0] for row in table.rows] == [
        "train ae400, 32",
        "train ae400, 500",
        "predict ae400, 32",
    ]
    assert set(table.rows[-1][1:]) == {"–"}
    assert table.notes[0].startswith("predict ae400, 32: jax: it can't predict; torch: it can't")
    *_, speed = next(view for view in TABLES if view.name == "speed").make(summarise(base))
    assert speed.title == "predict ae400, batch 32"
    assert speed.notes[-1] == "No block was measured."


def test_where_no_cold_start_ended_no_figures_are_spoken_of():
    base = made()
    base.events = [each for each in base.events if not isinstance(each, record.FootprintFacts)]
    base.events.append(record.Failure("footprint", "jax", "ae400", 0, "killed", ""))
    (footprint,) = [view for view in TABLES if view.name == "footprint"]
    for table in footprint.make(summarise(base)):
        assert "ae400 jax: killed" in table.notes
        assert "No launch ended." in " ".join(table.notes)
        assert "Parameters" not in " ".join(table.notes)
