"""Check that a report on other models has no word of a study."""

import io
import re

import pytest
from rich.console import Console

from aebench.reports import csv_export, document, figures, html
from aebench.reports.sections import SECTIONS, FigureView, UnplacedViewError, collect
from aebench.reports.studies import all_studies
from aebench.reports.summary import summarise
from aebench.reports.terminal import render_summary
from helpers import sample
from helpers.pages import whole

WORDS = re.compile(
    r"image|digit|autoencoder|plateau|dropout|mnist|reconstruct|pixel|grey level|ae\d|width of"
    r"|question",
    re.IGNORECASE,
)


def texts(summary, folder):
    """Return the report's text in all formats."""
    drawn = figures.write(summary, folder / "figures")
    page = document.make(summary, drawn, ["records/other.jsonl"])
    csv_export.write(summary, folder / "data.csv")
    console = Console(file=io.StringIO(), width=200)
    console.print(render_summary(summary))
    embedded = re.compile(r"<style>.*?</style>|<svg.*?</svg>|img-src data:", re.DOTALL)
    return {
        "markdown": whole(page),
        "html": embedded.sub("", html.render(page, folder / "figures")),
        "csv": (folder / "data.csv").read_text(),
        "terminal": console.file.getvalue(),
    }


def test_a_report_on_other_models_has_no_word_of_the_autoencoders(tmp_path):
    summary = summarise(sample.other_model())
    assert summary.studies == {}
    for form, text in texts(summary, tmp_path).items():
        assert "classifier" in text, form
        found = [text[max(0, word.start() - 40) : word.end() + 20] for word in WORDS.finditer(text)]
        assert not found, (form, found)


def test_what_a_model_does_not_have_is_a_reason_in_the_tables(tmp_path):
    summary = summarise(sample.other_model(baseline=True))
    (cell,) = summary.speed
    row = next(row for row in cell.rows if row.contender == "native-jax")
    assert row.failure == "nobody wrote it without Keras"
    assert {row.failure for row in summary.parity} == {
        "not installed",
        "no oracle knows it",
        "nobody wrote it without Keras",
    }
    assert [row.needs for row in summary.memory if row.phases] == [None, None]
    for form, text in texts(summary, tmp_path).items():
        if form == "csv":
            continue
        flat = " ".join(text.split())
        assert "no oracle knows it" in flat, form
        assert "native-jax: nobody wrote it without Keras" in flat, form
        assert "classifier: no arithmetic, since the sizes of its layers" in flat, form


def test_the_words_are_found_in_a_report_on_autoencoders(tmp_path):
    for form, text in texts(summarise(sample.make()), tmp_path).items():
        assert WORDS.search(text), form


def test_a_view_without_a_section_is_refused(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "lost_view.py").write_text("")
    with pytest.raises(UnplacedViewError, match="lost_view declares no views: add VIEWS"):
        collect(["lost_view"], FigureView)
    (tmp_path / "stray_view.py").write_text(
        "from aebench.reports.sections import FigureView\n"
        "VIEWS = [FigureView('stray', 'Nowhere', 1, lambda summary, figure: '')]\n"
    )
    with pytest.raises(UnplacedViewError, match="belongs to the section 'Nowhere'"):
        collect(["stray_view"], FigureView)


def test_sections_of_studies_are_their_own():
    assert not any(SECTIONS.keys() & study.section_orders.keys() for study in all_studies())
