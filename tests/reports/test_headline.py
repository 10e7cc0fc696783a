"""Test the sentences at the beginning of a report."""

import msgspec
import pytest

from aebench.reports.headline import sentences
from aebench.reports.record import Block
from aebench.reports.summary import Training, summarise
from helpers import sample


@pytest.fixture
def summary():
    return summarise(sample.make())


def with_cells(summary, *cells):
    """Return a summary with copies of the sample's cell: other names, batch sizes and leaders."""
    (first,) = summary.speed
    made = [
        msgspec.structs.replace(
            first,
            model=model,
            workload=workload,
            batch_size=batch,
            fastest=leader,
            stands=bool(leader),
            judged_by="epoch" if workload == "train" else "step",
            answer="something",
        )
        for model, workload, batch, leader in cells
    ]
    return msgspec.structs.replace(summary, speed=made)


def test_what_is_fastest_is_said_of_all_cells_at_once(summary):
    told = with_cells(
        summary,
        ("ae400", "train", 32, "jax"),
        ("ae400", "train", 500, "torch"),
        ("ae800", "train", 32, "jax"),
        ("ae800", "train", 500, "jax"),
        ("ae400", "predict", 32, ""),
    )
    assert sentences(told)[0] == (
        "On this machine, jax is fastest in epochs of training ae400 (batch 32) and ae800 (batch "
        "32 and 500); torch is fastest in epochs of training ae400 (batch 500); no contender is "
        "shown to be fastest in steps of predicting ae400 (batch 32)."
    )


def test_cells_of_runs_that_share_no_contender_are_told_apart(summary):
    cells = [
        msgspec.structs.replace(summary.speed[0], stands=stands, apart=[name])
        for stands, name in ((True, "first"), (False, "second"))
    ]
    (said, *_) = sentences(msgspec.structs.replace(summary, speed=cells))
    assert said == (
        "On this machine, jax is fastest in epochs of training ae400 (batch 32, first); no "
        "contender is shown to be fastest in epochs of training ae400 (batch 32, second)."
    )


def test_many_cells_are_counted(summary):
    leaders = ("jax", "torch", "")
    named = [
        (f"a-model-of-ours-{each}", "train", 32 + each, leaders[each % 3]) for each in range(12)
    ]
    told = with_cells(summary, *named)
    assert sentences(told)[0] == (
        "On this machine, judged for all cells together, jax is fastest in 4 of 12 cells; torch is "
        "fastest in 4 of 12 cells; no contender is shown to be fastest in 4 of 12 cells."
    )


def test_where_nobody_is_shown_to_be_fastest_that_is_said(summary):
    told = with_cells(summary, ("ae400", "train", 32, ""), ("ae800", "train", 32, ""))
    assert sentences(told)[0] == (
        "On this machine, no contender is shown to be fastest in epochs of training ae400 and "
        "ae800 (batch 32)."
    )


def test_one_who_is_alone_is_not_called_fastest(summary):
    (first,) = summary.speed
    alone = msgspec.structs.replace(first, answer="", fastest="")
    told = sentences(msgspec.structs.replace(summary, speed=[alone]))
    assert not any("fastest" in each for each in told)


def trained(row, model, contender, *losses, on_plateau=()):
    trainings = [
        Training(seed, [0.3, loss], [1.0, 2.0], loss, seed in on_plateau)
        for seed, loss in enumerate(losses)
    ]
    return msgspec.structs.replace(
        row,
        contender=contender,
        model=model,
        seeds=len(losses),
        trainings=trainings,
        stuck=len(on_plateau),
    )


def test_losses_are_told_with_their_range_over_backends_and_seeds(summary):
    row = summary.quality[0]
    quality = [
        trained(row, "ae400", "jax", 0.107, 0.118),
        trained(row, "ae400", "torch", 0.112),
        trained(row, "ae800", "jax", 0.121),
    ]
    told = sentences(msgspec.structs.replace(summary, quality=quality))[-1]
    assert told == (
        "After 2 epochs of training the loss on the test set is 0.107 to 0.118 with ae400 and "
        "0.121 with ae800, from the least to the most of backends and seeds."
    )


