"""Test whether ladder and profile are said to agree: what is compared, and what never is."""

import msgspec
import pytest

from aebench.backends import profilers
from aebench.reports import csv_export
from aebench.reports.summary import ladder_agreement, summarise
from aebench.reports.tables.ladder import ladder as tables
from helpers import ladder, sample

PROFILE_MS = ladder.PROFILE_MS


def noisy(contender, rung, launch, block):
    return 1 + 0.01 * launch


def measured(**milliseconds):
    return ladder.make({"jax": {**ladder.TRAIN_MS, **milliseconds}}, noise=noisy)


def said(*made):
    """Return what the tables of the ladder say of profiles."""
    notes = [note for table in tables(summarise(*made)) for note in table.notes]
    return [note for note in notes if note.startswith("Ladder ")]


def changed(made, **fields):
    made.header = msgspec.structs.replace(made.header, **fields)
    return made


AGREE = (
    "Ladder and profile of jax agree within their errors, in ms a step: fit 3.03 [2.88, 3.18] and "
    "3.040 [3.000, 3.100]; matrix products 1.010 [0.960, 1.060] and 1.20 [0.90, 1.23]; Keras and "
    "Python 1.010 [0.960, 1.060] of at most 2.36."
)


def test_two_records_of_one_machine_agree():
    assert said(measured(), ladder.profiled({"jax": PROFILE_MS})) == [AGREE]


def test_a_record_of_both_passes_agrees_with_itself():
    made = measured()
    both = msgspec.structs.replace(made.header.plan, passes=["ladder", "profile"])
    made.events += ladder.profile("jax", PROFILE_MS)
    assert said(changed(made, plan=both)) == [AGREE]


def test_what_differs_is_said_with_the_gap_between_the_errors():
    few = {**PROFILE_MS, "matrix product": 0.4, "Python and Keras": 0.2, "element-wise": 2.8}
    agree, differ = said(measured(), ladder.profiled({"jax": few}))
    assert "fit 3.03" in agree
    assert "matrix products" not in agree
    assert differ == (
        "Ladder and profile of jax differ by at least 0.550 ms in matrix products 1.010 [0.960, "
        "1.060] and 0.400 [0.300, 0.410] and by at least 0.345 ms in Keras and Python 1.010 "
        "[0.960, 1.060] of at most 0.615."
    )


def test_a_profile_may_hold_more_python_than_keras_adds_but_not_more_products():
    more = {**PROFILE_MS, "matrix product": 2.0, "Python and Keras": 1.1}
    found = {part.name: part for part in parts(measured(), ladder.profiled({"jax": more}))}
    assert found["Keras and Python"].apart_seconds == 0
    assert found["matrix products"].apart_seconds == pytest.approx(0.44e-3, abs=1e-6)


def parts(*made):
    (row,) = summarise(*made).ladder_agreement
    return row.parts


def test_without_what_tracing_changes_the_ranges_would_be_narrower():
    slow = ladder.profiled({"jax": {**PROFILE_MS, "matrix product": 1.5}})
    found = {part.name: part for part in parts(measured(), slow)}
    # The traced step that is shown takes 4.3 ms, the shortest untraced one 3.0.
    assert found["matrix products"].profile_seconds.low == pytest.approx(0.0015 * 3.0 / 4.3)
    assert found["matrix products"].profile_seconds.high == pytest.approx(0.0015)
    assert found["matrix products"].apart_seconds == 0


def test_products_that_a_profiler_leaves_out_may_be_in_its_waiting():
    few = {**PROFILE_MS, "matrix product": 0.8, "waiting": 0.7}
    made = [measured(), ladder.profiled({"jax": few})]
    assert any("differ" in each for each in said(*made))
    for each in made:
        (jax,) = each.header.contenders
        left_out = msgspec.structs.replace(jax, profile_note="leaves out small operations")
        changed(each, contenders=[left_out])
    assert not any("differ" in each for each in said(*made))


def test_compiled_metrics_are_no_python():
    made = measured(**{"fit-without-metrics": 2.2})
    (_, _, keras) = parts(made, ladder.profiled({"jax": PROFILE_MS}))
    assert keras.ladder_seconds.value == pytest.approx(0.202e-3)


def test_what_one_of_them_lacks_is_not_compared():
    without = {name: each for name, each in ladder.TRAIN_MS.items() if name != "products"}
    made = ladder.make({"jax": without}, noise=noisy)
    names = [part.name for part in parts(made, ladder.profiled({"jax": PROFILE_MS}))]
    assert names == ["fit", "Keras and Python"]


def test_without_a_profile_nothing_is_said():
    assert said(measured()) == []
    assert said(measured(), ladder.profiled({"torch": PROFILE_MS})) == []


def test_records_of_other_machines_are_never_compared():
    elsewhere = ladder.profiled({"jax": PROFILE_MS}, processor="Another one")
    (row,) = summarise(measured(), elsewhere).ladder_agreement
    assert row.parts == []
    (only,) = said(measured(), elsewhere)
    assert only.endswith("aren't compared: another machine.")


