"""The examples, and the file that the page on models shows, build and train on every backend."""

import ast
import math
import re

import pytest

from aebench.bench.models.loading import defines, describe
from helpers.inside import inside
from helpers.model_code import TRAIN
from helpers.paths import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
NAMES = [path.stem for path in EXAMPLES]
PAGE = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
OTHERS = {
    "dense_regression": '{"units": 16, "dropout": 0.3}',
    "quantile_regression": '{"units": 8, "depth": 3, "quantile": 0.5}',
    "shop_sales": '{"filters": 4, "units": 8, "penalty": 0.0}',
}


@pytest.fixture
def shown(tmp_path):
    """Write the file that the page shows, and return its path."""
    (text,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "my_model.py"
    path.write_text(text, encoding="utf-8")
    return path


def trained(backend, tmp_path, path, samples=96, **variables):
    found = inside(
        backend, tmp_path, TRAIN, MODEL=str(path), SAMPLES=str(samples), EPOCHS="2", **variables
    )
    values = [*found["losses"], *found["before"].values(), *found["after"].values()]
    assert all(map(math.isfinite, values))
    return found


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
@pytest.mark.parametrize("path", EXAMPLES, ids=NAMES)
def test_an_example_trains_on_every_backend(path, backend, tmp_path):
    trained(backend, tmp_path, path)


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=NAMES)
def test_the_parameters_of_an_example_can_be_varied(path, tmp_path):
    trained("jax", tmp_path, path, PARAMETERS=OTHERS[path.stem])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["quantile_regression", "shop_sales"])
def test_an_example_with_data_learns(name, tmp_path):
    found = trained("jax", tmp_path, ROOT / "examples" / f"{name}.py", samples=3200)
    assert found["after"]["loss"] < found["before"]["loss"]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "tensorflow", "torch"])
def test_the_page_s_file_trains_on_every_backend(shown, backend, tmp_path):
    assert trained(backend, tmp_path, shown)["after"]["accuracy"] > 0
