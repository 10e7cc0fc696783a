"""Test the command that compares records: exit codes, formats, and what it refuses."""

import json
from xml.etree import ElementTree

import msgspec
import pytest

from aebench.reports.changes.formats import FORMATS
from aebench.reports.journal import Record, load
from aebench.reports.record import Block, Round
from helpers import other_runs, sample
from helpers.paths import ROOT
from helpers.running import BRIEF, LITTLE, ONE_SIZE


@pytest.fixture
def folders(tmp_path):
    """Write a base, a slower and an unchanged record into the folder of the command."""
    versions = {"torch": "2.1"}
    other_runs.write(other_runs.run(1), tmp_path / "base")
    slow = other_runs.run(2, {"torch": 1.2}, versions=versions)
    other_runs.write(slow, tmp_path / "slower")
    other_runs.write(other_runs.run(3, versions=versions), tmp_path / "unchanged")
    return tmp_path


@pytest.mark.parametrize(
    ("new", "rules", "code"),
    [
        ("slower", (), 0),
        ("unchanged", (), 0),
        ("slower", ("time > 10 %",), 1),
        ("unchanged", ("time of */torch > 10 %",), 0),
        # jax has nothing to be compared with: that isn't passed over.
        ("unchanged", ("time > 10 %",), 4),
        ("slower", ("time of */torch > 20 %",), 4),
        ("slower", ("time of */torch > 50 %", "peak > 10 %", "loss > 1 %"), 0),
        ("slower", ("time of */torch < -5 %",), 0),
    ],
)
def test_the_exit_code_follows_from_the_rules(aebench, folders, new, rules, code):
    gate = ("--fail-if", *rules) if rules else ()
    done = aebench("compare", "base", new, *gate)
    assert done.returncode == code, done.stdout + done.stderr
    word = {0: "Passed:", 1: "Failed:", 4: "Undecided:"}[code]
    assert (word in done.stdout) is bool(rules)


def test_what_changed_comes_first_and_all_on_demand(aebench, folders):
    done = aebench("compare", "base", "slower")
    first = done.stdout
    assert "1 slower" in first.splitlines()[0]
    assert "time beside jax" in first and "Environments" in first
    assert "same model" not in first and "peak memory" not in first
    every = aebench("compare", "base", "slower", "--all").stdout
    assert "peak memory" in every and "not comparable" in every
    assert max(map(len, every.splitlines())) <= 100
    same = aebench("compare", "base", "unchanged").stdout
    assert "What changed" not in same


def test_formats(aebench, folders):
    gate = ("--fail-if", "time of */torch > 10 %", "time of */jax > 10 %")
    shown = {
        name: aebench("compare", "base", "slower", *gate, "--format", name) for name in FORMATS
    }
    assert {each.returncode for each in shown.values()} == {1}
    told = json.loads(shown["json"].stdout)
    assert [each["outcome"] for each in told["rules"]] == ["failed", "undecided"]
    (time,) = [each for each in told["changes"] if each["key"] == "train/ae400/32/torch"]
    assert time["verdict"] == "slower" and time["ratio"]["low"] > 1.1
    suite = ElementTree.fromstring(shown["junit"].stdout)
    assert suite.attrib["tests"] == "2" and suite.attrib["failures"] == "1"
    assert suite.attrib["skipped"] == "1"
    assert suite.find("testcase/failure") is not None
    error, warning, notice = shown["github"].stdout.splitlines()
    assert error.startswith("::error title=aebench%3A time failed::failed: time of train ae400")
    assert "10 %25" in error
    assert warning.startswith("::warning ") and notice.startswith("::notice ")
    metrics = json.loads(shown["bmf"].stdout)
    latency = metrics["train/ae400/32/jax"]["latency"]["value"]
    assert metrics["train/ae400/32/torch"]["latency"]["value"] / latency == pytest.approx(4.8, 0.01)
    assert metrics["ae400/torch"]["peak-memory"]["value"] == pytest.approx(600 * 2**20, rel=0.01)
    text = shown["markdown"].stdout
    assert text.splitlines()[0].startswith("8 comparisons (1 run and 1 run): 1 slower")
    assert "| where | contender | what | base | new | new / base | verdict |" in text


