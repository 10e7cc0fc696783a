"""Check what A/A controls that take turns by launch say together, and how it is shown."""

import math
from statistics import geometric_mean

import matplotlib.pyplot as plt
import msgspec
import numpy as np
import pytest

from aebench.reports import csv_export, document
from aebench.reports.comparison import drift, excess
from aebench.reports.figures.throughput import throughput
from aebench.reports.record import Failure, Round
from aebench.reports.summary import summarise
from aebench.reports.summary.cell_rounds import CellRounds
from helpers import sample
from helpers.pages import whole

# The seconds of each launch's control over those of its original.
RATIOS = (1.01, 0.99, 1.02, 0.98)
# Student's t for 3 degrees of freedom, and for 1.
T3, T1 = 3.182446, 12.706205


def rotating(ratios=RATIOS):
    """Return the sample record, with controls of jax and torch in turn, which differ by launch."""
    made = sample.make()
    jax, torch, tensorflow, control = made.header.contenders
    other = msgspec.structs.replace(torch, name="torch A/A", control_of="torch")
    found = [jax, torch, tensorflow, control, other]
    made.header = msgspec.structs.replace(made.header, contenders=found)
    seconds = {
        row.block_key: row.seconds
        for row in made.of(Round)
        if row.contender == "jax" and row.block >= 0
    }
    events = []
    for each in made.events:
        if isinstance(each, Round) and each.contender == "jax A/A" and each.block >= 0:
            name, times = [("jax A/A", 1), ("torch A/A", 4)][each.launch % 2]
            one = seconds[each.block_key] * times * ratios[each.launch]
            each = msgspec.structs.replace(each, contender=name, seconds=one)
        events.append(each)
    made.events[:] = events
    return made


def test_the_launches_controls_give_one_result():
    (cell,) = summarise(rotating()).speed
    assert [row.contender for row in cell.rows] == ["jax", "torch", "tensorflow", "A/A control"]
    row = cell.rows[-1]
    assert row.originals == ["jax", "torch"]
    logs = np.log(RATIOS)
    half = T3 * np.std(logs, ddof=1) / 2
    told = row.times_reference
    assert np.log([told.value, told.low, told.high]) == pytest.approx(
        np.mean(logs) + np.array([0, -half, half]), rel=1e-5, abs=1e-9
    )
    assert row.launch_sd == pytest.approx(np.std(logs, ddof=1))
    assert (row.pair_sd, row.rounds, row.verdict) == (pytest.approx(0, abs=1e-9), 8, "same")
    # Controls of different contenders have no throughput in common.
    assert (row.samples_per_second, row.epoch) == (None, None)
    assert cell.noise_floor == pytest.approx(math.exp(half + abs(np.mean(logs))) - 1, rel=1e-4)


def test_each_contender_has_a_noise_floor_of_its_own():
    (cell,) = summarise(rotating()).speed
    floors = {}
    for name, mine in (("jax", RATIOS[::2]), ("torch", RATIOS[1::2])):
        logs = np.log(mine)
        reach = abs(np.mean(logs)) + T1 * np.std(logs, ddof=1) / math.sqrt(2)
        floors[name] = pytest.approx(math.exp(reach) - 1, rel=1e-4)
    assert cell.noise_floors == floors
    made = rotating()
    made.events = [each for each in made.events if getattr(each, "launch", 0) < 3]
    (cell,) = summarise(made).speed
    # Torch had its control in a single launch.
    assert list(cell.noise_floors) == ["jax"]


def test_what_it_is_off_by_widens_the_other_intervals():
    before = summarise(rotating()).speed[0]
    (cell,) = summarise(rotating([1.1, 1.1, 1.12, 1.12])).speed
    control = cell.rows[-1].times_reference
    assert before.control_excess == 0 < 0.05 < cell.control_excess
    assert cell.control_excess == pytest.approx(math.expm1(excess(control)))
    narrow, wide = (each.rows[1].times_reference for each in (before, cell))
    assert wide.high == pytest.approx(narrow.high * control.low)


def test_other_figures_are_those_of_a_single_control():
    rows = [
        {row.contender: row for row in summarise(made).speed[0].rows}
        for made in (sample.make(), rotating())
    ]
    for name in ("jax", "torch", "tensorflow"):
        assert rows[0][name] == rows[1][name]