def test_ranges_name_what_differs_and_fewer_images_are_told_apart(summary):
    row = summary.quality[0]
    few = [
        msgspec.structs.replace(trained(row, "ae400", "jax (few)", *losses), train_samples=samples)
        for samples, losses in ((1000, (0.262,)), (5000, (0.2, 0.25)))
    ]
    quality = [*few[:1], trained(row, "ae400", "jax", 0.107), few[1]]
    told = sentences(msgspec.structs.replace(summary, quality=quality, speed=[], footprint=[]))
    assert told[:2] == [
        "After 2 epochs of training on 10,000 samples "
        "the loss on the test set is 0.107 with ae400.",
        "After 2 epochs on 5,000 samples it is 0.200 to 0.250 with ae400, from the least to the "
        "most of seeds; after 2 epochs on 1,000 samples it is 0.262 with ae400.",
    ]


def test_a_peak_that_is_no_training_says_so(summary):
    starts = [
        msgspec.structs.replace(row, phase_peak_bytes={**row.phase_peak_bytes, "data": 2**30})
        if row.contender == "torch"
        else row
        for row in summary.footprint
    ]
    told = sentences(msgspec.structs.replace(summary, footprint=starts))[1]
    assert "MiB with jax and" in told
    assert told.endswith("MiB with torch (while loading the data; 600 MiB otherwise).")


def test_who_stayed_on_the_plateau_is_counted_and_not_in_the_range(summary):
    quality = [trained(summary.quality[0], "ae400", "jax", 0.11, 0.262, on_plateau=(1,))]
    told = sentences(msgspec.structs.replace(summary, quality=quality))[-1]
    assert "is 0.110 with ae400" in told
    assert told.endswith("; 1 of 2 trainings stayed on the plateau of the mean image.")


def test_nothing_measured_says_nothing(summary):
    passes = ("speed", "footprint", "quality", "profile", "memory", "memory_loops")
    nothing = {name: [] for name in passes}
    empty = msgspec.structs.replace(summary, **nothing)
    assert sentences(empty) == []


def test_where_time_and_memory_go_is_told_where_nothing_else_is(summary):
    explained = msgspec.structs.replace(summary, speed=[], footprint=[], quality=[])
    assert sentences(explained) == [
        "The largest part of a traced training step is matrix product with jax (50 % of ae400) "
        "and matrix product with torch (50 % of ae400).",
        "With all training data given to fit, memory peaks at 325 MiB with jax (ae400) and 325 MiB "
        "with torch (ae400); torch (ae400) grew with the steps.",
        "None of 2 loops is shown to grow by more than 64 MiB over 1,000 repeats.",
    ]
    assert len(sentences(summary)) == 3


def test_what_does_not_stand_among_all_cells_is_not_said(summary):
    (cell,) = summary.speed
    assert (cell.fastest, cell.stands) == ("jax", True)
    alone = msgspec.structs.replace(cell, stands=False)
    assert sentences(msgspec.structs.replace(summary, speed=[alone]))[0] == (
        "On this machine, no contender is shown to be fastest in epochs of training ae400 "
        "(batch 32)."
    )


def test_several_machines_are_not_called_one(summary):
    (run,) = summary.runs
    machine = msgspec.structs.replace(run.machine, processor="Another")
    runs = [run, msgspec.structs.replace(run, machine=machine)]
    told = sentences(msgspec.structs.replace(summary, runs=runs))
    assert told[0].startswith("On these machines, jax is fastest in epochs of")


def test_a_disturbed_cell_names_nobody():
    made = sample.make()
    made.events = [
        msgspec.structs.replace(each, disturbed=True) if isinstance(each, Block) else each
        for each in made.events
    ]
    summary = summarise(made)
    (cell,) = summary.speed
    assert {row.verdict for row in cell.rows if row.samples_per_second} == {"", "disturbed"}
    assert cell.answer == (
        "No contender is called fastest for ae400 at batch 32 (train): the machine did other work "
        "in 8 of the 8 blocks that count."
    )
    assert sentences(summary)[0] == (
        "On this machine, no contender is shown to be fastest in epochs of training ae400 "
        "(batch 32)."
    )