def test_runs_of_another_speed_of_the_machine_are_not_compared():
    made = measured()
    faster = msgspec.structs.replace(made.header.machine, fixed_work_seconds=0.1)
    slower = msgspec.structs.replace(made.header.machine, fixed_work_seconds=0.12)
    beside = changed(ladder.profiled({"jax": PROFILE_MS}), machine=slower)
    (only,) = said(changed(made, machine=faster), beside)
    assert only.endswith("aren't compared: another speed of the machine.")


def test_the_profile_of_the_same_machine_is_compared_where_there_are_two():
    here = ladder.profiled({"jax": PROFILE_MS})
    elsewhere = ladder.profiled({"jax": {"other": 1.0}}, processor="Another one")
    (only,) = said(elsewhere, measured(), here)
    assert only.startswith("Ladder of jax (sample) and profile of jax (profiles, ")
    assert "agree within their errors" in only


@pytest.mark.parametrize("version", ["keras", "framework"])
def test_other_versions_are_not_compared(version):
    made = measured(), ladder.profiled({"jax": PROFILE_MS})
    if version == "framework":
        (jax,) = made[1].header.contenders
        changed(made[1], contenders=[msgspec.structs.replace(jax, version="2.0")])
    for each, found in zip(made, ("3.14.0", "3.15.1"), strict=True):
        if version == "keras":
            worker = next(e for e in sample.make().events if hasattr(e, "frameworks_held"))
            versions = {"keras": found}
            each.events.append(msgspec.structs.replace(worker, contender="jax", versions=versions))
    (only,) = said(*made)
    assert "aren't compared" in only


@pytest.mark.parametrize(("ladders", "profiles"), [(500, 32), (32, 500)])
def test_another_batch_size_is_another_step(ladders, profiles):
    made = ladder.make({"jax": ladder.TRAIN_MS}, noise=noisy, batch_size=ladders)
    profiled = ladder.profiled({"jax": PROFILE_MS})
    *operations, profile = profiled.events
    profiled.events = [*operations, msgspec.structs.replace(profile, batch_size=profiles)]
    assert said(made, profiled) == []


def test_a_profile_is_of_training_alone():
    made = measured()
    made.events = [msgspec.structs.replace(each, workload="predict") for each in made.events]
    rungs = [msgspec.structs.replace(each, workload="predict") for each in made.header.rungs]
    assert said(changed(made, rungs=rungs), ladder.profiled({"jax": PROFILE_MS})) == []


def test_the_profile_of_the_own_run_is_compared_alone():
    made = measured()
    both = msgspec.structs.replace(made.header.plan, passes=["ladder", "profile"])
    made.events += ladder.profile("jax", PROFILE_MS)
    (only,) = said(changed(made, plan=both), ladder.profiled({"jax": {"other": 1.0}}))
    assert only.startswith("Ladder and profile of jax (sample) agree")


def test_a_rung_of_one_launch_has_no_error_to_compare_by():
    made = measured()
    made.events = [
        each for each in made.events if getattr(each, "rung", "") != "products" or each.launch == 0
    ]
    names = [part.name for part in parts(made, ladder.profiled({"jax": PROFILE_MS}))]
    assert names == ["fit", "Keras and Python"]


def test_no_launch_takes_less_than_nothing():
    made = ladder.make({"jax": ladder.TRAIN_MS}, noise=lambda *where: 1 + where[2])
    (fit, products, keras) = parts(made, ladder.profiled({"jax": PROFILE_MS}))
    assert fit.ladder_seconds.low == products.ladder_seconds.low == 0
    assert keras.ladder_seconds.low < 0


@pytest.mark.parametrize(
    ("made", "profiled", "why"),
    [
        (
            ladder.make({"jax": ladder.TRAIN_MS}, launches=1),
            ladder.profiled({"jax": PROFILE_MS}),
            "the ladder has one launch, and no error",
        ),
        (
            measured(),
            ladder.profiled({"jax": PROFILE_MS}, untraced_ms=(3.0, 7.0)),
            "the profile's steps took very different times",
        ),
    ],
)
def test_what_has_no_error_to_compare_by_is_not_compared(made, profiled, why):
    assert said(made, profiled) == [f"Ladder and profile of jax aren't compared: {why}."]


def test_the_compared_numbers_are_in_data_csv():
    made = summarise(measured(), ladder.profiled({"jax": PROFILE_MS}))
    told = {line[4]: line[5:8] for line in csv_export.lines(made)}
    what = "beside the profile of jax, matrix products"
    value, low, high = told[f"{what}: ladder, one more launch"]
    assert (value, low) == (pytest.approx(1.01e-3), pytest.approx(0.960e-3, abs=1e-6))
    assert told[f"{what}: profile, any round"][1:] == pytest.approx((0.9e-3, 1.23e-3))
    assert high == pytest.approx(1.060e-3, abs=1e-6)


def test_the_categories_are_those_of_profilers():
    assert ladder_agreement.MATRIX_PRODUCT == profilers.MATRIX_PRODUCT
    assert ladder_agreement.WITHOUT_OPERATION == (
        profilers.DATA,
        profilers.PYTHON,
        profilers.WAITING,
    )
