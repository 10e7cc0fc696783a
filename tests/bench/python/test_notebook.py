"""Run the example notebook in a real kernel, on one backend and as little as there is."""

import pytest

import run_notebook
from helpers.paths import ROOT

LEAST = {"backends": "jax", "batch_size": 32, "launches": 1, "blocks": 2}


def kinds(cell):
    return {kind for output in cell.outputs for kind in output.get("data", ())}


@pytest.mark.slow
def test_the_notebook_runs_and_shows_tables_and_figures():
    found = run_notebook.executed(LEAST)
    by_source = {cell.source: cell for cell in found.cells if cell.cell_type == "code"}
    for source in ("run", "run.compare()"):
        assert kinds(by_source[source]) == {"text/html", "text/plain"}
    assert kinds(by_source['run.figure("throughput")']) == {"image/svg+xml", "text/plain"}
    (progress,) = next(
        cell.outputs for source, cell in by_source.items() if source.startswith("run = ")
    )
    # Plain lines, one output: a notebook is no terminal.
    assert progress.name == "stdout"
    assert "speed" in progress.text and "All measured. Record: results/" in progress.text
    assert "train classifier, 32" in by_source["run"].outputs[0].data["text/plain"]


def test_the_committed_notebook_has_outputs_and_names_no_folder_of_its_machine():
    text = run_notebook.NOTEBOOK.read_text(encoding="utf-8")
    assert run_notebook.NOTEBOOK == ROOT / "examples" / "notebook.ipynb"
    assert len(text) < 300_000
    for kind in ("text/html", "image/svg+xml"):
        assert f'"{kind}"' in text
    for place in ("/home", "/tmp", "/work", "site-packages", "Traceback"):
        assert place not in text
