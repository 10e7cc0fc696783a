"""Test what ``aebench check`` says, and in real runs what it finds of users' models."""

from types import SimpleNamespace

import pytest

from aebench.bench.cli.checking import findings
from aebench.reports.record import Parity
from aebench.reports.summary import ParityRow
from helpers.paths import ROOT

INFERENCE, STEPS = ("shapes", "forward", "loss"), ("step", "gradients", "short training")


def row(contender, checks=(*INFERENCE, *STEPS), **fields):
    made = [Parity(contender, "mine", name, 0.0, 0.5) for name in checks]
    return ParityRow("mine", contender, "float32", made, **fields)


def said(*rows):
    return list(findings(SimpleNamespace(parity=rows)))


def test_those_that_agree_share_a_sentence():
    assert said(row("jax"), row("torch")) == [
        "mine builds, trains, predicts and agrees on jax and torch."
    ]


def test_what_differs_or_fails_has_a_sentence_of_its_own():
    found = said(row("jax"), row("torch", differs="loss differs"), row("tensorflow", failure="no"))
    assert found == [
        "mine builds, trains, predicts and agrees on jax.",
        "mine on torch: loss differs.",
        "mine on tensorflow: no.",
    ]


def test_a_difference_whose_cause_is_known_is_explained():
    differs = "step at batch 32 differs by 0.018 at sequential/embedding/embeddings, 4e-06 is..."
    (told,) = said(row("tensorflow:jit", differs=differs))
    assert "This is known: where a batch repeats integers, Adam" in told
    for other in (row("torch", differs=differs), row("tensorflow", differs="loss differs by 1")):
        assert "known" not in said(other)[0]


def test_what_cannot_be_trained_is_told_and_agrees():
    reason = "its model isn't compiled"
    assert said(row("jax"), row("numpy", INFERENCE, unsupported=reason)) == [
        "mine builds, trains, predicts and agrees on jax.",
        "mine builds, predicts and agrees on numpy.",
        "mine on numpy: its model isn't compiled.",
    ]


@pytest.mark.slow
def test_a_check_keeps_no_record(aebench, tmp_path):
    example = ROOT / "examples" / "dense_regression.py"
    done = aebench("check", str(example), "--backend", "jax")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "dense_regression builds, trains, predicts and agrees on jax." in done.stdout
    assert "Record:" not in done.stdout and not (tmp_path / "results").exists()


@pytest.mark.slow
def test_a_model_that_is_not_compiled_is_checked_too(aebench, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "import keras\n\n\ndef build():\n"
        "    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])\n"
    )
    done = aebench("check", str(path), "--backend", "jax", "numpy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mine builds, predicts and agrees on jax and numpy." in done.stdout


@pytest.mark.slow
def test_bad_input_is_one_sentence(aebench):
    example = ROOT / "examples" / "dense_regression.py"
    done = aebench("check", str(example), "--backend", "jax", "--data", "none.npz")
    assert done.returncode == 2
    said = "none.npz can't be read as an .npz of plain arrays"
    assert said in " ".join(done.stderr.split()) and done.stderr.count("\n") == 1
