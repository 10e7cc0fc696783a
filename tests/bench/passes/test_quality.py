"""Test losses, their cost and break-even epochs on records whose figures are known."""

import math

import msgspec
import pytest
from scipy import stats

from aebench.reports import record
from aebench.reports.summary import Estimate, summarise
from aebench.reports.summary.breakeven import break_even
from aebench.reports.tables import break_even as break_even_table
from aebench.reports.tables import cost as cost_tables
from aebench.reports.tables import quality as quality_tables
from helpers import sample


def with_trainings(losses, mean_image=0.263, epochs=2):
    """Return a record in which jax trained ae400 from several seeds, and torch didn't."""
    made = sample.make()
    plan = msgspec.structs.replace(
        made.header.plan, seeds=list(range(len(losses))), epochs=epochs, passes=["quality"]
    )
    data = msgspec.structs.replace(made.header.data, mean_image_loss=mean_image)
    made.header = msgspec.structs.replace(
        made.header, plan=plan, data=data, contenders=made.header.contenders[:2]
    )
    made.events = [
        record.QualityEpoch(
            "jax",
            "ae400",
            seed,
            epoch,
            2.0 if epoch == 1 else 1.0,
            0.1,
            0.3,
            loss + 0.05 * (epochs - epoch),
            loss - 0.004 if epoch == epochs else None,
        )
        for seed, loss in enumerate(losses)
        for epoch in range(1, epochs + 1)
    ]
    return made


def test_a_loss_is_the_mean_of_seeds_with_student_s_interval():
    (row,) = summarise(with_trainings([0.10, 0.12, 0.11])).quality
    half = stats.t.ppf(0.975, 2) * 0.01 / math.sqrt(3)
    found = (row.test_loss.value, row.test_loss.low, row.test_loss.high)
    assert found == pytest.approx((0.11, 0.11 - half, 0.11 + half))
    assert row.train_loss.value == pytest.approx(0.106)
    # The gap is the same for all seeds. Pairs show that; intervals of the two losses don't.
    assert (row.gap.low, row.gap.high) == pytest.approx((0.004, 0.004))
    assert row.test_losses == pytest.approx([0.16, 0.11])
    # The first epoch is left out, since it includes compiling.
    assert row.epoch_seconds == 1.0


def test_who_stays_on_the_plateau_is_counted_and_not_averaged_away():
    (row,) = summarise(with_trainings([0.11, 0.26, 0.13])).quality
    assert (row.seeds, row.stuck) == (3, 1)
    assert row.test_loss.value == pytest.approx(0.12)
    assert [each.stuck for each in row.trainings] == [False, True, False]
    (table,) = quality_tables(summarise(with_trainings([0.11, 0.26, 0.13])))
    assert table.rows[0][table.columns.index("on plateau")] == "1 of 3"
    assert any("0.2630, the loss of answering with the mean image" in n for n in table.notes)
    # If no seed left the plateau, the mean loss is that of the seeds on the plateau.
    (row,) = summarise(with_trainings([0.262, 0.258])).quality
    assert (row.stuck, row.test_loss.value) == (2, pytest.approx(0.26))
    # Old records lack the mean image's loss: the plateau isn't known, and isn't mentioned.
    (row,) = summarise(with_trainings([0.262], mean_image=None)).quality
    assert row.stuck == 0


def by_plan():
    """Return a record in which torch trained ae400 alone, by the plan, and jax ae800 too."""
    made = with_trainings([0.12], epochs=2)
    wide = msgspec.structs.replace(made.header.models[0], name="ae800", parameters=10**6)
    plan = msgspec.structs.replace(made.header.plan, measured_in_full=["ae400"])
    made.header = msgspec.structs.replace(
        made.header, plan=plan, models=[made.header.models[0], wide]
    )
    ours = list(made.events)
    made.events += [
        msgspec.structs.replace(row, contender="torch", test_loss=row.test_loss + 0.02)
        for row in ours
    ]
    made.events += [
        msgspec.structs.replace(row, model="ae800", test_loss=row.test_loss - 0.01) for row in ours
    ]
    return made


def test_a_model_that_one_backend_alone_trains_by_plan_is_no_failure():
    summary = summarise(by_plan())
    (table,) = quality_tables(summary)
    assert [row[0] for row in table.rows] == ["ae400 jax", "ae400 torch", "ae800 jax"]
    assert not any("–" in row for row in table.rows)
    (note,) = (note for note in table.notes if "alone trained" in note)
    assert note.startswith("By plan jax alone trained ae800: ")
    # The losses by parameters are of the same backends for every model.
    ends = {each.model: each.test_loss for each in summary.cost.by_parameters}
    assert ends == {"ae400": pytest.approx(0.12), "ae800": pytest.approx(0.11)}
    assert "backends that trained all models" in cost_tables(summary)[-1].notes[0]
    alone = by_plan()
    alone.events = [row for row in alone.events if row.contender == "jax"]
    (table,) = quality_tables(summarise(alone))
    assert not any("alone trained" in note for note in table.notes)


