"""Parity is judged per workload and batch size: what differs in one is ranked in the others."""

import msgspec
import pytest

from aebench.reports import record, tables
from aebench.reports.record import Cell, Parity, WorkloadInfo, WorkloadSizes
from aebench.reports.summary import ParityRow, summarise
from helpers import sample

INFERENCE = ("shapes", "forward", "loss")
STEPS = ("step", "gradients", "short training")
LONG = ("long training",)
SIZES = (32, 500)
WORKLOADS = ("train", "predict")
NO_FIT = "there is no fit"


def checks(contender, wrong=(), trains=True):
    """List the checks of a contender; ``wrong`` has those that fail, with the batch size."""
    made = [(name, size) for size in SIZES for name in INFERENCE]
    if trains:
        made += [(name, size) for size in SIZES for name in STEPS]
        made += [(name, 32) for name in LONG]
    return [
        Parity(contender, "ae400", name, 1.0 if (name, size) in wrong else 0.0, 0.5, "", 0, size)
        for name, size in made
    ]


def made(parity, unable=()):
    """Make the sample in two workloads at two batch sizes, with the checks of parity."""
    base = sample.make()
    plan = msgspec.structs.replace(
        base.header.plan,
        passes=["parity", "speed"],
        sizes=[WorkloadSizes(name, list(SIZES), 1, 8) for name in WORKLOADS],
    )
    contenders = [
        msgspec.structs.replace(each, unsupported={"train": NO_FIT})
        if each.name in unable
        else each
        for each in base.header.contenders
    ]
    base.header = msgspec.structs.replace(
        base.header,
        plan=plan,
        contenders=contenders,
        workloads=[
            WorkloadInfo("train", "trains", "training", trains=True),
            WorkloadInfo("predict", "predicts with", "predicting"),
        ],
        cells=[Cell("ae400", name, size) for name in WORKLOADS for size in SIZES],
    )
    speed = [each for each in base.events if isinstance(each, (record.Round, record.Block))]
    others = [each for each in base.events if not isinstance(each, (record.Round, record.Block))]
    base.events = [
        *parity,
        *(
            msgspec.structs.replace(each, workload=name, batch_size=size)
            for each in speed
            for name in WORKLOADS
            for size in SIZES
            if not (name == "train" and getattr(each, "contender", "") in unable)
        ),
        *others,
    ]
    return base


def verdicts(base, contender="torch"):
    """Return a contender's verdict in each cell."""
    return {
        (cell.workload, cell.batch_size): row.verdict
        for cell in summarise(base).speed
        for row in cell.rows
        if row.contender == contender
    }


def everywhere(verdict):
    return {(name, size): verdict for name in WORKLOADS for size in SIZES}


def parity_entries(base):
    (table, *_) = tables.parity(summarise(base))
    return {row[0]: row[-1] for row in table.rows}, table.notes


def test_the_same_model_is_ranked_everywhere():
    base = made(checks("jax") + checks("torch"))
    assert verdicts(base) == everywhere("slower")
    entries, _ = parity_entries(base)
    assert entries["ae400 torch"] == "same"


@pytest.mark.parametrize("check", ["loss", "step", "gradients", "short training"])
def test_a_fault_of_training_at_every_size_blocks_training_alone(check):
    wrong = [(check, size) for size in SIZES]
    base = made(checks("jax") + checks("torch", wrong))
    expected = everywhere("slower") | {("train", size): "differs" for size in SIZES}
    assert verdicts(base) == expected
    entries, notes = parity_entries(base)
    assert entries["ae400 torch"] == "same in predict"
    assert "ae400 torch: ranked only in predict." in notes


@pytest.mark.parametrize("check", ["shapes", "forward"])
def test_a_fault_of_outputs_blocks_both_workloads(check):
    base = made(checks("jax") + checks("torch", [(check, size) for size in SIZES]))
    assert verdicts(base) == everywhere("differs")
    assert parity_entries(base)[0]["ae400 torch"] == "differs"