def test_a_job_s_summary_has_the_markdown(aebench, folders):
    summary = folders / "summary.md"
    done = aebench("compare", "base", "slower", GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 0, done.stderr
    assert "1 slower" in summary.read_text() and "| torch |" in summary.read_text()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("base", "nowhere"), "nowhere can't be read"),
        (("base", "base"), "a run is on both sides"),
        (("base", "slower", "--fail-if", "speed > 5 %"), "'speed' is no quantity: use time, peak"),
        (("base", "slower", "--fail-if", "time of predict/* > 5 %"), "is about nothing that both"),
        (("base", "slower", "--fail-if", "parity"), "is about nothing that both sides measured"),
        (("base", "slower", "--format", "toml"), "--format 'toml' isn't known: use markdown"),
        (("base", "slower", "--format", "junit"), "--format junit shows rules: give --fail-if"),
        (("base", "slower", "--confirm"), "--confirm measures again what fails: give --fail-if"),
        (("base", "torn"), "torn/record.jsonl"),
        (("base", "other"), "no cell, model and contender in common"),
        (("base", "slower", "--history", "nowhere"), "nowhere can't be read"),
    ],
)
def test_bad_input_is_one_sentence(aebench, folders, arguments, reason):
    (folders / "torn").mkdir()
    (folders / "torn" / "record.jsonl").write_bytes(b'{"kind":"header","sch')
    other_runs.write(sample.other_model(), folders / "other")
    done = aebench("compare", *arguments)
    assert (done.returncode, done.stdout) == (2, ""), done.stdout + done.stderr
    assert reason in done.stderr
    assert done.stderr.startswith("aebench: ") and done.stderr.count("\n") == 1


def test_records_of_an_older_schema_are_compared(aebench):
    records = [f"publish-{name}.jsonl.zst" for name in ("train", "short-rounds")]
    done = aebench("compare", *(str(ROOT / "docs" / "measured" / each) for each in records))
    assert done.returncode == 0, done.stderr
    assert "comparisons (1 run and 1 run)" in done.stdout
    assert "processor" in done.stdout and "A/A" not in done.stdout


def a_day_later(measured, numpy):
    """Return a run again, on a quiet day; numpy's rounds take so many times as long."""
    events = []
    for each in measured.events:
        if isinstance(each, Block):
            each = msgspec.structs.replace(each, disturbed=False, repeated=False)
        elif isinstance(each, Round) and each.contender.startswith("numpy"):
            each = msgspec.structs.replace(each, seconds=numpy * each.seconds)
        events.append(each)
    return Record(msgspec.structs.replace(measured.header, created=f"later {numpy}"), events)


@pytest.mark.slow
def test_a_failure_is_confirmed_by_fresh_launches(aebench, tmp_path):
    few = ("--workload", "predict", *ONE_SIZE, "--launches", "2", "--blocks", "2", *BRIEF)
    both = ("--contender", "jax", "numpy", "--pass", "speed")
    done = aebench("run", *LITTLE, *few, *both, "--out", "measured")
    assert done.returncode == 0, done.stdout + done.stderr
    measured = load(tmp_path / "measured")
    # On a bad day numpy's rounds took a hundred times as long, which another run doesn't confirm.
    for name, numpy in (("base", 1.0), ("new", 100.0)):
        other_runs.write(a_day_later(measured, numpy), tmp_path / name)
    gate = ("--fail-if", "time of */numpy > 10 %", "--format", "json")
    assert aebench("compare", "base", "new", *gate).returncode == 1
    done = aebench("compare", "base", "new", *gate, "--confirm")
    assert done.returncode == 4, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert [each["outcome"] for each in told["rules"]] == ["undecided"]
    assert len(told["new"]) == 2
