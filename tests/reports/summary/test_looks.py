"""Test looks at records: the sample record, and one that was measured whole."""

import msgspec

from aebench.reports.journal import load
from aebench.reports.record import DECIDED, WIDTH, Look, StoppingRule
from aebench.reports.summary import summarise
from aebench.reports.tables.speed import speed
from helpers import sample
from helpers.paths import ROOT
from replay_looks import replayed

MEASURED = ROOT / "docs" / "measured" / "publish-train.jsonl.zst"


def test_a_measured_run_would_have_stopped_early_with_the_verdicts_of_the_whole():
    source = load(MEASURED)
    found = replayed(source, StoppingRule(DECIDED, 2, 8))
    (look,) = (look for look in found.of(Look) if look.enough)
    assert look.enough <= 4
    (cell,) = summarise(source).speed
    whole = {row.contender: row.verdict for row in cell.rows}
    assert look.verdicts == {name: whole[name] for name in look.verdicts} != {}


def test_looks_that_were_made_are_not_made_again():
    found = replayed(sample.make(), StoppingRule(DECIDED, 2, 4))
    assert found.of(Look)
    again = replayed(found, StoppingRule(DECIDED, 2, 4))
    assert again.of(Look) == found.of(Look)


def notes(rule):
    made = sample.make()
    plan = msgspec.structs.replace(made.header.plan, until=rule)
    made.header = msgspec.structs.replace(made.header, plan=plan)
    (table,) = speed(summarise(replayed(made, rule)))
    return " ".join(table.notes)


def test_a_table_says_by_which_rule_its_launches_were_enough():
    assert "Until" not in " ".join(speed(summarise(sample.make()))[0].notes)
    shown = notes(StoppingRule(DECIDED, 2, 4))
    assert "every verdict stands after" in shown
    assert "Lan and DeMets" in shown


def test_a_table_says_how_many_launches_the_first_asked_for():
    # In the sample record torch takes four times jax's time in every block: no launch differs.
    shown = notes(StoppingRule(WIDTH, 2, 4, 0.001))
    assert "Until ±0.1 %: by their spread the first 2 launches asked for 2 launches." in shown