def test_a_training_that_was_cut_counts_for_nothing():
    made = with_trainings([0.10, 0.12])
    made.events.pop()
    (row,) = summarise(made).quality
    assert (row.seeds, row.seeds_planned) == (1, 2)
    assert row.test_loss == Estimate(0.10)


def test_the_front_is_of_all_epochs_by_seconds_and_of_models_by_parameters():
    made = sample.make()
    wide = msgspec.structs.replace(made.header.models[0], name="ae800", parameters=2_110_809)
    made.header = msgspec.structs.replace(made.header, models=[*made.header.models, wide])
    for epoch, loss in ((1, 0.24), (2, 0.22)):
        made.events.append(
            record.QualityEpoch(
                "jax", "ae800", 0, epoch, 4.0, 0.2, 0.3, loss, 0.2 if epoch == 2 else None
            )
        )
    summary = summarise(made)
    # An epoch of ae400 takes jax 1.5 s and torch 6 s, for the same losses.
    front = [
        (each.model, each.contender, each.seconds, each.test_loss)
        for each in summary.cost.by_seconds
        if each.on_front
    ]
    assert front == [("ae400", "jax", 1.5, 0.25), ("ae400", "jax", 3.0, 0.21)]
    assert len(summary.cost.by_seconds) == 6
    by_parameters = {each.model: each for each in summary.cost.by_parameters}
    assert by_parameters["ae400"].on_front and not by_parameters["ae800"].on_front
    assert by_parameters["ae400"].test_loss == pytest.approx(0.21)
    seconds, parameters = cost_tables(summary)
    assert seconds.rows == [["ae400 jax", "1 to 2", "1.50 to 3.00", "0.2500 to 0.2100"]]
    assert parameters.rows[1] == ["ae800", "2,110,809", "0.2200", "no"]


def test_what_learnt_nothing_is_on_no_front():
    stuck = summarise(with_trainings([0.262, 0.258]))
    assert stuck.cost.by_seconds == stuck.cost.by_parameters == []
    assert cost_tables(stuck) == []
    assert summarise(with_trainings([0.262, 0.11])).cost.by_parameters[0].on_front


def test_break_even_epochs_are_what_the_start_takes_longer_over_what_an_epoch_gains():
    made = sample.make()
    # Epochs take torch some 15 s and jax some 3.75 s; make jax's first step 25 s longer.
    made.events = [
        msgspec.structs.replace(each, seconds=each.seconds + 25)
        if isinstance(each, record.Phase) and (each.contender, each.phase) == ("jax", "first step")
        else each
        for each in made.events
    ]
    summary = summarise(made)
    (pair,) = summary.break_even
    jax, torch = (row.epoch.seconds for row in summary.speed[0].rows[:2])
    assert (pair.faster, pair.slower, pair.batch_size) == ("jax", "torch", 32)
    later = (0.04 + 2 + 1) + 25 - 4 * (0.04 + 2 + 1)
    gain = torch.value - jax.value
    assert pair.starts_later_seconds == pytest.approx(later)
    assert pair.gains_seconds == pytest.approx(gain)
    assert pair.epochs.value == pytest.approx(later / gain)
    # The epochs are at the ends of their intervals.
    ends = (pair.epochs.low, pair.epochs.high)
    least, most = torch.low - jax.high, torch.high - jax.low
    assert ends == pytest.approx((later / most, later / least))
    (table,) = break_even_table(summarise(made))
    assert table.rows[0][:3] == ["ae400: jax before torch", "15.9", "11.2"]


def test_another_model_makes_up_for_nothing():
    summary = summarise(sample.make())
    (cell,) = summary.speed
    rows = [
        msgspec.structs.replace(row, differs="step differs" if row.contender == "torch" else "")
        for row in cell.rows
    ]
    assert break_even(summary.speed, summary.footprint)
    assert break_even([msgspec.structs.replace(cell, rows=rows)], summary.footprint) == []


def test_one_that_starts_no_later_leads_from_the_start_and_one_that_may_gain_nothing_is_open():
    (pair,) = summarise(sample.make()).break_even
    assert (pair.epochs.value, pair.epochs.low, pair.epochs.high) == (0, 0, 0)
    (table,) = break_even_table(summarise(sample.make()))
    assert table.rows[0][-1] == "0: leads from the start"
    summary = summarise(sample.make())
    (cell,) = summary.speed
    rows = [
        msgspec.structs.replace(
            row,
            epoch=msgspec.structs.replace(
                row.epoch, seconds=Estimate(row.epoch.seconds.value, 1e-6, 99.0)
            ),
        )
        if row.epoch
        else row
        for row in cell.rows
    ]
    starts = [
        msgspec.structs.replace(row, total_seconds=Estimate(99.0))
        if row.contender == "jax"
        else row
        for row in summary.footprint
    ]
    (pair,) = break_even([msgspec.structs.replace(cell, rows=rows)], starts)
    assert pair.epochs.high is None and pair.epochs.value > 0
    open_ended = msgspec.structs.replace(summary, break_even=[pair])
    assert break_even_table(open_ended)[0].rows[0][-1].endswith(", ∞]")
    # Cold starts were measured at one batch size: nothing is claimed for another.
    assert break_even([msgspec.structs.replace(cell, batch_size=500)], starts) == []
