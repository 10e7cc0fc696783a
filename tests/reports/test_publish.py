"""Test the files beside a report's Markdown page."""

import base64
import csv
import hashlib
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
    drawn = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(drawn) == 9
    assert all(ElementTree.fromstring(each).tag.endswith("svg") for each in drawn)
    names = re.findall(r'\bid="([^"]*)"', text)
    assert len(names) == len(set(names))
    assert set(re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', text)) <= {
        pair for name in names for pair in ((name, ""), ("", name))
    }
    assert not re.findall(r'src="|@import|https?://(?!www.w3.org/)', text)
    page = re.sub(r"<svg.*?</svg>|<style>.*?</style>|<script>.*?</script>", "", text, flags=re.S)
    links = ["records/sample.jsonl.zst", "data.csv", "wide.csv"]
    assert re.findall(r'href="([^"]*)"', page) == links
    shown = html.unescape(re.sub(r"<[^>]+>", " ", page))
    words = set(re.findall(r"[\w,.%]+", shown))
    pages = [path.read_text() for path in target.parent.glob("*.md")]
    assert len(pages) == 7
    # But for the links to the pages and back, which are one page here.
    said = re.sub(r"!\[.*?\]\(.*?\)|\(\[front page\].*|\n- \[.*", "", "".join(pages))
    assert not set(re.findall(r"[\w,.%]+", re.sub(r"\\(.)", r"\1", said))) - words
    # Only the words of verdicts are coloured.
    assert re.findall(r'<td class="words (\w+)">(\w+)</td>', text) == [("slower", "slower")]
    assert text.count("<table") == text.count("<thead>") == text.count("</table>") == 19


def test_the_page_reads_without_its_script_and_allows_no_other(tmp_path):
    publish.write([written(tmp_path / "run", HOSTILE)], tmp_path / "report")
    text = (tmp_path / "report" / "index.html").read_text()
    (script,) = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src"
    assert f"{policy} 'sha256-{digest}'" in text
    assert len(script.splitlines()) < 150
    # Nothing is fetched, and nothing that a record says becomes markup.
    assert not re.findall(r"fetch|XMLHttp|import|https?:|innerHTML|insertAdjacentHTML|eval", script)
    # What the script would add isn't needed to read: figures and tables are in the page.
    assert text.index("</table>") < text.index("<script>")


def test_an_interval_is_told_where_one_points_at_a_figure(tmp_path):
    publish.write([written(tmp_path / "run")], tmp_path / "report")
    text = (tmp_path / "report" / "index.html").read_text()
    assert (
        '<td title="× 3.99600 [3.99578, 3.99622] slower">× 3.99600 ±0.0055\xa0% slower</td>' in text
    )
    told = re.escape("torch, train ae400, 32: × 3.99600 [3.99578, 3.99622] slower")
    assert re.search(rf'data-contender="torch">\s*<title>{told}</title>', text)


def test_throughputs_and_ratios_stand_side_by_side_in_a_file_of_their_own(tmp_path):
    publish.write([written(tmp_path / "run")], tmp_path / "report")
    by_figure = {line["figure"]: line for line in lines(tmp_path / "report" / "wide.csv")}
    assert by_figure["samples/s"]["jax"] == "16007.38351"
    assert float(by_figure["times reference"]["torch"]) == pytest.approx(3.996, rel=1e-4)
    assert by_figure["verdict"]["torch"] == "slower"
    assert by_figure["times reference"]["jax"] == by_figure["samples/s"]["tensorflow"] == ""
    assert "jax A/A" not in by_figure["samples/s"]


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
