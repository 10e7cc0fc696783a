"""Test what is called a change between two records, by what, and what can't be compared."""

import math

import msgspec
import pytest

from aebench.reports import record
from aebench.reports.changes import compare, sides, wording
from aebench.reports.changes.change import LOSS, PARITY, PEAK, START, TIME
from aebench.reports.changes.rules import judge_all, read
from helpers import other_runs

GONE = record.Round | record.FootprintFacts | record.Phase | record.QualityEpoch
NEW_TORCH = {"torch": "2.1"}


def changed(base, new, history=()):
    found = compare(sides([*base], [*new], [*history]))
    verdicts = {
        (each.quantity, each.contender): (word, each)
        for each, word in zip(found.changes, found.verdicts, strict=True)
    }
    return found, verdicts


def test_a_time_is_compared_beside_a_contender_that_stayed_the_same():
    base = other_runs.run(1)
    new = other_runs.run(2, {"torch": 1.1}, versions=NEW_TORCH)
    _, found = changed([base], [new])
    word, change = found[TIME, "torch"]
    assert word == "slower"
    assert change.against == "jax"
    assert change.ratio.value == pytest.approx(1.1, rel=0.01)
    assert change.ratio.low > 1.05
    assert (change.base.value, change.new.value) == pytest.approx((3.996, 4.396), rel=0.01)
    # The reference itself has nothing that stayed the same to be compared with.
    word, change = found[TIME, "jax"]
    assert (word, change.judged) == ("", None)
    assert change.reason == (
        "seconds can't be compared (how much this machine's runs differ isn't known: give "
        "--history), and no contender that both share stayed the same"
    )


def test_what_slows_all_alike_is_no_change():
    base, new = other_runs.run(1), other_runs.run(2, {"jax": 2.0, "torch": 2.0})
    _, found = changed([base], [new])
    assert {word for (what, _), (word, _) in found.items() if what == TIME} <= {
        "same",
        "inconclusive",
    }


def test_if_all_versions_changed_ratios_tell_nothing():
    new = other_runs.run(2, versions={"jax": "1.1", "torch": "2.1"})
    _, found = changed([other_runs.run(1)], [new])
    assert found[TIME, "torch"][1].reason.endswith("no contender that both share stayed the same")


def test_seconds_are_compared_where_a_history_tells_how_runs_differ():
    history = [other_runs.run(seed) for seed in range(10, 16)]
    new = other_runs.run(2, {"jax": 1.2}, versions={"jax": "1.1", "torch": "2.1"})
    _, found = changed([other_runs.run(1)], [new], history)
    word, change = found[TIME, "jax"]
    assert (word, change.against) == ("slower", "")
    assert change.judged.measured
    assert change.ratio.value == pytest.approx(1.2, rel=0.01)
    # On another machine, and where fixed work took longer, they aren't.
    both = {"jax": "1.1", "torch": "2.1"}
    other = other_runs.run(2, {"jax": 1.1}, versions=both, processor="Another")
    _, found = changed([other_runs.run(1)], [other], history)
    assert "the machines differ" in found[TIME, "jax"][1].reason
    slow = other_runs.run(2, {"jax": 1.1}, versions=both)
    base = other_runs.run(1)
    for made, seconds in ((slow, 1.0), (base, 0.8)):
        machine = msgspec.structs.replace(made.header.machine, fixed_work_seconds=seconds)
        made.header = msgspec.structs.replace(made.header, machine=machine)
    _, found = changed([base], [slow], history)
    assert "fixed work took up to 1.25 times as long" in found[TIME, "jax"][1].reason


def test_ratios_to_an_own_reference_stand_side_by_side_on_two_machines():
    base, new = other_runs.run(1), other_runs.run(2, {"torch": 1.2}, processor="Another")
    found, of = changed([base], [new])
    word, change = of[TIME, "torch"]
    # The machines don't agree on it; which code is slower, nobody can say, nor does a rule.
    assert (word, change.against, change.reason) == ("differs", "jax", "the machines differ")
    assert change.ratio.value == pytest.approx(1.2, rel=0.01)
    (outcome,) = judge_all([read("time of */torch > 5 %")], found.changes)
    assert (outcome.word, outcome.reason) == ("undecided", "the machines differ")
    assert of[TIME, "jax"][0] == "differs"
    assert ("processor", "Processor", "Another") in found.environment
    assert of[PEAK, "torch"][1].reason == of[START, "torch"][1].reason == "the machines differ"