@pytest.mark.parametrize(("size", "other"), [(32, 500), (500, 32)])
def test_a_fault_at_one_batch_size_blocks_that_size_alone(size, other):
    base = made(checks("jax") + checks("torch", [("step", size)]))
    assert verdicts(base) == everywhere("slower") | {("train", size): "differs"}
    base = made(checks("jax") + checks("torch", [("forward", size)]))
    blocked = {(name, size): "differs" for name in WORKLOADS}
    assert verdicts(base) == everywhere("slower") | blocked
    entries, notes = parity_entries(base)
    assert entries["ae400 torch"] == "partly"
    where = f"train at batch {other} and predict at batch {other}"
    assert f"ae400 torch: ranked only in {where}." in notes
    assert f"ae400 torch: forward at batch {size} differs by 1, 0.5 is allowed." in notes


def test_the_long_training_stands_for_all_batch_sizes():
    base = made(checks("jax") + checks("torch", [("long training", 32)]))
    expected = everywhere("slower") | {("train", size): "differs" for size in SIZES}
    assert verdicts(base) == expected


def test_a_contender_that_only_predicts_is_ranked_there():
    base = made(checks("jax") + checks("torch", trains=False), unable=("torch",))
    assert verdicts(base) == everywhere("slower") | {("train", size): "" for size in SIZES}
    entries, notes = parity_entries(base)
    assert entries["ae400 torch"] == "same in predict"
    assert f"ae400 torch: ranked only in predict ({NO_FIT})." in notes
    (row,) = (row for row in summarise(base).parity if row.contender == "torch")
    assert row.differs == ""


def test_what_was_not_checked_at_a_batch_size_is_not_ranked_there():
    parity = [each for each in checks("torch") if (each.batch_size, each.check) != (500, "forward")]
    base = made(checks("jax") + parity)
    blocked = {(name, 500): "unchecked" for name in WORKLOADS}
    assert verdicts(base) == everywhere("slower") | blocked
    (row,) = (row for row in summarise(base).parity if row.contender == "torch")
    assert row.differs == "it wasn't compared with the oracle at batch 500"


@pytest.mark.parametrize("lacking", [STEPS, LONG])
def test_a_training_that_failed_blocks_training_alone(lacking):
    parity = [each for each in checks("torch") if each.check not in lacking]
    failure = record.Failure("parity", "torch", "ae400", 0, "was killed", "")
    base = made([*checks("jax"), *parity, failure])
    expected = everywhere("slower") | {("train", size): "unchecked" for size in SIZES}
    assert verdicts(base) == expected
    (row,) = (row for row in summarise(base).parity if row.contender == "torch")
    assert row.differs == "was killed"


def test_older_records_name_no_batch_size_and_their_checks_stand_for_all():
    unsized = [msgspec.structs.replace(each, batch_size=None) for each in checks("torch")]
    first = unsized[: len(INFERENCE)]
    assert verdicts(made(checks("jax") + first)) == everywhere("slower")
    wrong = [msgspec.structs.replace(each, difference=1.0) for each in first]
    assert verdicts(made(checks("jax") + wrong)) == everywhere("differs")


def test_what_was_not_checked_makes_no_class_of_its_own_of_the_others():
    made = summarise(sample.make())
    unchecked = ParityRow("ae400", "native-jax", "", [])
    made = msgspec.structs.replace(made, parity=[*made.parity, unchecked])
    notes = [note for table in tables.speed(made) for note in table.notes]
    assert notes and not [note for note in notes if "a class of its own" in note]


