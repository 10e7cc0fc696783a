"""Test study files: they say what options say, and nothing that options can't say."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aebench.bench.cli import option_values, study
from aebench.bench.cli.commands import COMMANDS
from aebench.bench.cli.options import OPTIONS
from aebench.bench.errors import BadInputError
from helpers.running import SMALL

TEXT = st.text(min_size=1).filter(lambda text: "\0" not in text and text.strip(","))
WORDS = st.lists(TEXT, min_size=1, max_size=3)
NUMBER = st.floats(allow_nan=False, width=32) | st.integers(-5, 5)
SIZES = st.integers() | st.sampled_from(["train=32", "predict=1,2", "007"])
FLAG = st.booleans()
VALUES = {
    "contender": WORDS | st.sampled_from([["jax", "torch:nojit,tf32"], "jax,torch"]),
    "model": WORDS,
    "workload": WORDS,
    "pass": WORDS,
    "set": st.lists(TEXT, min_size=1, max_size=2) | st.just({"units": [64, 128], "name": "a"}),
    "batch-size": SIZES | st.lists(SIZES, min_size=1, max_size=3),
    "round-seconds": NUMBER,
    "margin": NUMBER | st.lists(NUMBER, min_size=1, max_size=3),
    **dict.fromkeys(("preset", "vary", "until", "reference", "data", "out"), TEXT),
    **dict.fromkeys(
        ("launches", "blocks", "epochs", "seeds", "train-samples", "threads"), st.integers()
    ),
    "time-limit": NUMBER,
    **dict.fromkeys(("baselines", "fresh-parity", "rank-anyway", "report", "quiet", "json"), FLAG),
}
NOT_IN_FILES = {"write", "dry-run", "resume"}
HELD = """\
model = [
    "ae400",
]
set = [
    "batch_size=32,64",
]
pass = [
    "speed",
]
launches = 3
baselines = false
margin = [
    10.0,
]
data = "embedded"
"""


def test_the_test_below_draws_every_option_that_a_file_can_hold():
    (run,) = (command for command in COMMANDS if command.name == "run")
    names = {OPTIONS[name].name for name in run.options} - {""}
    assert set(VALUES) == names - NOT_IN_FILES


@settings(max_examples=40, deadline=None)
@given(values=st.fixed_dictionaries({}, optional=VALUES))
def test_a_written_study_says_what_its_options_said(values):
    options = option_values.given(option_values.words(values))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.toml"
        study.write({**options, "dry_run": True, "write": path})
        again, command = study.resolved({"study": path})
    assert again == options
    # The record of a study tells a command that needs no file.
    assert command[0] == "run"
    assert option_values.given(command[1:]) == options


def test_a_study_is_what_its_options_are(aebench, tmp_path):
    asked = ("--pass", "speed", "--margin", "10", "--no-baselines", "--launches", "3")
    asked += ("--model", "ae400", "--set", "batch_size=32,64", "--data", "embedded")
    written = aebench("run", "--dry-run", *asked, "--write", "study.toml")
    assert written.returncode == 0, written.stderr
    assert written.stdout.endswith("Study: study.toml\n")
    assert (tmp_path / "study.toml").read_text() == HELD
    by_options = aebench("run", "--dry-run", *asked).stdout
    # Times are estimated by how fast the machine was just then.
    plan, _, _ = by_options.partition("┏")
    assert "batch 32, 64" in by_options
    for words in (["study.toml", "--dry-run"], ["--dry-run", "study.toml"]):
        assert aebench("run", *words).stdout.partition("┏")[0] == plan
    other = aebench("run", "study.toml", "--dry-run", "--launches", "2", "--margin", "2", "4")
    assert "2 × 6 blocks" in other.stdout and "different beyond 2 %" in other.stdout


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("speed = 3", "study.toml: 'speed' is not an option: use preset, contender, model"),
        ("launches = '3'", "study.toml: launches must be a whole number, and '3' is not."),
        ("launches = true", "study.toml: launches must be a whole number, and True is not."),
        ("launches = 1.5", "study.toml: launches must be a whole number, and 1.5 is not."),
        ("launches = [1, 2]", "study.toml: launches takes one value, and [1, 2] is a list."),
        ("margin = 'wide'", "study.toml: margin must be a number, and 'wide' is not."),
        ("model = []", "study.toml: model is an empty list: give a value, or leave it out."),
        ("model = 400", "study.toml: model must be a text, and 400 is not."),
        ("model = [['a']]", "study.toml: model must be a text, and ['a'] is not."),
        ("model = {a = 1}", "study.toml: model must be a text, and {'a': 1} is not."),
        ('model = "a\\u0000"', "study.toml: model 'a\\x00' has characters that no file name can"),
        ("set = {a = ['x,y']}", "study.toml: --set takes no value with a comma, and 'x,y' has one"),
        ("set = {a = 2026-01-01}", "study.toml: --set takes numbers and words"),
        ("baselines = 1", "study.toml: baselines must be true or false, and 1 is neither."),
        ("preset = ''", "study.toml: --preset: '' is empty"),
        ("same_within = 3", "study.toml: --same-within is now called --margin"),
        ("dry-run = true", "study.toml: dry-run is for the command line alone: leave it out."),
        ("resume = 'old'", "study.toml: resume is for the command line alone: leave it out."),
        ("preset = slow", "study.toml is no TOML: Invalid value"),
        ("preset = 'slow'", "'slow' is not a preset: use quick, standard"),
        ("margin = [3, 1]", "--margin 3 1: the first number, beyond which"),
    ],
)
def test_a_study_that_says_anything_else_is_refused_in_a_sentence(aebench, tmp_path, text, reason):
    (tmp_path / "study.toml").write_text(text)
    done = aebench("run", "study.toml", "--dry-run", "--data", "embedded")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"aebench: {reason}") and done.stderr.count("\n") == 1


def test_what_is_no_study_is_refused(aebench, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "study.toml").write_bytes(b"preset = '\xff'")
    sentences = {
        ("nowhere.toml",): "nowhere.toml can't be read as a study's file (No such file or dir",
        ("folder",): "folder can't be read as a study's file (it is not a plain file)",
        ("study.toml",): "study.toml is no TOML: it isn't in UTF-8.",
        ("--backend", "jax", "study.toml"): "'study.toml' comes after an option that takes several",
        ("study.toml", "--resume", "old"): "--resume takes the plan from the record: leave out st",
    }
    for words, sentence in sentences.items():
        done = aebench("run", *words, "--dry-run")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"aebench: {sentence}")


def test_a_study_is_written_by_a_dry_run_into_a_new_file(aebench, tmp_path):
    done = aebench("run", *SMALL, "--write", "study.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--write is for a run that measures nothing: add --dry-run." in done.stderr
    done = aebench("run", "--dry-run", *SMALL, "--write", "nowhere/study.toml")
    assert done.returncode == 2
    assert "nowhere/study.toml can't be written: No such file or directory." in done.stderr
    done = aebench("run", "--dry-run", *SMALL, "--preset", "slow", "--write", "study.toml")
    assert done.returncode == 2 and list(tmp_path.iterdir()) == []
    (tmp_path / "study.toml").write_text("")
    done = aebench("run", "--dry-run", *SMALL, "--write", "study.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "study.toml exists: give another --write; nothing was overwritten." in done.stderr
    assert (tmp_path / "study.toml").read_text() == ""


def test_python_s_names_are_those_of_the_options():
    words = option_values.words({"backends": ["jax", "-x"], "passes": "speed", "batch_size": 32})
    assert words == ["--contender=jax", "--contender=-x", "--pass", "speed", "--batch-size", "32"]
    with pytest.raises(BadInputError, match="'device' is not an option"):
        option_values.words({"device": 1})
