"""Test ``aebench open``, and that commands take the folders of reports."""

import sys

import pytest

from helpers import forked


@pytest.fixture
def browser(tmp_path):
    """Make a browser that writes down the page that it is asked to open."""
    path = tmp_path / "browser"
    path.write_text(f'#!{sys.executable}\nimport sys; open("{path}-saw", "w").write(sys.argv[1])\n')
    path.chmod(0o755)
    return path


def test_open_writes_the_report_once_and_shows_its_page(record, browser, tmp_path):
    page = record.parent / "report" / "index.html"
    times = []
    for _ in range(2):
        done = forked.run(tmp_path, "open", "old", BROWSER=str(browser))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "Opened in the browser: old/report/index.html\n"
        assert (tmp_path / "browser-saw").read_text() == page.as_uri()
        times.append(page.stat().st_mtime_ns)
    assert times[0] == times[1]


def test_open_writes_the_report_again_if_the_record_has_grown(record, tmp_path):
    whole = record.read_bytes()
    record.write_bytes(b"".join(whole.splitlines(keepends=True)[:-9]))
    nowhere = {"PATH": "", "BROWSER": ""}
    done = forked.run(tmp_path, "open", "old", **nowhere)
    assert done.stdout == "There is no browser here; the page is: old/report/index.html\n"
    page = record.parent / "report" / "index.html"
    before = page.read_text()
    record.write_bytes(whole)
    assert forked.run(tmp_path, "open", "old", **nowhere).returncode == 0
    assert page.read_text() != before


def test_open_refuses_what_is_no_record(aebench):
    done = aebench("open", "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere can't be read" in done.stderr


def test_a_report_s_folder_stands_for_its_records(aebench, record, tmp_path):
    assert aebench("report", "old", "-o", "published").returncode == 0
    screen = aebench("show", "old").stdout
    assert aebench("show", "published").stdout == screen
    readme = (tmp_path / "published" / "README.md").read_bytes()
    assert aebench("report", "published").stdout == "Report: published/README.md\n"
    assert (tmp_path / "published" / "README.md").read_bytes() == readme
    (copy,) = (tmp_path / "published" / "records").iterdir()
    copy.write_bytes(copy.read_bytes()[:-9])
    done = aebench("show", "published")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not the record that the report was made of" in done.stderr