def test_checks_of_earlier_runs_are_told_with_their_day():
    def note(*days):
        each = [
            msgspec.structs.replace(check, measured_at=day and f"{day}T01:02:03+00:00")
            for name, day in zip(("jax", "torch"), days, strict=True)
            for check in checks(name)
        ]
        (table, *_) = tables.parity(summarise(made(each)))
        return [note for note in table.notes if note.startswith("Parity:")]

    rest = "with the same versions, machine, model and code, and not again in this run."
    assert note("", "") == []
    assert note("2026-01-02", "2026-01-02") == [f"Parity: checked on 2026-01-02 {rest}"]
    assert note("2026-01-03", "2026-01-02") == [
        f"Parity: checked on 2026-01-02 and 2026-01-03 {rest}"
    ]
    assert note("2026-01-02", "") == [f"Parity: 1 of 2 rows: checked on 2026-01-02 {rest}"]


def general(contender, wrong=(), note="", trains=True, oracle="tensorflow"):
    """List the checks of a model without a closed form: no long training, and an oracle's name."""
    found = [each for each in checks(contender, wrong, trains) if each.check not in LONG]
    return [
        msgspec.structs.replace(each, oracle=oracle, note=note if each.check == "shapes" else "")
        for each in found
    ]


def test_without_a_closed_form_no_long_training_is_needed():
    base = made(general("jax") + general("torch"))
    assert verdicts(base) == everywhere("slower")
    # With one, it is.
    short = [each for each in checks("torch") if each.check not in LONG]
    expected = everywhere("slower") | {("train", size): "unchecked" for size in SIZES}
    assert verdicts(made(checks("jax") + short)) == expected


def test_a_model_that_steps_otherwise_on_one_backend_is_ranked_where_it_predicts():
    wrong = [("step", size) for size in SIZES]
    base = made(general("jax") + general("torch", wrong))
    expected = everywhere("slower") | {("train", size): "differs" for size in SIZES}
    assert verdicts(base) == expected
    _, notes = parity_entries(base)
    assert any("the same Keras model in float64 on tensorflow" in note for note in notes)
    assert not any("reconstructions" in note or note.startswith("Allowed in") for note in notes)


def test_what_was_left_out_is_said_and_is_not_ranked():
    note = "training isn't compared, since random_flip is random and has no rate to set to 0"
    base = made(general("jax") + general("torch", note=note, trains=False))
    expected = everywhere("slower") | {("train", size): "unchecked" for size in SIZES}
    assert verdicts(base) == expected
    _, notes = parity_entries(base)
    assert sum(note in each for each in notes) == 1


def test_who_asks_for_it_gets_a_ranking_anyway_and_is_told():
    wrong = [("step", size) for size in SIZES]
    base = made(general("jax") + general("torch", wrong))
    plan = msgspec.structs.replace(base.header.plan, rank_anyway=True)
    base.header = msgspec.structs.replace(base.header, plan=plan)
    assert verdicts(base) == everywhere("slower")
    assert parity_entries(base)[0]["ae400 torch"] != "same"
    (cell, *_) = [each for each in summarise(base).speed if each.workload == "train"]
    assert next(row for row in cell.rows if row.contender == "torch").despite
    told = [note for table in tables.speed(summarise(base)) for note in table.notes]
    assert any(note.startswith("torch: ranked as --rank-anyway asked for") for note in told)


def test_a_model_that_is_not_compiled_differs_nowhere_and_says_why_it_is_not_trained():
    reason = "its model isn't compiled"
    base = made(general("jax", trains=False) + general("torch", trains=False), ("jax", "torch"))
    whole = [msgspec.structs.replace(each, unsupported={}) for each in base.header.contenders]
    models = [
        msgspec.structs.replace(each, unsupported={"train": reason}) for each in base.header.models
    ]
    base.header = msgspec.structs.replace(base.header, contenders=whole, models=models)
    summary = summarise(base)
    installed = [row for row in summary.parity if row.contender in ("jax", "torch")]
    assert installed
    for row in installed:
        assert (row.differs, row.unsupported, row.same_in) == ("", reason, ["predict"])
    training = [cell for cell in summary.speed if cell.workload == "train"]
    rows = [row for cell in training for row in cell.rows if row.contender in ("jax", "torch")]
    assert {row.failure for row in rows} == {reason}
    assert verdicts(base)["predict", 32] == "slower"
