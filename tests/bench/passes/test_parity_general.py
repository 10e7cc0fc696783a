"""Test parity without a closed form: originals pass on all backends, planted mistakes are found."""

import subprocess
import sys

import numpy as np
import pytest

from aebench import backends
from aebench.bench.campaign.parity_judge import Judge
from aebench.bench.campaign.parity_parts import RunResults
from aebench.bench.protocol.parity_checks import INFERENCE, STEPS
from helpers import small_model_names as small
from helpers.paths import CLEAN, ROOT

SCRIPT = ROOT / "tests" / "helpers" / "general_results.py"
# In the order in which witnesses are preferred.
BACKENDS = ("tensorflow", "jax", "torch")
pytestmark = pytest.mark.slow


def run(folder, backend, *arguments):
    environment = {
        **CLEAN,
        **backends.load(backend).environment(folder),
        "KERAS_BACKEND": backend,
        "KERAS_HOME": str(folder),
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}",
    }
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder), *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the results of all variants on all backends."""
    made = tmp_path_factory.mktemp("results")
    run(made, "jax", "weights")
    for backend in BACKENDS:
        run(made, backend)
    return made


def read(folder, backend, kind, variant, group, float64=False):
    with np.load(small.path(folder / backend, kind, variant, group, float64)) as file:
        return RunResults(dict(file))


def judged(
    folder,
    backend,
    kind,
    variant,
    of=small.ORIGINAL,
    witnesses=BACKENDS,
    groups=(INFERENCE, STEPS),
):
    """Return the checks of a variant by their names, beside the float64 runs of the original."""
    found = {}
    for group in groups:
        runs = {name: read(folder, name, kind, of, group, True) for name in witnesses}
        judge = Judge(runs, [read(folder, name, kind, of, group) for name in witnesses])
        mine = read(folder, backend, kind, variant, group)
        if group == INFERENCE:
            found["shapes"] = judge.shapes(mine.results)
        found |= {check.check: check for check in judge.checks(mine)}
    return found


def wrong(checks):
    return [name for name, check in checks.items() if check.difference > check.tolerance]


ALL = ["shapes", "forward", "loss", "step", "gradients", "short training"]


@pytest.mark.parametrize("kind", small.KINDS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_original_passes_on_every_backend(folder, backend, kind):
    checks = judged(folder, backend, kind, small.ORIGINAL)
    assert list(checks) == ALL
    assert wrong(checks) == []
    assert {check.oracle for check in checks.values()} == {"tensorflow"}


@pytest.mark.parametrize("kind", small.KINDS)
@pytest.mark.parametrize(
    ("planted", "check"),
    [
        (small.WEIGHTS, "forward"),
        (small.TRANSPOSED, "forward"),
        (small.REVERSED, "forward"),
        (small.EPSILON, "forward"),
        (small.TRAINING, "forward"),
        (small.SUMMED, "loss"),
    ],
)
def test_a_planted_mistake_is_caught(folder, kind, planted, check):
    checks = judged(folder, small.PLANTED_ON, kind, planted, groups=(INFERENCE,))
    assert check in wrong(checks)
    # What is allowed is far below what the mistake does.
    assert checks[check].difference > 10 * checks[check].tolerance


@pytest.mark.parametrize("backend", BACKENDS)
def test_with_rates_of_zero_a_model_with_dropout_is_the_one_without(folder, backend):
    checks = judged(folder, backend, small.WITH_DROPOUT, small.DROPOUT)
    assert wrong(checks) == []
    assert "short training" in checks


@pytest.mark.parametrize("backend", BACKENDS)
def test_of_a_random_layer_without_a_rate_inference_alone_is_compared(folder, backend):
    checks = judged(folder, backend, "convolution", small.AUGMENTED)
    assert list(checks) == ["shapes", "forward", "loss"]
    assert wrong(checks) == []


def test_repeated_ids_make_another_step_on_tensorflow(folder):
    found = {name: judged(folder, name, "attention", small.ADAM, small.ADAM) for name in BACKENDS}
    assert wrong(found["jax"]) == wrong(found["torch"]) == []
    assert set(wrong(found["tensorflow"])) >= {"step", "gradients"}
    assert not {"shapes", "forward", "loss"} & set(wrong(found["tensorflow"]))
    step = found["tensorflow"]["step"]
    assert step.where == "embedding/embeddings"
    assert step.oracle == "jax"


def test_two_backends_that_differ_have_no_oracle(folder):
    two = ("tensorflow", "jax")
    for name in two:
        checks = judged(folder, name, "attention", small.ADAM, small.ADAM, two)
        assert "step" in wrong(checks)
        assert checks["step"].where.startswith("embedding/embeddings (the float64 runs of ")
        assert checks["step"].oracle == "tensorflow, jax"
        assert "forward" not in wrong(checks)
