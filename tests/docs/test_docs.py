"""Check that the documentation's tables are those that the records and the code give."""

import json
import re

import pytest

import against_others
import baselines
import headline
import selfchecks
from aebench.bench.campaign import fleet
from aebench.bench.data import archive
from aebench.bench.plan import checks, probing
from aebench.reports import traces
from aebench.reports.files import size
from aebench.reports.formatting import duration, percent
from aebench.reports.journal import load
from aebench.reports.record import bounds
from aebench.reports.summary import summarise
from helpers.paths import ROOT

MEASURED = ROOT / "docs" / "measured"
RELIABILITY = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("size", ["publish", "standard"])
def test_the_table_of_self_checks_follows_from_the_records(size):
    paths = sorted(MEASURED.glob(f"selfcheck-{size}-*.jsonl.zst"))
    assert paths
    assert selfchecks.table(paths) in METHOD


@pytest.mark.parametrize("name", ["against-others", "against-others-under-steal"])
def test_the_tables_of_other_tools_follow_from_their_verdicts(name):
    rows = json.loads((MEASURED / f"{name}.json").read_text())
    assert against_others.table(rows) in METHOD


@pytest.mark.parametrize("machine", ["epyc", "xeon"])
def test_the_tables_of_baselines_follow_from_the_records(machine):
    assert baselines.table(MEASURED / f"baselines-standard-{machine}.jsonl.zst") in METHOD


def test_the_overhead_is_what_the_record_says():
    (run,) = summarise(load(MEASURED / "publish-train.jsonl.zst")).runs
    sentence = f"took {duration(run.speed.seconds)}, {percent(run.speed.overhead)} of it overhead"
    assert sentence in METHOD


def test_the_headline_follows_from_the_published_records():
    readme = headline.README.read_text(encoding="utf-8")
    assert readme.count(headline.BEGIN) == readme.count(headline.END) == 1
    assert headline.put(readme) == readme


@pytest.mark.parametrize(
    ("page", "least"), [("docs/reliability.md", 20), ("ARCHITECTURE.md", 15), ("STYLE.md", 2)]
)
def test_the_tests_that_a_page_names_are_there(page, least):
    named = set(re.findall(r"`(test_\w+)`", (ROOT / page).read_text(encoding="utf-8")))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(named) >= least
    assert not named - there


@pytest.mark.parametrize(
    "page",
    [
        *("README.md", "ARCHITECTURE.md", "STYLE.md", "CONTRIBUTING.md"),
        *("docs/method.md", "docs/reliability.md", "docs/glossary.md", "docs/models.md"),
    ],
)
def test_the_files_that_a_page_names_are_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    written = r"`((?:bench|backends|reports|tests|tools|docs|src)/[\w/.-]+\.\w+)`"
    named = {name for name in re.findall(written, text) if "NAME" not in name}
    links = {
        link.partition("#")[0]
        for link in re.findall(r"\]\(([^)\s]+)\)", text)
        if "://" not in link and not link.startswith("#")
    }
    folder = (ROOT / page).parent
    missing = {name for name in named if not (ROOT / name).exists()}
    missing |= {link for link in links if not (folder / link).exists()}
    assert not missing


def test_the_bounds_that_reliability_states_are_in_force():
    stated = [row.split(" | ")[1] for row in RELIABILITY.splitlines() if row.endswith(".py` |")]
    for number in (
        size(bounds.MOST_RECORD_BYTES),
        size(bounds.MOST_LINE_BYTES),
        f"{bounds.MOST_EVENTS:,}",
        f"{bounds.MOST_VALUES:,}",
        f"{bounds.MOST_RECORDS}",
        f"{bounds.MOST_CELLS:,}",
        f"{bounds.MOST_NAME:,}",
        f"{bounds.MOST_TEXT:,} characters",
        f"{checks.MOST_TASKS:,}",
        f"{checks.MOST_LISTED:,}",
        f"{size(archive.MOST_BYTES)} each",
        size(probing.MOST_ANSWER_BYTES),
        size(fleet.LOG_LIMIT_BYTES),
        size(traces.MOST_TRACE_BYTES),
    ):
        assert any(number in entry for entry in stated), number
