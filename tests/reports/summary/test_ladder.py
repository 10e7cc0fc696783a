"""Test the ladder's summary: additions, intervals that hold the truth, and what is said of them."""

import msgspec
import numpy as np
import pytest

from aebench.reports import csv_export, ladders, record
from aebench.reports.figures import draw
from aebench.reports.figures.ladder import VIEWS
from aebench.reports.summary import summarise
from aebench.reports.summary.ladder import fixed_step_seconds, over_launches
from aebench.reports.tables.ladder import ladder as tables
from aebench.reports.tables.ladder import parts
from helpers import ladder
from helpers.synthetic import autocorrelated

TORCH_MS = {**{rung: 3 * each for rung, each in ladder.TRAIN_MS.items()}, "products": 1.8}


def rows(*made):
    return summarise(*made).ladder


def test_a_rung_adds_what_it_takes_beyond_its_base():
    (row,) = rows(ladder.make({"jax": ladder.TRAIN_MS}))
    assert (row.launches, row.blocks, row.disturbed) == (3, 6, 0)
    fit = row.rung("fit")
    assert fit.base == "keras-function"
    assert fit.step_seconds.value == pytest.approx(0.003)
    assert fit.added_seconds.value == pytest.approx(0.0005)
    assert fit.call_seconds.value == pytest.approx(ladder.CALL_SECONDS)
    assert row.rung("framework-step").call_seconds is None
    assert row.top.name == "fit-collected"
    assert sum(seconds for _, seconds in ladders.drawn(row)) == pytest.approx(0.0034)


def test_without_a_rung_the_next_one_stands_on_the_rung_below_it():
    less = {name: each for name, each in ladder.TRAIN_MS.items() if "native" not in name}
    made = ladder.make({"jax": less})
    made.events.append(ladder.absent("jax", "native-loop", "the file has it not"))
    (row,) = rows(made)
    assert row.rung("framework-step").base == "products"
    assert row.rung("framework-step").added_seconds.value == pytest.approx(0.001)
    (table,) = tables(summarise(made))
    assert "Absent, the file has it not: the model without Keras, all steps in one loop." in (
        table.notes
    )


def test_rounds_of_a_repeated_block_do_not_count():
    made = ladder.repeated(ladder.make({"jax": ladder.TRAIN_MS}), 0, 7, 100.0)
    (row,) = rows(made)
    assert row.rung("fit").step_seconds.high < 0.0031
    assert row.blocks == 6


@pytest.mark.parametrize("correlation", [0.0, 0.4])
@pytest.mark.parametrize(("launches", "blocks"), [(3, 4), (5, 4)])
def test_intervals_of_additions_hold_the_truth(launches, blocks, correlation):
    # Rungs differ from launch to launch, and neighbouring blocks correlate.
    random = np.random.default_rng([launches, int(10 * correlation)])
    shape = (2000, launches, blocks)
    noise = autocorrelated(random.normal(0, 0.05, shape), correlation)
    differences = 0.5 * np.exp(noise + random.normal(0, 0.03, (2000, launches, 1)))
    held = []
    for run in differences:
        found = over_launches(dict(np.ndenumerate(run)))
        held.append(found.low <= 0.5 <= found.high)
    assert np.mean(held) >= 0.94


@pytest.mark.parametrize("on", ["native-loop", "native-step", "unheard-of"])
def test_rungs_that_a_record_says_stand_on_each_other_have_no_base(on):
    made = ladder.make({"jax": {"native-loop": 1.0}})
    rungs = [msgspec.structs.replace(each, base=on) for each in made.header.rungs]
    made.header = msgspec.structs.replace(made.header, rungs=rungs)
    (row,) = rows(made)
    assert row.rung("native-loop").base == ""


def test_rounding_is_no_part_of_a_call():
    def third(contender, rung, launch, block):
        return 1 / 3

    (row,) = rows(ladder.make({"jax": ladder.TRAIN_MS}, noise=third))
    assert row.rung("framework-step").call_seconds is None


def test_a_table_of_mostly_disturbed_blocks_is_doubtful():
    made = ladder.make({"jax": ladder.TRAIN_MS})
    assert not tables(summarise(made))[0].doubtful
    made.events = [
        msgspec.structs.replace(each, disturbed=True)
        if isinstance(each, record.LadderBlock)
        else each
        for each in made.events
    ]
    assert tables(summarise(made))[0].doubtful


def test_a_single_launch_has_no_intervals():
    (row,) = rows(ladder.make({"jax": ladder.TRAIN_MS}, launches=1))
    assert row.rung("fit").added_seconds.low is None
    (table,) = tables(summarise(ladder.make({"jax": ladder.TRAIN_MS}, launches=1)))
    assert table.rows[5] == ["fit, silent and unshuffled", "3.00 (+0.500)"]


def noisy(contender, rung, launch, block):
    return 1 + 0.01 * launch


