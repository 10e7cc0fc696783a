"""Check that the documentation's tables are those that the records and the code give."""

import json
import re

import msgspec
import pytest

import against_others
import baselines
import headline
import record_schema
import replay_changes
import selfchecks
from aebench.bench.campaign import worker_process
from aebench.bench.data import archive
from aebench.bench.plan import checks, probing
from aebench.reports import markdown, traces
from aebench.reports.files import size
from aebench.reports.formatting import duration, percent
from aebench.reports.journal import load
from aebench.reports.record import Round, bounds
from aebench.reports.summary import summarise
from aebench.reports.summary.memory_loops import STAYS
from aebench.reports.tables.memory_loops import memory_loops
from aebench.reports.tables.speed import speed
from helpers import sample
from helpers.paths import ROOT

MEASURED = ROOT / "docs" / "measured"
PAGES = [
    *("README.md", "ARCHITECTURE.md", "STYLE.md", "CONTRIBUTING.md"),
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")),
]
RELIABILITY = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
VALIDATION = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")


def method(page):
    """Return the text of a page of the method."""
    return (ROOT / "docs" / "method" / f"{page}.md").read_text(encoding="utf-8")


def test_the_table_of_self_checks_follows_from_the_records():
    paths = sorted(MEASURED.glob("selfcheck-*.jsonl.zst"))
    assert paths
    assert selfchecks.table(paths) in VALIDATION


@pytest.mark.parametrize(
    "name", ["against-others", "against-others-under-steal", "against-others-noisy-epyc"]
)
def test_the_tables_of_other_tools_follow_from_their_verdicts(name):
    rows = json.loads((MEASURED / f"{name}.json").read_text())
    assert against_others.table(rows) in VALIDATION


def test_what_is_said_of_loops_follows_from_the_record():
    (table,) = memory_loops(summarise(load(MEASURED / "memory-loops.jsonl.zst")))
    rows = {(row[0], row[1]): row for row in table.rows}
    text = (ROOT / "docs" / "profile.md").read_text(encoding="utf-8")
    for loop, garbage, verdict in (
        ("build tensorflow", "collected", "grows"),
        ("build jax", "collected", STAYS),
        ("save jax", "collected", "can't tell"),
        ("epochs torch", "left", "grows"),
        ("predict torch", "left", "grows"),
    ):
        assert rows[loop, garbage][2] in text
        assert rows[loop, garbage][-1] == verdict
    kept = [rows[f"save {name}", "collected"][3] for name in ("jax", "tensorflow", "torch")]
    assert kept == ["200", "437", "332"]
    assert {rows[f"{loop} jax", "left"][-1] for loop in ("epochs", "predict")} == {STAYS}
    open_ = {rows[f"{loop} tensorflow", "collected"][-1] for loop in ("epochs", "fit", "predict")}
    assert open_ == {"can't tell"}


def test_the_table_of_unchanged_runs_follows_from_their_records(capsys):
    replay_changes.main(sorted(MEASURED.glob("unchanged-*.jsonl.zst")), 35)
    assert capsys.readouterr().out.strip() in (ROOT / "docs" / "replayed.md").read_text()


@pytest.mark.parametrize("machine", ["epyc", "xeon"])
def test_the_tables_of_baselines_follow_from_the_records(machine):
    record = MEASURED / f"baselines-standard-{machine}.jsonl.zst"
    assert baselines.table(record) in method("baselines")


def test_the_overhead_is_what_the_record_says():
    (run,) = summarise(load(MEASURED / "publish-train.jsonl.zst")).runs
    sentence = f"took {duration(run.speed.seconds)}, {percent(run.speed.overhead)} of it overhead"
    assert sentence in method("speed")


def test_the_annotated_table_follows_from_the_record():
    (table,) = speed(summarise(load(MEASURED / "publish-train.jsonl.zst")))
    rows = [table.columns, *table.rows]
    page = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
    assert [row for row in map(markdown.row, rows) if row not in page] == []


def test_the_headline_follows_from_the_published_records_and_is_short():
    readme = headline.README.read_text(encoding="utf-8")
    assert readme.count(headline.BEGIN) == readme.count(headline.END) == 1
    assert headline.put(readme) == readme
    _, _, rest = readme.partition(headline.BEGIN)
    assert 5 < rest.partition(headline.END)[0].strip().count("\n") + 1 <= 10


def test_the_front_page_is_short_and_so_is_the_method():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 90
    assert len((ROOT / "docs" / "method.md").read_text(encoding="utf-8").split()) <= 1500


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, ""),
        (0.12, "Rounds were shorter than today's 0.4 s"),
    ],
)
def test_the_headline_says_where_rounds_were_shorter_than_they_are_today(seconds, said):
    made = sample.make()
    made.events = [
        msgspec.structs.replace(each, seconds=seconds) if isinstance(each, Round) else each
        for each in made.events
    ]
    _, limits = headline.how([made], summarise(made).speed)
    assert ("Rounds were" in limits) == bool(said)
    assert said in limits


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


@pytest.mark.parametrize("page", PAGES)
def test_the_files_and_headings_that_a_page_names_are_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    written = r"`((?:bench|backends|reports|tests|tools|docs|src)/[\w/.-]+\.\w+)`"
    named = {name for name in re.findall(written, text) if "NAME" not in name}
    missing = {name for name in named if not (ROOT / name).exists()}
    for link in re.findall(r"\]\(([^)\s]+)\)|(?:href|src)=\"([^\"]+)\"", text):
        path, _, anchor = "".join(link).partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        if "://" in path:
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            missing.add("".join(link))
    assert not missing


def anchors(page):
    """Return the link targets that a Git host gives to a page's headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.DOTALL)
    return set(map(record_schema.anchor, re.findall(r"^#+ (.+)$", text, re.M)))


def test_the_bounds_that_reliability_states_are_in_force():
    stated = [row.split(" | ")[1] for row in RELIABILITY.splitlines() if row.endswith(".py` |")]
    for number in (
        size(bounds.MOST_RECORD_BYTES),
        size(bounds.MOST_LINE_BYTES),
        f"{bounds.MOST_EVENTS:,}",
        f"{bounds.MOST_VALUES:,}",
        f"{bounds.MOST_RECORDS:,}",
        f"{bounds.MOST_CELLS:,}",
        f"{bounds.MOST_NAME:,}",
        f"{bounds.MOST_TEXT:,} characters",
        f"{checks.MOST_TASKS:,}",
        f"{checks.MOST_LISTED:,}",
        f"{size(archive.MOST_BYTES)} each",
        size(probing.MOST_ANSWER_BYTES),
        size(worker_process.LOG_LIMIT_BYTES),
        size(traces.MOST_TRACE_BYTES),
    ):
        assert any(number in entry for entry in stated), number
