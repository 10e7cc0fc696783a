"""Test the site of published reports, and that committed reports are what their records give."""

import csv
import html
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from aebench.bench.cli import report
from aebench.reports import publish, site
from aebench.reports.journal import RecordError
from helpers.paths import ROOT
from helpers.written import HOSTILE, written

PUBLISHED = sorted(path.parent for path in site.PUBLISHED.glob("*/records"))
# An embedded figure, whose coordinates can differ in the last digit between processors.
_FIGURE = re.compile(r"<svg.*?</svg>", re.DOTALL)


def test_an_index_stands_before_the_reports(tmp_path):
    for name in ("first", "second"):
        publish.write([written(tmp_path / "runs" / name)], tmp_path / "published" / name)
    assert site.build(tmp_path / "published", tmp_path / "site") == []
    text = (tmp_path / "site" / "index.html").read_text()
    links = re.findall(r'href="([^"]*)"', text)
    assert {each.partition("/")[0] for each in links} == {"first", "second"}
    assert all((tmp_path / "site" / each).is_file() for each in links)
    shown = html.unescape(re.sub(r"<[^>]+>", "", text))
    assert "On this machine, jax is fastest in epochs of training ae400 (batch 32)." in shown
    assert "Keras backends on Processor, 2 cores, 2026-01-01" in shown
    # All files that a report links to are in the site.
    page = _FIGURE.sub("", (tmp_path / "site" / "first" / "index.html").read_text())
    for link in re.findall(r'href="([^"]*)"', page):
        assert (tmp_path / "site" / "first" / link).is_file()
    markdown = (tmp_path / "site" / "first" / "README.md").read_text()
    links = re.findall(r"\]\((.*?)\)", markdown)
    assert {"speed.md", "machine.md", "figures/ratios.svg"} <= set(links)
    for link in links:
        assert (tmp_path / "site" / "first" / link).is_file()


def test_a_hostile_record_is_text_in_the_index(tmp_path):
    publish.write([written(tmp_path / "run", HOSTILE)], tmp_path / "published" / "a&b")
    site.build(tmp_path / "published", tmp_path / "site")
    text = (tmp_path / "site" / "index.html").read_text()
    assert "<script" not in text and "\x1b" not in text
    assert 'href="a%26b/index.html"' in text


def test_where_there_is_no_report_that_is_said(tmp_path):
    with pytest.raises(RecordError, match="holds no report: give a folder"):
        site.build(tmp_path / "nowhere", tmp_path / "site")
    done = subprocess.run(
        [sys.executable, "-m", "aebench", "site", str(tmp_path), "-o", str(tmp_path / "site")],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 2 and not (tmp_path / "site").exists()
    assert done.stderr.startswith("aebench: ") and done.stderr.count("\n") == 1


def test_without_a_folder_the_published_reports_are_built(monkeypatch, capsys):
    # The tox environment site builds them; here it is enough to see that they would be.
    asked = []
    monkeypatch.setattr(site, "build", lambda *folders: asked.append(folders) or [])
    assert report.site({}) == 0
    assert asked == [(site.PUBLISHED, Path("site"))]
    assert (site.PUBLISHED / "three-backends").is_dir()


def test_there_are_reports_that_we_stand_behind():
    assert PUBLISHED


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda path: path.name)
def test_committed_pages_are_what_the_committed_record_gives(folder, tmp_path):
    publish.write(sorted(folder.glob("records/*.jsonl*")), tmp_path)
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert made == {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    for path in made:
        if path.suffix == ".md":
            assert (tmp_path / path).read_text() == (folder / path).read_text()
    assert len((folder / "README.md").read_text().splitlines()) <= 120
    pages = [(each / "index.html").read_text() for each in (tmp_path, folder)]
    assert _FIGURE.sub("", pages[0]) == _FIGURE.sub("", pages[1])
    with (tmp_path / "data.csv").open() as new, (folder / "data.csv").open() as old:
        for mine, theirs in zip(csv.reader(new), csv.reader(old), strict=True):
            assert all(map(alike, mine, theirs)), (mine, theirs)
    for path in made:
        if path.suffix == ".svg":
            one, two = (ElementTree.parse(each / path).getroot() for each in (tmp_path, folder))
            assert one.get("viewBox") == two.get("viewBox")


def alike(one, other):
    """Return whether two entries agree, up to the last digits, which differ between processors."""
    if one == other:
        return True
    try:
        return float(one) == pytest.approx(float(other), rel=1e-6)
    except ValueError:
        return False