def test_several_runs_of_a_side_are_repetitions():
    base = [other_runs.run(seed) for seed in (1, 2, 3)]
    new = [other_runs.run(seed, {"torch": 1.02}, versions=NEW_TORCH) for seed in (4, 5, 6)]
    _, few = changed(base[:1], new[:1])
    _, many = changed(base, new)
    width = [
        math.log(each.ratio.high / each.ratio.low)
        for each in (few[TIME, "torch"][1], many[TIME, "torch"][1])
    ]
    assert width[1] < width[0]
    assert not few[TIME, "torch"][1].judged.measured and many[TIME, "torch"][1].judged.measured


def test_what_the_sides_differ_in_is_no_difference_between_runs():
    # The same versions on both sides, as of two commits of one version.
    history = [other_runs.run(seed) for seed in range(10, 15)]
    for further in ([], history):
        _, found = changed([other_runs.run(1)], [other_runs.run(2, {"torch": 1.1})], further)
        assert found[TIME, "torch"][0] == "slower"


def test_adding_a_record_takes_nothing_away():
    base, new = other_runs.run(1), other_runs.run(2, {"torch": 1.1}, versions=NEW_TORCH)
    _, alone = changed([base], [new])
    partial = other_runs.run(3, versions=NEW_TORCH)
    partial.events = [each for each in partial.events if not isinstance(each, record.Round)]
    _, more = changed([base], [new, partial])
    assert more[TIME, "torch"][1].ratio == alone[TIME, "torch"][1].ratio


def test_memory_and_losses_are_compared():
    new = other_runs.run(2, memory={"torch": 1.2}, losses={"jax": 1.1})
    _, found = changed([other_runs.run(1)], [new])
    assert found[PEAK, "torch"][0] == "more"
    assert found[PEAK, "torch"][1].ratio.value == pytest.approx(1.2, rel=0.01)
    assert found[PEAK, "jax"][0] in ("same", "inconclusive")
    # One seed has no interval.
    assert found[LOSS, "jax"][0] == "inconclusive"
    assert found[LOSS, "jax"][1].ratio.value == pytest.approx(1.1)
    assert found[LOSS, "torch"][0] == "same"
    # A cold start is a time: its seconds need a history, else another contender's that stayed.
    assert found[START, "torch"][1].against == "jax"


def test_a_single_start_has_no_interval():
    runs = [other_runs.run(seed, starts=1) for seed in (1, 2)]
    _, found = changed(runs[:1], runs[1:])
    assert found[PEAK, "torch"][0] == "inconclusive"
    assert found[PEAK, "torch"][1].ratio.low is None


def with_parity(seed, difference):
    made = other_runs.run(seed)
    plan = msgspec.structs.replace(made.header.plan, passes=["parity", *made.header.plan.passes])
    made.header = msgspec.structs.replace(made.header, plan=plan)
    for name in ("jax", "torch"):
        wrong = difference if name == "torch" else 0.0
        for check in ("forward", "step", "short training", "long training"):
            made.events.append(record.Parity(name, "ae400", check, wrong, 1e-6, batch_size=32))
    return made


