"""The catalogue is complete, and its figures are those of the models that Keras builds."""

import ast
import subprocess
import sys

import pytest

from aebench.bench.models.autoencoder import parse
from aebench.bench.models.catalogue import BUILT_IN, ROOM
from helpers.paths import CLEAN, ROOT

FOLDER = ROOT / "bench" / "models"
FIGURES = {
    "autoencoder": (842_009, 1_679_400),
    "conv-classifier": (56_714, 1_413_504),
    "conv-autoencoder": (9_569, 1_016_064),
    "lstm": (13_601, 426_048),
    "transformer": (30_656, 1_966_080),
    "tabular": (154_369, 51_328),
}


def build_of(path):
    """Return the syntax tree of the function build in a file, or None."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == "build":
            return node
    return None


def test_every_file_with_a_build_is_in_the_catalogue_and_no_other():
    files = {f"{ROOM}.{path.stem}" for path in FOLDER.glob("*.py") if build_of(path)}
    assert {model.module for model in BUILT_IN.values()} == files


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_name_is_the_file_s(name):
    assert BUILT_IN[name].name == name
    assert BUILT_IN[name].module == f"{ROOM}.{name.replace('-', '_')}"


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_default_build_has_all_its_arguments(name):
    arguments = build_of(FOLDER / f"{name.replace('-', '_')}.py").args
    given = BUILT_IN[name].parameters
    names = [argument.arg for argument in arguments.args]
    assert set(names[: len(names) - len(arguments.defaults)]) <= set(given) <= set(names)


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_arithmetic_gives_the_numbers_that_the_comments_say(name):
    assert (BUILT_IN[name].weights, BUILT_IN[name].forward_operations) == FIGURES[name]


def test_the_autoencoder_is_ae400():
    named, model = parse("ae400"), BUILT_IN["autoencoder"]
    assert model.module == named.description.where
    assert model.parameters["widths"] == list(named.widths)
    assert model.weights == named.parameters
    assert model.forward_operations == named.forward_operations


def test_the_catalogue_needs_no_framework_and_no_model_s_file():
    code = f"import sys, {ROOM}.catalogue; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**CLEAN, "PYTHONPATH": str(ROOT / "src")},
    )
    held = set(done.stdout.split())
    assert f"{ROOM}.catalogue" in held
    assert not held & ({"keras", "numpy"} | {model.module for model in BUILT_IN.values()})