def test_drift_is_told_beside_controls_that_take_turns():
    key = ("ae400", "train", 32)
    # Seconds of a step, and launches; torch gets slower by a tenth from block to block.
    every = {"jax": (1.0, (0, 1)), "torch": (4.0, (0, 1)), "jax A/A": (1.0, (0,))}
    every["torch A/A"] = (4.0, (1,))
    rounds = {
        name: {
            (0, launch, block): Round(
                name, *key, launch, block, 0, 1, 1, seconds * slower**block, 0.1, 0.1, None
            )
            for launch in launches
            for block in range(3)
        }
        for name, (seconds, launches) in every.items()
        for slower in [1.1 if name == "torch" else 1.0]
    }
    of_cell = CellRounds(key, rounds, {})
    found = of_cell.to_block_mean("torch", [["jax A/A", "torch A/A"]])
    expected = [
        [4 * 1.1**block / (4 * 1.1**block * control) ** (1 / 3) for block in range(3)]
        for control in (1, 4)
    ]
    assert found == [pytest.approx(each) for each in expected]
    assert drift([*found, *found]) == pytest.approx(1.1 ** (4 / 3) - 1)


def test_a_control_that_failed_is_named_and_the_others_count():
    made = rotating()
    made.events = [each for each in made.events if getattr(each, "contender", "") != "torch A/A"]
    reason = "its process was killed"
    made.events.append(Failure("speed", "torch A/A", "ae400", 1, reason, ""))
    (cell,) = summarise(made).speed
    row = cell.rows[-1]
    assert (row.originals, row.verdict, row.rounds) == (["jax"], "unfinished", 4)
    assert row.failure == "torch A/A: its process was killed"


def test_without_any_control_the_row_says_so():
    made = rotating()
    made.events = [each for each in made.events if "A/A" not in getattr(each, "contender", "")]
    (cell,) = summarise(made).speed
    row = cell.rows[-1]
    assert (row.contender, row.failure, row.rounds) == ("A/A control", "not measured", 0)
    assert cell.noise_floor is None


def shown(made):
    text = whole(document.make(summarise(made), [], ["records/sample.jsonl"]))
    return " ".join(text.replace("\\", "").split())


def test_a_table_has_one_row_and_says_whose_controls_they_were():
    text = shown(rotating())
    assert text.count("| A/A control |") == 1
    assert "jax A/A" not in text and "torch A/A" not in text
    assert "in each launch a second worker of another contender (jax and torch). Where" in text
    assert (
        "Where a contender had it in several launches, its own: jax 8.1 % and torch 8.3 %." in text
    )
    assert "A/A control: a second worker of another contender in each launch, measured" in text
    assert "‡" not in text


def test_a_single_launch_says_whose_control_it_was():
    made = rotating()
    sizes = [msgspec.structs.replace(each, launches=1) for each in made.header.plan.sizes]
    plan = msgspec.structs.replace(made.header.plan, sizes=sizes)
    made.header = msgspec.structs.replace(made.header, plan=plan)
    made.events = [each for each in made.events if getattr(each, "launch", 0) == 0]
    (cell,) = summarise(made).speed
    row = cell.rows[-1]
    assert (row.times_reference.low, row.verdict, cell.noise_floor) == (None, "inconclusive", None)
    text = shown(made)
    assert "in each launch a second worker of another contender (jax)." in text


def test_the_figure_of_throughputs_draws_no_control():
    figure = plt.figure(layout="constrained")
    caption = throughput(summarise(rotating()), figure)
    drawn = [each.get_label() for each in figure.axes[0].containers]
    plt.close(figure)
    assert drawn == ["jax", "torch"]
    assert "control" not in caption


def test_data_csv_keeps_every_launch():
    lines = [line[3:6] for line in csv_export.lines(summarise(rotating()))]
    kept = [line for line in lines if ", launch " in line[1]]
    names = ["jax A/A", "torch A/A"] * 2
    expected = [
        (name, f"times {name.split()[0]}, launch {at + 1}", pytest.approx(ratio))
        for at, (name, ratio) in enumerate(zip(names, RATIOS, strict=True))
    ]
    assert kept == expected
    assert [line[0] for line in lines if line[1] == "noise floor, share"] == ["", "jax", "torch"]


def test_controls_of_several_runs_have_a_row_together():
    first, second = rotating(), rotating([1.2, 1.2, 1.22, 1.22])
    second.header = msgspec.structs.replace(
        second.header, name="second", created="2026-03-01T08:00:00+00:00"
    )
    (cell,) = summarise(first, second).speed
    (control,) = [row for row in cell.rows if row.control_of]
    ((one,), (other,)) = (
        [row for cell in summarise(each).speed for row in cell.rows if row.control_of]
        for each in (first, second)
    )
    assert (control.contender, control.originals) == ("A/A control", ["jax", "torch"])
    assert control.rounds == one.rounds + other.rounds
    alone = [each.times_reference.value for each in (one, other)]
    assert control.over_runs.ratios == pytest.approx(sorted(alone))
    assert control.times_reference.value == pytest.approx(geometric_mean(alone))
    assert len(cell.controls) == 8
