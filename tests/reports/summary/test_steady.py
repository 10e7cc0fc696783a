"""Test how the steps inside whole calls, and libraries' products, stand beside the calls."""

import msgspec
import pytest

from aebench.reports import csv_export, tables
from aebench.reports.record import Call, Round, ShortEpoch, SteadyRound
from aebench.reports.summary import summarise
from helpers import sample


def predicting(steady=True):
    """Return the sample as a prediction by whole calls, with rounds of the steps inside them."""
    made = sample.make()
    header = made.header
    sizes = [msgspec.structs.replace(header.plan.sizes[0], workload="predict")]
    workloads = [
        msgspec.structs.replace(each, timing="whole call") if each.name == "predict" else each
        for each in header.workloads
    ]
    made.header = msgspec.structs.replace(
        header,
        plan=msgspec.structs.replace(header.plan, sizes=sizes, passes=["speed"]),
        cells=[msgspec.structs.replace(each, workload="predict") for each in header.cells],
        workloads=workloads,
    )
    made.events = [
        msgspec.structs.replace(each, workload="predict") if hasattr(each, "workload") else each
        for each in made.events
        if not isinstance(each, (Call, ShortEpoch))
    ]
    for launch in range(4 * steady):
        for number in range(3):
            for name, seconds in (("jax", 0.1), ("torch", 0.15 + launch / 1000)):
                made.events.append(
                    SteadyRound(name, "ae400", "predict", 32, launch, number, 50, seconds)
                )
    return made


def test_the_steady_part_stands_beside_the_calls_and_decides_nothing():
    summary, without = summarise(predicting()), summarise(predicting(steady=False))
    (cell,), (bare,) = summary.speed, without.speed
    rows = {row.contender: row for row in cell.rows}
    told = rows["torch"].times_steady
    assert told.value == pytest.approx(1.515, abs=0.001)
    assert told.low < told.value < told.high
    assert rows["jax"].steady_step_seconds.value == pytest.approx(0.002)
    assert rows["jax"].times_steady is None and rows["jax A/A"].times_steady is None
    # The calls' own figures are what they are without it.
    for mine, other in zip(cell.rows, bare.rows, strict=True):
        assert (mine.verdict, mine.times_reference) == (other.verdict, other.times_reference)
    assert (cell.fastest, cell.answer) == (bare.fastest, bare.answer)


def test_the_table_and_the_file_tell_the_steady_part():
    summary = summarise(predicting())
    (table,) = tables.speed(summary)
    torch = dict(zip(table.columns, table.rows[1], strict=True))
    assert torch["× step ±"].startswith("1.515") and torch["× jax's time [95 %]"].startswith("4")
    assert any(
        note.startswith("× step: of the steps alone, the steady part") for note in table.notes
    )
    lines = {line[3:5]: line[5:8] for line in csv_export.lines(summary)}
    assert lines["torch", "times jax, steady steps"][0] == pytest.approx(1.515, abs=0.001)
    assert lines["jax", "steady step"][0] == pytest.approx(0.002)


def test_without_rounds_of_steps_nothing_is_told_of_them():
    (table,) = tables.speed(summarise(predicting(steady=False)))
    assert "× step ±" not in table.columns
    assert not any("steady" in note for note in table.notes)
    assert predicting(steady=False).of(Round)
