"""The examples, and the files that README and docs show, build and train on every backend."""

import ast
import math
import re

import pytest

from aebench.bench.models.loading import defines, describe
from helpers.model_code import TRAIN, found
from helpers.paths import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
NAMES = [path.stem for path in EXAMPLES]
PAGE = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
OTHERS = {
    "dense_regression": {"units": 16, "dropout": 0.3},
    "quantile_regression": {"units": 8, "depth": 3, "quantile": 0.5},
    "shop_sales": {"filters": 4, "units": 8, "penalty": 0.0},
}


@pytest.fixture
def shown(tmp_path):
    """Write the files that README and the page show first, and return their paths."""
    paths = []
    for name, page in (("of_readme", README), ("my_model", PAGE)):
        text, *_ = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
        paths.append(tmp_path / f"{name}.py")
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def test_the_readme_s_model_has_five_lines(shown):
    assert len(list(filter(None, shown[0].read_text(encoding="utf-8").splitlines()))) == 5


def test_the_examples_are_three_and_the_page_names_all():
    assert sorted(OTHERS) == NAMES
    assert all(f"../examples/{name}.py" in PAGE for name in NAMES)


@pytest.mark.parametrize("path", EXAMPLES, ids=NAMES)
def test_an_example_imports_keras_and_numpy_alone(path):
    assert defines(describe(path.stem, str(path), {}))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tops = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert tops <= {"keras", "numpy"}


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_the_examples_and_the_page_s_file_train_on_every_backend(shown, backend, tmp_path):
    jobs = [{"model": str(path), "samples": 96, "epochs": 2} for path in (*EXAMPLES, *shown)]
    *_, of_page = made = found(backend, tmp_path, TRAIN, jobs)
    for each in made:
        values = [*each["losses"], *each["before"].values(), *each["after"].values()]
        assert all(map(math.isfinite, values))
    assert of_page["after"]["accuracy"] > 0


@pytest.mark.slow
def test_parameters_can_be_varied_and_what_has_data_learns(tmp_path):
    varied = [
        {"model": str(path), "parameters": OTHERS[path.stem], "samples": 96, "epochs": 2}
        for path in EXAMPLES
    ]
    learning = [
        {"model": str(ROOT / "examples" / f"{name}.py"), "samples": 3200, "epochs": 2}
        for name in ("quantile_regression", "shop_sales")
    ]
    made = found("torch", tmp_path, TRAIN, [*varied, *learning])
    assert all(math.isfinite(loss) for each in made for loss in each["losses"])
    for each in made[len(varied) :]:
        assert each["after"]["loss"] < each["before"]["loss"]
