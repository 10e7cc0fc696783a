"""The tables in the documentation are what the records beside it give."""

import json

import against_others
import headline
import pytest
import selfchecks
import yardsticks
from conftest import ROOT

from reports.journal import load
from reports.summary import summarise
from reports.units import duration, percent

MEASURED = ROOT / "docs" / "measured"
METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("size", ["publish", "standard"])
def test_the_table_of_self_checks_follows_from_the_records(size):
    paths = sorted(MEASURED.glob(f"selfcheck-{size}-*.jsonl"))
    assert paths
    assert selfchecks.table(paths) in METHOD


@pytest.mark.parametrize("name", ["against-others", "against-others-under-steal"])
def test_the_tables_of_other_tools_follow_from_their_verdicts(name):
    rows = json.loads((MEASURED / f"{name}.json").read_text())
    assert against_others.table(rows) in METHOD


@pytest.mark.parametrize("machine", ["epyc", "xeon"])
def test_the_tables_of_yardsticks_follow_from_the_records(machine):
    assert yardsticks.table(MEASURED / f"yardsticks-standard-{machine}.jsonl") in METHOD


def test_the_overhead_is_what_the_record_says():
    (run,) = summarise(load(MEASURED / "publish-train.jsonl")).runs
    told = f"took {duration(run.speed.seconds)}, {percent(run.speed.overhead)} of it overhead"
    assert told in METHOD


def test_the_headline_follows_from_the_published_records():
    readme = headline.README.read_text(encoding="utf-8")
    assert readme.count(headline.BEGIN) == readme.count(headline.END) == 1
    assert headline.put(readme) == readme