def test_parity_that_broke_is_told_and_its_time_is_not_compared():
    _, found = changed([with_parity(1, 0.0)], [with_parity(2, 0.1)])
    word, change = found[PARITY, "torch"]
    assert word == "broken" and "differs by 0.1" in change.reason
    assert found[PARITY, "jax"][0] == "same"
    assert "isn't shown to be the same model" in found[TIME, "torch"][1].reason
    both, found = changed([with_parity(1, 0.1)], [with_parity(2, 0.1)])
    assert found[PARITY, "torch"][0] == "still differs"
    shown = [row[-1] for table in wording.tables(both) for row in table.rows]
    assert "still differs" not in shown
    _, found = changed([with_parity(1, 0.1)], [with_parity(2, 0.0)])
    assert found[PARITY, "torch"][0] == "repaired"
    # One of several runs that differs is enough.
    _, found = changed([with_parity(1, 0.0)], [with_parity(2, 0.0), with_parity(3, 0.1)])
    assert found[PARITY, "torch"][0] == "broken"


def test_what_the_new_side_lacks_is_not_passed_over():
    new = other_runs.run(2)
    new.events = [
        each
        for each in new.events
        if not (getattr(each, "contender", "") == "torch" and isinstance(each, GONE))
    ]
    new.events.append(record.Failure("speed", "torch", "ae400", 0, "was killed", ""))
    _, found = changed([other_runs.run(1)], [new])
    assert found[TIME, "torch"][1].reason == "was killed"
    assert found[PEAK, "torch"][1].reason == "it wasn't measured on the new side"
    assert found[LOSS, "torch"][1].reason == "it wasn't trained on the new side"
    outcomes = judge_all([read("time > 90 %")], [change for _, change in found.values()])
    assert {each.change.contender: each.word for each in outcomes}["torch"] == "undecided"


def test_other_quantities_are_not_compared():
    new = other_runs.run(2)
    plan = msgspec.structs.replace(new.header.plan, batch_size=500)
    words = [msgspec.structs.replace(each, timing="whole call") for each in new.header.workloads]
    new.header = msgspec.structs.replace(new.header, plan=plan, workloads=words)
    _, found = changed([other_runs.run(1)], [new])
    assert (
        found[TIME, "torch"][1].reason == "rounds of train are of another kind: step and whole call"
    )
    assert "of another batch size" in found[PEAK, "torch"][1].reason
    assert found[LOSS, "torch"][1].reason == "the trainings are of other lengths or data"


def disturbed(made):
    """Return a record all of whose blocks were disturbed."""
    made.events = [
        msgspec.structs.replace(each, disturbed=True) if isinstance(each, record.Block) else each
        for each in made.events
    ]
    return made


def test_a_disturbed_cell_tells_nothing():
    new = disturbed(other_runs.run(2, {"torch": 2.0}))
    _, found = changed([other_runs.run(1)], [new])
    assert found[TIME, "torch"][1].reason == "in run-2 most of its blocks were disturbed"


def test_the_environments_differences_are_listed():
    new = other_runs.run(2, versions=NEW_TORCH)
    machine = msgspec.structs.replace(new.header.machine, environment={"OMP_NUM_THREADS": "1"})
    new.header = msgspec.structs.replace(new.header, machine=machine)
    found, _ = changed([other_runs.run(1)], [new])
    assert [tuple(each) for each in found.environment] == [
        ("torch", "1.0", "2.1"),
        ("variable OMP_NUM_THREADS", "2", "1"),
    ]


def test_a_run_on_both_sides_is_refused():
    base = other_runs.run(1)
    with pytest.raises(ValueError, match="a run is on both sides"):
        sides([base], [base])
    # In the history it counts once.
    found = sides([base], [other_runs.run(2)], [base, other_runs.run(3)])
    assert [each.header.name for each in found.history] == ["run-3"]


def test_where_no_time_can_be_compared_both_are_shown_with_the_reason():
    new = disturbed(other_runs.run(2, {"torch": 2.0}))
    made, found = changed([other_runs.run(1)], [new])
    torch = found[TIME, "torch"][1]
    assert torch.base.value > 0 and torch.new.value > 0 and torch.ratio is None
    (table,) = [each for each in wording.tables(made) if each.title == "What changed"]
    row = next(row for row in table.rows if row[1:3] == ["torch", "time"])
    assert row[3].endswith("ms") and row[4].endswith("ms")
    assert row[5:] == ["–", "not comparable"]
    assert any("in run-2 most of its blocks were disturbed" in note for note in table.notes)
