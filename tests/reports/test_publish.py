"""Test the files beside a report's Markdown page."""

import base64
import csv
import html
import re
from xml.etree import ElementTree

import msgspec
import pytest

from aebench.reports import csv_export, publish
from aebench.reports.compressed import open_record
from aebench.reports.summary import summarise
from helpers import sample
from helpers.written import HOSTILE, written


def lines(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_figure_is_in_the_data(tmp_path):
    csv_export.write(summarise(sample.make()), tmp_path / "data.csv")
    found = {
        (line["model"], line["contender"], line["figure"]): line
        for line in lines(tmp_path / "data.csv")
    }
    torch = found["ae400", "torch", "times jax"]
    assert [float(torch[name]) for name in ("value", "low", "high")] == pytest.approx([4, 4, 4])
    assert (torch["workload"], torch["batch_size"], torch["unit"]) == ("train", "32", "")
    # The verdict is about epochs, and stands beside their ratio.
    assert torch["verdict"] == ""
    jax = found["ae400", "jax", "throughput"]
    assert float(jax["value"]) == pytest.approx(16_010, rel=1e-3) and jax["unit"] == "samples/s"
    epochs = found["ae400", "torch", "times jax, epochs of fit"]
    assert float(epochs["value"]) == pytest.approx(3.996, rel=1e-4)
    assert (epochs["verdict"], found["ae400", "jax", "epoch of fit"]["low"] > "3") == (
        "slower",
        True,
    )
    assert float(found["ae400", "jax", "cold start: framework"]["value"]) == 2.0
    assert float(found["ae400", "torch", "peak memory: first step"]["value"]) == 600 * 2**20
    assert float(found["ae400", "jax", "test loss, seed 0, epoch 2"]["value"]) == 0.21
    # Two seeds would give an interval; a single seed gives none.
    assert found["ae400", "jax", "test loss"]["low"] == ""


def test_the_record_lies_beside_the_report(tmp_path):
    source = written(tmp_path / "run")
    target = publish.write([source], tmp_path / "report").readme
    copy = tmp_path / "report" / "records" / "sample.jsonl.zst"
    packed = copy.read_bytes()
    with open_record(copy, 2**30) as file:
        assert file.read() == source.read_bytes()
    assert "`records/sample.jsonl.zst`" in target.read_text()
    # The report can be made again from its own records, over its own files.
    before = target.read_text()
    assert publish.write([copy], tmp_path / "report").readme.read_text() == before
    assert copy.read_bytes() == packed


def test_the_page_is_one_file_that_says_what_markdown_says(tmp_path):
    target = publish.write([written(tmp_path / "run")], tmp_path / "report").readme
    text = (tmp_path / "report" / "index.html").read_text()
    # The page contains all its images, and it is well-formed.
    sources = re.findall(r'src="([^"]*)"', text)
    assert re.findall(r'href="([^"]*)"', text) == ["records/sample.jsonl.zst", "data.csv"]
    assert len(sources) == 8
    assert all(each.startswith("data:image/svg+xml;base64,") for each in sources)
    drawn = [base64.b64decode(each.partition(",")[2]) for each in sources]
    assert all(ElementTree.fromstring(each).tag.endswith("svg") for each in drawn)
    body = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    shown = html.unescape(re.sub(r"<[^>]+>", " ", body))
    words = set(re.findall(r"[\w,.%]+", shown))
    said = re.sub(r"\\(.)", r"\1", target.read_text())
    missing = set(re.findall(r"[\w,.%]+", re.sub(r"!\[.*?\]\(.*?\)", "", said))) - words
    assert not missing
    # Only the words of verdicts are coloured.
    assert re.findall(r'<td class="words (\w+)">(\w+)</td>', text) == [("slower", "slower")]
    assert text.count("<table") == text.count("<thead>") == text.count("</table>") == 17


def test_a_hostile_record_stays_in_its_folder_and_is_no_formula(tmp_path):
    source = written(tmp_path / "run", HOSTILE)
    publish.write([source], tmp_path / "deep" / "report")
    (copy,) = (tmp_path / "deep" / "report" / "records").iterdir()
    assert copy.suffixes[-2:] == [".jsonl", ".zst"] and ".." not in copy.name
    assert {path.name for path in (tmp_path / "deep").iterdir()} == {"report"}
    text = (tmp_path / "deep" / "report" / "data.csv").read_text()
    assert "\x1b" not in text
    for line in lines(tmp_path / "deep" / "report" / "data.csv"):
        assert not line["model"].startswith(("=", "+", "-", "@"))


def test_text_that_would_be_a_formula_is_none(tmp_path):
    made = sample.make()
    contenders = [
        msgspec.structs.replace(each, name="=1+1") if each.name == "torch" else each
        for each in made.header.contenders
    ]
    made.header = msgspec.structs.replace(made.header, contenders=contenders)
    made.events = [
        msgspec.structs.replace(each, contender="=1+1")
        if getattr(each, "contender", "") == "torch"
        else each
        for each in made.events
    ]
    csv_export.write(summarise(made), tmp_path / "data.csv")
    names = {line["contender"] for line in lines(tmp_path / "data.csv")}
    assert "'=1+1" in names and "=1+1" not in names
