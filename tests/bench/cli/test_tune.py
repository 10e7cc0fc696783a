"""Test what tune refuses, and run it where a setting helps."""

import re

import pytest

from aebench.bench.cli import races, tune
from aebench.bench.cli.exit_codes import FAILURES, OK, UNDECIDED
from aebench.reports.journal import load
from aebench.reports.record import Round
from aebench.reports.statistics import Estimate
from aebench.reports.summary import summarise
from aebench.reports.tuning import RaceResult
from helpers import sample
from helpers.running import BRIEF

# A step computes nearly nothing: what remains is Python's part, of which 32 steps a call have less.
TINY = """
import keras

def build():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    return model
"""


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "--contender"),
        (["--backend", "theano"], "'theano' is not a backend"),
        (["--backend", "gemm"], "isn't Keras"),
        (["--backend", "numpy:threads=1"], "has no settings that could be tried"),
        (["--backend", "jax", "--minutes", "0"], "--minutes must be from 1 to 1440"),
        (["--backend", "jax", "--workload", "train", "predict"], "give one of each"),
        (["--backend", "jax", "--model", "ae400", "ae800"], "give one of each"),
        (["--backend", "jax", "--set", "units=8,16"], "give one of each"),
        (["--backend", "jax", "--set", "steps=8"], "--set 'steps=8' isn't of the model"),
        (["--backend", "jax", "--model", "nowhere.py"], "nowhere.py"),
        (["--backend", "jax", "--out", "."], "exists, and races aren't carried on"),
    ],
)
def test_bad_input_is_one_sentence(aebench, tmp_path, words, reason):
    done = aebench("tune", *words)
    assert done.returncode == 2
    assert reason in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists()


def test_a_dry_run_shows_the_first_race(aebench, tmp_path):
    done = aebench("tune", "--backend", "jax", "--data", "embedded", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "jax, jax:steps=8, jax:steps=32" in re.sub(r" 0\.\d+\.\d+", "", done.stdout)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_more_steps_a_call_are_found_to_help_where_python_is_most_of_a_step(aebench, tmp_path):
    (tmp_path / "tiny.py").write_text(TINY)
    job = tmp_path / "summary.md"
    # With an input path of its own few others are left to try.
    asked = ("--backend", "jax:input=pydataset", "--model", "tiny.py", "--workload", "predict")
    few = ("--minutes", "1", *BRIEF, "--out", "t")
    done = aebench("tune", *asked, *few, GITHUB_STEP_SUMMARY=str(job))
    assert done.returncode in (0, 4), done.stdout + done.stderr
    assert "What was tried" in done.stdout
    told = job.read_text().rstrip()
    assert told in done.stdout
    if done.returncode == 0:
        answer, snippet = told.split("\n\n")
        assert re.search(
            r"with `jax:steps=(8|32),input=pydataset` a whole call takes × 0\.\d+ \[", answer
        ), answer
        code, *_ = snippet.splitlines()
        assert re.fullmatch(r"    model\.compile\(\.\.\., steps_per_execution=(8|32)\)", code)
    else:
        # Where the machine did other work, nothing is claimed.
        assert "is shown to be faster than `jax:input=pydataset`" in told
    raced, compared = (
        {row.contender for row in load(tmp_path / "t" / part).of(Round)}
        for part in ("race-1", "comparison")
    )
    tried = {f"jax:steps={steps},input=pydataset" for steps in (8, 32)}
    assert {"jax:input=pydataset", *tried} <= raced
    others = {each.removesuffix(" A/A") for each in compared} - {"jax:input=pydataset"}
    assert len(others) == 1 and others < raced


@pytest.mark.parametrize(
    ("left", "ratio", "said", "code"),
    [
        (["slower than jax", "slower than jax"], 1.5, "each is slower by its interval", OK),
        (["slower than jax", "of the slower half"], 1.5, "is shown to be faster", UNDECIDED),
        (["failed: was killed"] * 2, None, "Nothing could be compared", FAILURES),
    ],
)
def test_without_a_leader_it_is_said_what_is_known(left, ratio, said, code):
    results = [RaceResult("a", ratio and Estimate(ratio), each) for each in left]
    text, found = tune._without_leader("jax", results)
    assert said in text and found == code


def test_if_the_one_that_is_tuned_fails_nothing_is_compared(monkeypatch, tmp_path):
    race = races.Races("torch", tmp_path, {})
    monkeypatch.setattr(race, "_measured", lambda *_: ("failures", tmp_path))
    # Another contender is then the reference of the cell.
    monkeypatch.setattr(races, "summarise", lambda _: summarise(sample.make()))
    assert race.run(["torch:jit"]) == "failures"
    assert [each.left for each in race.last] == [f"torch itself wasn't measured: see {tmp_path}"]


def test_what_changes_results_is_measured_beside_the_contender_alone(monkeypatch, tmp_path):
    asked = []
    note = lambda _, given, screen: asked.append(given) or ("complete", None)  # noqa: E731
    monkeypatch.setattr(races.Measurement, "measured", note)
    race = races.Races("torch", tmp_path, {"batch_size": 16})
    assert race.changing_results("torch:jit") == ("complete", None)
    (given,) = asked
    assert given["contender"] == ["torch:jit", "torch:jit,precision=mixed_bfloat16"]
    assert (given["reference"], given["batch_size"]) == ("torch:jit", [16, 64])
