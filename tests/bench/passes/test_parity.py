"""The parity gate: who is the same model passes, and planted differences are caught."""

import json
import subprocess
import sys

import pytest

from aebench import backends
from aebench.bench.campaign.passes.parity import tolerances
from helpers.paths import CLEAN, ROOT
from helpers.running import interpreter

PLANTED = ROOT / "tests" / "helpers" / "planted.py"


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What is found of each planted difference: check, difference and tolerance."""
    folder = tmp_path_factory.mktemp("planted")
    environment = {
        **CLEAN,
        **backends.load("jax").environment(folder),
        "KERAS_BACKEND": "jax",
        "KERAS_HOME": str(folder),
        "PYTHONPATH": str(ROOT / "src"),
    }
    done = subprocess.run(
        [sys.executable, str(PLANTED)], capture_output=True, text=True, env=environment, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def caught(checks):
    allowed = tolerances("float32")
    return [each["check"] for each in checks if each["difference"] > allowed[each["check"]]]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["ae200", "ae200-dropout"])
@pytest.mark.parametrize("engine", ["keras", "native"])
def test_the_same_model_passes(found, engine, model):
    checks = found[f"{engine} {model}"]
    assert caught(checks) == []
    names = [each["check"] for each in checks]
    assert names[:7] == [
        "shapes",
        "forward",
        "loss",
        "step",
        "gradients",
        "short training",
        "long training",
    ]
    assert len(names) == (11 if "dropout" in model else 7)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("planted", "check"),
    [
        ("another initialiser", "forward"),
        ("transposed weights", "forward"),
        ("a missing bias", "shapes"),
        ("a bias that isn't added", "gradients"),
        ("no ReLU after the code", "forward"),
        ("sum instead of mean", "loss"),
        ("rate 1.4", "step"),
        ("data divided by 256", "forward"),
        ("shuffled batches", "short training"),
        ("dropout at inference", "forward"),
        ("dropout at another rate", "dropout rate"),
        ("dropout without scaling", "dropout scale"),
        ("one dropout layer", "dropout layers"),
        ("dropout never on", "dropout loss"),
        ("native batches backwards", "short training"),
        ("native dropout never on", "dropout loss"),
    ],
)
def test_planted_differences_are_caught(found, planted, check):
    assert check in caught(found[planted])


def test_lower_precisions_are_allowed_more():
    exact = tolerances("float32")
    for precision in ("mixed_bfloat16", "mixed_float16", "tf32"):
        lower = tolerances(precision)
        assert lower.keys() == exact.keys()
        assert all(lower[name] >= exact[name] for name in exact)
        assert lower["forward"] < 0.1


SMALL = ("--data", "embedded", "--model", "ae200-dropout")


@pytest.mark.slow
def test_every_contender_is_shown_to_be_the_same(aebench):
    engines = [each for each in backends.built_in_names() if each != "gemm"]
    done = aebench("parity", *SMALL, "--out", "p", "--contender", *engines)
    assert done.returncode == 0, done.stdout + done.stderr
    for engine in engines:
        (line, *_) = (
            line for line in done.stdout.splitlines() if f"ae200-dropout {engine} " in line
        )
        assert line.split()[-1] == "same"


@pytest.mark.slow
def test_who_differs_is_shown_and_in_no_ranking(aebench, tmp_path):
    other = interpreter(
        tmp_path / "other",
        python="""
        import aebench.bench.models.autoencoder
        build = aebench.bench.models.autoencoder.build
        aebench.bench.models.autoencoder.build = lambda **given: build(
            **{**given, "learning_rate": 1.4}
        )
        """,
    )
    sizes = ("--train-samples", "1000", "--workload", "train", "--pass", "speed")
    who = ("--contender", "jax", f"jax@{other}")
    done = aebench("run", *SMALL, *sizes, *who, "--out", "r")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "in no ranking, not shown to be the same model: " in done.stdout
    shown = json.loads(aebench("show", "r", "--json").stdout)
    (cell,) = shown["speed"]
    verdicts = [row["verdict"] for row in cell["rows"] if not row["control_of"]]
    assert verdicts == ["", "differs"]
    assert cell["comparisons"] == 0
    parity = aebench("parity", *SMALL, *who, "--out", "p")
    assert parity.returncode == 1
    assert "step differs by" in parity.stdout
