"""Test how functions become files: with what they need, or not at all."""

import ast
import functools
import linecache
import sys
from math import pi, sqrt
from os import path as paths
from types import ModuleType

import msgspec
import numpy as np
import pytest

from aebench.bench.errors import BadInputError
from aebench.bench.python.function_files import text_of

UNITS = 64


def helper(size):
    return np.full(2, sqrt(size))


def recursive(depth=2):
    return [helper(depth)] + (recursive(depth - 1) if depth else [])


class Base:
    def size(self):
        return [helper(each) for each in range(3)]


class Layer(Base):
    kind: "Unknown" = None  # noqa: F821

    def call(self):
        return super().size()


def loader():
    return paths.sep


def marked(function):
    return function


@marked
def build(units=4, layer=Layer):
    import keras

    numbers = [helper(unit) for unit in range(units)]

    def inner(x):
        return helper(x) + sum(numbers)

    return keras, inner, layer, __name__, msgspec.json.encode(units)


def run(text):
    """Run a file's text as a worker does, and return what it defines."""
    module = ModuleType("file")
    exec(compile(text, "file.py", "exec"), module.__dict__)
    return vars(module)


def test_a_file_has_the_function_what_it_uses_and_imports():
    text = text_of(build, loader)
    found = run(text)
    names = [node.name for node in ast.parse(text).body if hasattr(node, "name")]
    assert names == ["helper", "Base", "Layer", "marked", "build", "loader"]
    assert text.startswith('"""Written by aebench.run: build and loader, and what they need."""\n')
    imports = [line for line in text.splitlines() if line.startswith(("import", "from"))]
    assert imports == [
        *("from math import sqrt", "import msgspec", "import numpy as np"),
        "import posixpath as paths",
    ]
    assert found["data"]() == "/"
    assert len(found["Layer"]().size()) == 3
    assert len(run(text_of(recursive))["recursive"](1)) == 2


def constant():
    return UNITS


def imported_constant():
    return pi


def unknown():
    return nowhere  # noqa: F821


def of_default(units=UNITS):
    return units


def nested():
    units = 3

    def build():
        return units

    return build


unnamed = lambda: None  # noqa: E731


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (
            constant,
            "constant uses UNITS, which a file of its own wouldn't have: define",
        ),
        (imported_constant, "imported_constant uses pi, which a file of its own wouldn't have"),
        (unknown, "unknown uses nowhere, which isn't defined: define it, or import it, first."),
        (of_default, "of_default uses UNITS, which a file of its own"),
        (nested(), "build uses units of the function around it: make units an argument with a de"),
        (unnamed, "a lambda can't be written to a file: define a function by def."),
        (functools.partial(build), "partial is no function: give a function that returns"),
        (Layer, "type is no function"),
    ],
)
def test_what_cannot_stand_alone_is_refused_by_name(function, sentence):
    with pytest.raises(BadInputError) as error:
        text_of(function)
    assert str(error.value).startswith(sentence)


def cell(text, name="<cell 1>"):
    """Run a text as a notebook runs a cell: it has no file, and Python knows its lines."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), sys.modules["__main__"].__dict__)


@pytest.fixture
def notebook(monkeypatch):
    before = dict(vars(sys.modules["__main__"]))
    yield sys.modules["__main__"]
    for name in vars(sys.modules["__main__"]).keys() - before:
        delattr(sys.modules["__main__"], name)


def test_classes_of_a_notebook_have_their_source(notebook):
    cell("class Old:\n    def f(self):\n        return 1\n")
    cell(
        "import functools\n"
        "@functools.total_ordering\n"
        "class Kind:\n    def __lt__(self, other):\n        return True\n",
        "<cell 2>",
    )
    cell("def build():\n    return Kind, Old\n", "<cell 3>")
    found = run(text_of(notebook.build))
    assert [kind.__name__ for kind in found["build"]()] == ["Kind", "Old"]
    cell("Bare = type('Bare', (), {})\ndef build():\n    return Bare\n", "<cell 4>")
    with pytest.raises(BadInputError, match="the source of Bare isn't found: put it into a file"):
        text_of(notebook.build)


def test_annotations_that_are_not_looked_up_need_nothing(notebook):
    text = "from __future__ import annotations\ndef build(units: Unknown = 3):\n    return units\n"
    cell(text)
    written = text_of(notebook.build)
    assert "from __future__ import annotations\n" in written
    assert run(written)["build"]() == 3


def test_a_module_of_the_working_folder_is_refused(notebook, tmp_path, monkeypatch):
    (tmp_path / "beside_notebook.py").write_text("def block():\n    return 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for text in (
        "import beside_notebook\ndef build():\n    return beside_notebook.block()\n",
        "from beside_notebook import block\ndef build():\n    return block()\n",
    ):
        cell(text)
        with pytest.raises(BadInputError) as error:
            text_of(notebook.build)
        assert str(error.value) == (
            "build uses beside_notebook, a file of this folder: put build into a file beside it, "
            "and give that file's path."
        )
    sys.modules.pop("beside_notebook")