def test_the_table_says_where_the_time_goes():
    made = ladder.make({"jax": ladder.TRAIN_MS, "torch": TORCH_MS}, noise=noisy)
    (table,) = tables(summarise(made))
    assert table.title == "What a step takes, rung by rung: train ae400, batch 32"
    assert table.columns == ["ms", "jax", "torch"]
    entries = {row[0]: row[1:] for row in table.rows}
    assert entries["fit, silent and unshuffled"] == ["3.03 (+0.505 ±0.012)", "9.09 (+1.515 ±0.037)"]
    assert entries["beside: train_on_batch"] == ["4.04 (+1.515 ±0.037)", "12.1 (+4.55 ±0.11)"]
    assert entries["a call beside its steps: fit, with validation on at most 1,024 samples"][
        0
    ].startswith("20")
    (said,) = [note for note in table.notes if note.startswith("A step of torch")]
    assert said == (
        "A step of torch takes 10.30 ±0.25 ms: 4.54 ±0.11 the framework alone, without Keras "
        "(1.818 ±0.045 of it matrix products, for which its library takes 1.80 times as long as "
        "jax's), 1.515 ±0.037 Keras's layers, loss and optimiser beyond it and 4.24 ±0.10 Keras "
        "and Python around the step. A call takes 20.0 ms beside its steps."
    )
    (said,) = ladders.headline(rows(made))
    assert said == (
        "A step of train ae400 at batch 32 takes 3.434 ±0.084 ms with jax, of which the largest "
        "part is the framework alone, without Keras (1.515 ±0.037); 10.30 ±0.25 ms with torch, of "
        "which the largest part is the framework alone, without Keras (4.54 ±0.11)."
    )


def test_a_library_that_is_not_shown_to_be_slower_is_not_spoken_of():
    def faster_or_slower(contender, rung, launch, block):
        return 1 + 0.5 * (-1) ** launch * (contender == "torch")

    torch = {**TORCH_MS, "products": 1.3}
    made = ladder.make({"jax": ladder.TRAIN_MS, "torch": torch}, noise=faster_or_slower)
    (said,) = [ladders.sentence(row) for row in rows(made) if row.contender == "torch"]
    assert "matrix products)" in said


def test_the_parts_of_a_step_add_up_to_it():
    whole = ladder.make({"jax": ladder.TRAIN_MS}, noise=noisy)
    (table,) = parts(summarise(whole))
    assert table.columns[1:] == [
        *("a step", "framework alone", "of it products", "Keras's layers", "around", "a call"),
    ]
    ((where, *entries),) = table.rows
    assert where == "train ae400, 32: jax"
    step, alone, _, layers, around, call = (float(each.partition(" ")[0]) for each in entries)
    assert alone + layers + around == pytest.approx(step, abs=0.002) and call == 20.0
    # Without rungs of the framework alone, the columns that nothing is known of are left out.
    less = {name: each for name, each in ladder.TRAIN_MS.items() if "native" not in name}
    del less["products"]
    (table,) = parts(summarise(ladder.make({"jax": less})))
    assert table.columns[1:] == ["a step", "framework and layers", "around", "a call"]
    assert table.rows == [["train ae400, 32: jax", "3.40", "2.00", "1.40", "20.0"]]
    assert parts(summarise(ladder.make({"jax": {}}))) == []


def test_a_rung_that_takes_less_than_its_base_is_said_to():
    odd = {**ladder.TRAIN_MS, "native-step": 1.1}
    made = ladder.make({"jax": odd}, noise=noisy)
    (said,) = ladders.unexplained(rows(made))
    assert said.startswith("jax's native-step takes less than native-loop, by more than")
    assert not list(ladders.unexplained(rows(ladder.make({"jax": ladder.TRAIN_MS}, noise=noisy))))


def test_what_a_step_takes_whatever_the_batch_is_read_off_two_batch_sizes():
    small = rows(ladder.make({"jax": ladder.TRAIN_MS}))
    longer = {name: 5 * each for name, each in ladder.TRAIN_MS.items()}
    large = rows(ladder.make({"jax": longer}, batch_size=500))
    found = fixed_step_seconds([*small, *large])
    # 3.4 ms at 32 and 17 ms at 500.
    assert found["jax"].value == pytest.approx(0.0034 - 32 * (0.017 - 0.0034) / (500 - 32))
    (said,) = ladders.fixed([*small, *large])
    assert said.startswith("Whatever the batch, a step takes 2.47 ms with jax")
    assert list(ladders.fixed(small)) == []


def test_every_number_is_in_data_csv():
    lines = list(csv_export.lines(summarise(ladder.make({"jax": ladder.TRAIN_MS}))))
    told = {line[4]: line[5] for line in lines}
    assert told["rung fit: step"] == 0.003
    assert told["rung fit: added"] == 0.0005
    assert told["rung fit: call"] == 0.02
    assert "rung products: added" not in told


def test_the_figure_has_a_bar_for_each_contender():
    made = ladder.make({"jax": ladder.TRAIN_MS, "torch": TORCH_MS})
    caption, svg = draw(VIEWS[0], summarise(made))
    assert caption == "What a step consists of"
    assert b"Keras and Python around" in svg
    # Of rungs without the framework's own step the parts aren't known.
    fit_alone = summarise(ladder.make({"jax": {"fit": 3.0}}))
    assert draw(VIEWS[0], fit_alone) == ("", b"")
    nothing = msgspec.structs.replace(summarise(made), ladder=[])
    assert draw(VIEWS[0], nothing) == ("", b"")


def test_a_contender_that_failed_is_named_with_its_reason():
    made = ladder.make({"jax": ladder.TRAIN_MS, "torch": {}})
    made.events.append(record.Failure("ladder", "torch", "ae400", 0, "was killed", ""))
    second = rows(made)[1]
    assert second.failure == "was killed"
    notes = [note for table in tables(summarise(made)) for note in table.notes]
    assert "torch: was killed" in notes
