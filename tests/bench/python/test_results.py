"""Test what a run gives in Python: the report's own tables, comparisons, numbers and figures."""

import subprocess
import sys

import pytest

import aebench
from aebench.bench.python.results import RunResult
from aebench.reports import csv_export
from helpers import sample
from helpers.paths import CLEAN, ROOT


@pytest.fixture
def run(record):
    return aebench.load(record.parent)


@pytest.fixture
def aebench_show(aebench):
    return lambda *words: aebench("show", *words).stdout


def test_what_was_loaded_is_shown_as_the_last_screen(run, record, aebench_show):
    assert run.path == record
    assert run.record.outcome == "complete"
    assert repr(run) == aebench_show("old").rstrip()


def test_a_notebook_shows_the_last_screen_as_html(run):
    html = run._repr_html_()
    for text in ("<strong>", "<td", "Noise floor: 1.9 %", "× 3.9", "slower"):
        assert text in html
    assert html.count("<table>") == 1
    (table,) = run.table().tables
    assert run.table()._repr_html_() in html
    assert all(cell in repr(run.table()) for cell in table.rows[0][0].split())


def test_text_of_a_record_is_no_html(tmp_path):
    hostile = "<script>alert(1)</script>\u202e"
    run = RunResult(tmp_path, sample.make(hostile))
    for shown in (run, run.table(), run.compare()):
        assert "<script" not in shown._repr_html_()
        assert "\u202e" not in shown._repr_html_() + repr(shown)


def test_a_record_without_speed_is_shown_whole(tmp_path):
    made = sample.make()
    made.events = [each for each in made.events if type(each).__name__ in ("Phase", "QualityEpoch")]
    plan = made.header.plan
    made.header.plan.passes[:] = ["footprint", "quality"]
    made.header.cells.clear()
    assert plan.passes
    run = RunResult(tmp_path, made)
    assert run.compare() == []
    assert run._repr_html_().count("<table>") == len(run.table().tables) > 1


def test_comparisons_have_ratio_interval_and_verdict(run):
    (pair,) = [pair for pair in run.compare() if pair.contender == "torch"]
    assert (pair.model, pair.workload, pair.batch_size) == ("ae400", "train", 32)
    assert (pair.reference, pair.verdict) == ("jax", "slower")
    assert pair.ratio == pytest.approx(4, rel=0.1)
    assert pair.low <= pair.ratio <= pair.high
    (missing,) = [pair for pair in run.compare() if pair.contender == "tensorflow"]
    assert missing.ratio is None and "not installed" in missing.reason
    assert "tensorflow: not installed" in repr(run.compare())
    assert "× time" in repr(run.compare()) and "<td" in run.compare()._repr_html_()


def test_a_frame_is_data_csv(run, tmp_path):
    csv_export.write(run.summary, tmp_path / "data.csv")
    frame = run.to_frame()
    assert list(frame.columns) == list(csv_export.COLUMNS)
    lines = (tmp_path / "data.csv").read_text().splitlines()
    assert len(frame) == len(lines) - 1
    (throughput,) = frame.query("figure == 'throughput' and contender == 'jax'").value
    assert f",jax,throughput,{throughput}," in "\n".join(lines)
    assert frame.batch_size.dropna().unique().tolist() == [32]


def test_without_pandas_a_sentence_says_what_to_do(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(aebench.BadInputError, match=r"to_frame\(\) needs pandas: pip install pan"):
        run.to_frame()


def test_figures_are_those_of_the_report(run, record, tmp_path):
    from aebench.reports import figures

    figures.write(run.summary, tmp_path / "drawn")
    figure = run.figure("throughput")
    assert figure._repr_svg_() == (tmp_path / "drawn" / "throughput.svg").read_text()
    assert repr(figure).startswith("throughput: Throughput of steady steps")
    figure.save(tmp_path / "mine.svg")
    assert (tmp_path / "mine.svg").read_text() == figure.svg
    with pytest.raises(aebench.BadInputError, match="'speed' is not a figure: use "):
        run.figure("speed")
    with pytest.raises(aebench.BadInputError, match="has nothing to show in the figure sweep"):
        run.figure("sweep")


def test_a_figure_leaves_the_caller_s_pyplot_alone():
    code = (
        "import sys, matplotlib; matplotlib.use('svg'); before = dict(matplotlib.rcParams)\n"
        f"sys.path.insert(0, {str(ROOT / 'tests')!r})\n"
        "from helpers import sample; from aebench.bench.python.results import RunResult\n"
        "RunResult('here', sample.make()).figure('throughput')\n"
        "assert before == dict(matplotlib.rcParams), matplotlib.get_backend()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    environment = {**CLEAN, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def test_runs_are_summarised_like_records(run):
    assert aebench.summarise(run) == aebench.summarise(run.record)
    with pytest.raises(aebench.BadInputError, match="nowhere can't be read"):
        aebench.load("nowhere")
